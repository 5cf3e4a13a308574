/** The conversations of an agent, the newest first. */

import { Trouble, useSending } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { clock, moment } from "../parts/time";
import { t } from "../text/index";
import { type Conversation, conversations, setStanding } from "./about";
import type { Desk } from "./desk";
import { useRead } from "./use";

const STANDS = ["open", "waiting", "solved", "closed"] as const;

export function Conversations({ desk }: { desk: Desk }) {
  // Another call is over: another line.
  const news = desk.news.value?.what ?? "";
  const { value, problem, again } = useRead(() => conversations(desk.id), `${desk.id} ${news}`);
  if (problem) return <Trouble problem={problem} />;
  if (value === null) return <p class="nothing">{t("loading")}</p>;
  if (value.length === 0) return <p class="nothing">{t("conversations.none")}</p>;
  return (
    <table class="table folds">
      <Head
        columns={[
          t("conversations.who"),
          t("conversations.when"),
          t("conversations.queue"),
          t("conversations.waited"),
          t("conversations.talked"),
          t("conversations.status"),
        ]}
        actions={t("callbacks.actions")}
      />
      <tbody>
        {value.map((each) => (
          <Line key={each.id} conversation={each} agent={desk.id} onChange={again} />
        ))}
      </tbody>
    </table>
  );
}

function Line(props: { conversation: Conversation; agent: number; onChange: () => void }) {
  const { conversation, agent, onChange } = props;
  const { busy, problem, send } = useSending();
  const stands = async (event: Event) => {
    const wanted = (event.currentTarget as HTMLSelectElement).value as Conversation["status"];
    if (await send(() => setStanding(agent, id, wanted))) onChange();
  };
  const { id, direction, from, called, queue, began, waited_ms, talked_ms, status } = conversation;
  const isOut = direction === "outbound";
  return (
    <tr>
      <td data-name={t("conversations.who")}>
        <span class="who-of">
          <Icon name={isOut ? "out" : "in"} />
          <span class="sr">{isOut ? t("conversations.out") : t("conversations.in")}: </span>
          <span class="number">{isOut ? called : from}</span>
        </span>
      </td>
      <td data-name={t("conversations.when")} class="when">
        {moment(began)}
      </td>
      <td data-name={t("conversations.queue")}>{queue ?? "–"}</td>
      <td data-name={t("conversations.waited")} class="number">
        {clock(waited_ms)}
      </td>
      <td data-name={t("conversations.talked")} class="number">
        {clock(talked_ms)}
      </td>
      <td data-name={t("conversations.status")}>
        <select
          class={`stands ${status}`}
          aria-label={t("conversations.status.of", { who: isOut ? called : from })}
          value={status}
          disabled={busy}
          onChange={stands}
        >
          {STANDS.map((each) => (
            <option key={each} value={each}>
              {t(`conversation.${each}`)}
            </option>
          ))}
        </select>
        <Trouble problem={problem} />
      </td>
      <td data-name="">
        <a class="button quiet" href={`/call#${id}`}>
          {t("conversations.story")}
          <span class="sr"> {isOut ? called : from}</span>
        </a>
      </td>
    </tr>
  );
}
