/** Who wants to be called back, with all filters (R80), and *call now* (R70). */

import { useState } from "preact/hooks";
import { Field, Trouble, useSending } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { moment } from "../parts/time";
import { type Key, t } from "../text/index";
import { type About, type Callback, callbacks, type Filter } from "./about";
import type { Desk } from "./desk";
import { useRead } from "./use";

const ALL: Filter = {
  type: "",
  status: "",
  conversation: "",
  pending_since: "",
  queue: "",
  from: "",
  until: "",
};

const CHOICES: [keyof Filter, string, string[]][] = [
  ["type", "callbacks.type", ["manual", "automated"]],
  ["status", "callbacks.status", ["in_queue", "active", "no_reply", "done"]],
  ["conversation", "callbacks.conversation", ["open", "waiting", "solved"]],
  ["pending_since", "callbacks.pending", ["1h", "4h", "24h", "7d", "30d"]],
];

const LOOKS = { in_queue: "accent", active: "warn", no_reply: "danger", done: "good" };

export function Callbacks({ desk, known }: { desk: Desk; known: About }) {
  const [filter, setFilter] = useState(ALL);
  const { value, problem, again } = useRead(() => callbacks(filter), JSON.stringify(filter), 5_000);
  const set = (name: keyof Filter, to: string) => setFilter({ ...filter, [name]: to });
  return (
    <div class="stack">
      <Filters filter={filter} set={set} known={known} />
      <Trouble problem={problem} />
      {value?.length === 0 && <p class="nothing">{t("callbacks.none")}</p>}
      {value && value.length > 0 && <Table desk={desk} known={known} all={value} again={again} />}
    </div>
  );
}

/** The words of a choice: those of conversations are said elsewhere. */
function wordOf(key: string, choice: string): string {
  return t((key === "callbacks.conversation" ? `conversation.${choice}` : `${key}.${choice}`) as Key);
}

function Filters(props: { filter: Filter; set: (name: keyof Filter, to: string) => void; known: About }) {
  const { filter, set, known } = props;
  return (
    <div class="filters">
      {CHOICES.map(([name, key, choices]) => (
        <Field key={name} label={t(key as Key)}>
          <select value={filter[name]} onChange={(event) => set(name, event.currentTarget.value)}>
            <option value="">{t(`${key}.all` as Key)}</option>
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {wordOf(key, choice)}
              </option>
            ))}
          </select>
        </Field>
      ))}
      <Field label={t("callbacks.queue")}>
        <select value={filter.queue} onChange={(event) => set("queue", event.currentTarget.value)}>
          <option value="">{t("callbacks.queue.all")}</option>
          {known.queues.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </Field>
      {(["from", "until"] as const).map((name) => (
        <Field key={name} label={t(`callbacks.${name}`)}>
          <input
            type="datetime-local"
            value={filter[name]}
            onInput={(event) => set(name, event.currentTarget.value)}
          />
        </Field>
      ))}
    </div>
  );
}

function Table(props: { desk: Desk; known: About; all: Callback[]; again: () => void }) {
  const { desk, known, all, again } = props;
  const { busy, problem, send } = useSending();
  const queue = (id: number) => known.queues.find((queue) => queue.id === id)?.name ?? `${id}`;
  const call = (id: number) =>
    send(async () => {
      await desk.callBack(id);
      again();
    });
  return (
    <>
      <Trouble problem={problem} />
      <table class="table folds">
        <Head
          columns={[
            t("callbacks.number"),
            t("callbacks.queue"),
            t("callbacks.asked"),
            t("callbacks.attempts"),
            t("callbacks.type"),
            t("callbacks.status"),
          ]}
          actions={t("callbacks.actions")}
        />
        <tbody>
          {all.map((each) => (
            <tr key={each.id}>
              <td data-name={t("callbacks.number")} class="number">
                {each.number}
              </td>
              <td data-name={t("callbacks.queue")}>{queue(each.queue)}</td>
              <td data-name={t("callbacks.asked")} class="when">
                {moment(each.asked)}
              </td>
              <td data-name={t("callbacks.attempts")}>
                {t("callbacks.attempts.of", { n: each.attempts, most: each.attempts_at_most })}
              </td>
              <td data-name={t("callbacks.type")}>{t(`callbacks.type.${each.type}`)}</td>
              <td data-name={t("callbacks.status")}>
                <span class={`tag ${LOOKS[each.status]}`}>{t(`callbacks.status.${each.status}`)}</span>
              </td>
              <td data-name="">
                {each.type === "manual" && each.status === "in_queue" && (
                  <button
                    type="button"
                    class="button"
                    disabled={busy || desk.talk.value !== null}
                    onClick={() => void call(each.id)}
                  >
                    <Icon name="phone" />
                    {t("callbacks.call")}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
