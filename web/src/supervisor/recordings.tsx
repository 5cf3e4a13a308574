/** What was recorded: found, heard, taken away, deleted one file at a time (R106–R112). */

import { useState } from "preact/hooks";
import { Player, voice } from "../call/player";
import { useRead } from "../desk/use";
import { Dialog } from "../parts/dialog";
import { Field, Trouble, useSending } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { clock, moment } from "../parts/time";
import { t } from "../text/index";
import type { Recording } from "../wire/recording";
import { ask } from "../wire/rest";
import { AgentField, DirectionField, QueueField, TimeFields, useFilter } from "./filters";

interface Found {
  recordings: Recording[];
  next: string | null;
}

const ALL = {
  number: "",
  queue: "",
  agent: "",
  direction: "",
  from: "",
  until: "",
  longer_s: "",
  shorter_s: "",
};
const PAGE = 100;

/** What is open in front of the list. */
type Open = { what: "player" | "deletion"; recording: Recording };

export function Recordings({ mayDelete }: { mayDelete: boolean }) {
  const { filter, set, query } = useFilter(ALL);
  const [after, setAfter] = useState<string[]>([]);
  const [open, setOpen] = useState<Open | null>(null);
  const page = query({ limit: String(PAGE), ...(after.length > 0 && { after: after.at(-1) ?? "" }) });
  const { value, problem, again } = useRead(
    () => ask<Found>("GET", `/api/v1/recordings?${page}`),
    page,
    30_000,
  );
  const change: typeof set = (name) => {
    const change = set(name);
    return (event) => {
      setAfter([]);
      change(event);
    };
  };
  const shown = value?.recordings ?? [];
  const next = value?.next;
  const close = () => setOpen(null);
  return (
    <section class="card stack" aria-label={t("recordings")}>
      <div class="filters">
        <Field label={t("recordings.number")}>
          <input type="search" value={filter.number} onChange={change("number")} />
        </Field>
        <QueueField value={filter.queue} onChange={change("queue")} />
        <AgentField value={filter.agent} onChange={change("agent")} />
        <DirectionField value={filter.direction} onChange={change("direction")} />
        <TimeFields from={filter.from} until={filter.until} set={change} />
        <Field label={t("recordings.longer")} fault={problem?.of("longer_s")}>
          <input type="number" min={0} value={filter.longer_s} onChange={change("longer_s")} />
        </Field>
        <Field label={t("recordings.shorter")} fault={problem?.of("shorter_s")}>
          <input type="number" min={0} value={filter.shorter_s} onChange={change("shorter_s")} />
        </Field>
      </div>
      <Trouble problem={problem} beside={["longer_s", "shorter_s"]} />
      {value && shown.length === 0 && <p class="nothing">{t("recordings.none")}</p>}
      {shown.length > 0 && <Table all={shown} mayDelete={mayDelete} onOpen={setOpen} />}
      <div class="row">
        {after.length > 0 && (
          <button type="button" class="button" onClick={() => setAfter(after.slice(0, -1))}>
            {t("filter.newer")}
          </button>
        )}
        {next && (
          <button type="button" class="button" onClick={() => setAfter([...after, next])}>
            {t("filter.older")}
          </button>
        )}
      </div>
      {open?.what === "player" && (
        <Dialog title={titleOf(open.recording)} onClose={close}>
          <Player recording={open.recording} />
          <p>
            <a href={`/call#${open.recording.call}`}>{t("calls.story")}</a>
          </p>
        </Dialog>
      )}
      {open?.what === "deletion" && (
        <Dialog title={t("deletion")} onClose={close}>
          <Deletion
            recording={open.recording}
            onDone={() => {
              close();
              again();
            }}
            onClose={close}
          />
        </Dialog>
      )}
    </section>
  );
}

function titleOf({ customer, agent }: Recording): string {
  return t("recordings.of", { name: customer, agent: agent.name });
}

/** Says what goes and what stays, before it is too late (R109–R112). */
function Deletion(props: { recording: Recording; onDone: () => void; onClose: () => void }) {
  const { recording, onDone, onClose } = props;
  const { busy, problem, send } = useSending();
  const remove = async () => {
    const path = `/api/v1/recordings/${encodeURIComponent(recording.id)}`;
    if (await send(() => ask<void>("DELETE", path))) onDone();
  };
  return (
    <div class="stack">
      <p>
        {t("deletion.what", {
          voice: voice(recording.content),
          who: titleOf(recording),
          when: moment(recording.began),
          length: clock(recording.milliseconds),
        })}
      </p>
      <ul class="points">
        <li>{t("deletion.for_ever")}</li>
        <li>{recording.content === "stereo" ? t("deletion.legs_stay") : t("deletion.others_stay")}</li>
        <li>{t("deletion.audit")}</li>
      </ul>
      <Trouble problem={problem} />
      <div class="row">
        <button type="button" class="button danger" disabled={busy} onClick={remove}>
          <Icon name="trash" />
          {t("deletion.do")}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {t("cancel")}
        </button>
      </div>
    </div>
  );
}

function Table(props: { all: Recording[]; mayDelete: boolean; onOpen: (open: Open) => void }) {
  const { all, mayDelete, onOpen } = props;
  return (
    <table class="table folds">
      <Head
        columns={[
          t("conversations.when"),
          t("recordings.customer"),
          t("recordings.agent"),
          t("floor.queue"),
          t("recordings.content"),
          t("recordings.length"),
        ]}
        actions={t("callbacks.actions")}
      />
      <tbody>
        {all.map((recording) => (
          <tr key={recording.id}>
            <td data-name={t("conversations.when")} class="when">
              {moment(recording.began)}
            </td>
            <td data-name={t("recordings.customer")} class="number">
              {recording.customer}
            </td>
            <td data-name={t("recordings.agent")}>{recording.agent.name}</td>
            <td data-name={t("floor.queue")}>{recording.queue ?? "–"}</td>
            <td data-name={t("recordings.content")}>
              <span class="tag">{voice(recording.content)}</span>
            </td>
            <td data-name={t("recordings.length")} class="number">
              {clock(recording.milliseconds)}
            </td>
            <td data-name="">
              <span class="row actions">
                <button type="button" class="button" onClick={() => onOpen({ what: "player", recording })}>
                  <Icon name="play" />
                  {t("recordings.play")}
                </button>
                <a class="button" href={`/call#${recording.call}`}>
                  {t("calls.story")}
                </a>
                {mayDelete && (
                  <button
                    type="button"
                    class="button quiet icon"
                    onClick={() => onOpen({ what: "deletion", recording })}
                  >
                    <Icon name="trash" />
                    <span class="sr">{t("deletion.do")}</span>
                  </button>
                )}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
