/** What was: conversations found by every filter, their stories, and all of them as tables (B16). */

import { useState } from "preact/hooks";
import { type Conversation, ending, standing } from "../call/story";
import { useRead } from "../desk/use";
import { Field, Trouble } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { clock, moment } from "../parts/time";
import { t } from "../text/index";
import { ask } from "../wire/rest";
import { AgentField, DirectionField, QueueField, TimeFields, useFilter } from "./filters";

const ALL = { number: "", queue: "", agent: "", direction: "", status: "", from: "", until: "" };
const PAGE = 100;
/** So many are in one table at most. */
const TABLE = 1_000;

export function Conversations() {
  const { filter, set, query } = useFilter(ALL);
  const [before, setBefore] = useState<string[]>([]);
  const page = query({ limit: String(PAGE), ...(before.length > 0 && { before: before.at(-1) ?? "" }) });
  const { value, problem } = useRead(
    () => ask<Conversation[]>("GET", `/api/v1/conversations?${page}`),
    page,
    30_000,
  );
  const change: typeof set = (name) => {
    const change = set(name);
    return (event) => {
      setBefore([]);
      change(event);
    };
  };
  const table = query({ limit: String(TABLE) });
  const last = value?.at(-1);
  return (
    <section class="card stack" aria-label={t("conversations")}>
      <div class="filters">
        <Field label={t("recordings.number")}>
          <input type="search" value={filter.number} onChange={change("number")} />
        </Field>
        <QueueField value={filter.queue} onChange={change("queue")} />
        <AgentField value={filter.agent} onChange={change("agent")} />
        <DirectionField value={filter.direction} onChange={change("direction")} />
        <Field label={t("conversations.status")}>
          <select value={filter.status} onChange={change("status")}>
            <option value="">{t("filter.all")}</option>
            {["open", "waiting", "solved", "closed"].map((status) => (
              <option key={status} value={status}>
                {standing(status)}
              </option>
            ))}
          </select>
        </Field>
        <TimeFields from={filter.from} until={filter.until} set={change} />
      </div>
      <div class="row">
        <Take href={`/api/v1/conversations.csv?${table}`} name={t("take.conversations")} />
        <Take href={`/api/v1/legs.csv?${table}`} name={t("take.legs")} />
        <Take href={`/api/v1/conversations?${table}`} name="JSON" file="conversations.json" />
        <span class="small soft">{t("take.most", { n: TABLE })}</span>
      </div>
      <Trouble problem={problem} />
      {value?.length === 0 && <p class="nothing">{t("history.none")}</p>}
      {value && value.length > 0 && <Table all={value} />}
      <div class="row">
        {before.length > 0 && (
          <button type="button" class="button" onClick={() => setBefore(before.slice(0, -1))}>
            {t("filter.newer")}
          </button>
        )}
        {last && value?.length === PAGE && (
          <button type="button" class="button" onClick={() => setBefore([...before, last.id])}>
            {t("filter.older")}
          </button>
        )}
      </div>
    </section>
  );
}

export function Take({ href, name, file }: { href: string; name: string; file?: string }) {
  return (
    <a class="button" href={href} download={file ?? true}>
      <Icon name="download" />
      {name}
    </a>
  );
}

function Table({ all }: { all: Conversation[] }) {
  return (
    <table class="table folds">
      <Head
        columns={[
          t("conversations.when"),
          t("conversations.who"),
          t("floor.queue"),
          t("recordings.agent"),
          t("conversations.waited"),
          t("conversations.talked"),
          t("story.end"),
          t("conversations.status"),
        ]}
        actions={t("callbacks.actions")}
      />
      <tbody>
        {all.map((each) => (
          <tr key={each.id}>
            <td data-name={t("conversations.when")} class="when">
              {moment(each.began)}
            </td>
            <td data-name={t("conversations.who")} class="number">
              <span class="who-of">
                <Icon name={each.direction === "outbound" ? "out" : "in"} />
                <span class="sr">
                  {each.direction === "outbound" ? t("conversations.out") : t("conversations.in")}:{" "}
                </span>
                {each.direction === "outbound" ? each.called : each.from}
              </span>
            </td>
            <td data-name={t("floor.queue")}>{each.queue ?? "–"}</td>
            <td data-name={t("recordings.agent")}>{each.agent?.name ?? "–"}</td>
            <td data-name={t("conversations.waited")} class="number">
              {clock(each.waited_ms)}
            </td>
            <td data-name={t("conversations.talked")} class="number">
              {clock(each.talked_ms)}
            </td>
            <td data-name={t("story.end")}>{each.end ? ending(each.end) : t("conversations.goes_on")}</td>
            <td data-name={t("conversations.status")}>
              <span class="tag">{standing(each.status)}</span>
            </td>
            <td data-name="">
              <a class="button" href={`/call#${each.id}`}>
                {t("calls.story")}
                <span class="sr"> {each.from}</span>
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
