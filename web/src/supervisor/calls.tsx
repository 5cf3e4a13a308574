/** The calls that go on: who with whom, for how long, and how well each is heard (B11, B12). */

import { Score } from "../call/legs";
import type { Running } from "../call/story";
import { Head } from "../parts/head";
import { clock } from "../parts/time";
import { t } from "../text/index";
import { serverNow } from "../wire/rest";
import type { Snapshot } from "./floor";

const LOOKS: Record<Running["state"], string> = {
  served: "",
  waiting: "warn",
  ringing: "warn",
  dialling: "warn",
  talking: "danger",
  held: "accent",
};

export function Calls({ now }: { now: Snapshot }) {
  if (now.calls.length === 0) return <p class="nothing">{t("calls.none")}</p>;
  const columns = [
    t("recordings.customer"),
    t("recordings.agent"),
    t("floor.queue"),
    t("calls.state"),
    t("calls.lasts"),
    t("story.quality"),
  ];
  return (
    <>
      <table class="table folds">
        <Head columns={columns} actions={t("callbacks.actions")} />
        <tbody>
          {now.calls.map((call) => (
            <Line key={call.call} call={call} />
          ))}
        </tbody>
      </table>
      {now.calls.length < now.calls_in_all && (
        <p class="small soft">{t("calls.more", { shown: now.calls.length, all: now.calls_in_all })}</p>
      )}
    </>
  );
}

function Line({ call }: { call: Running }) {
  const since = Date.parse(call.talking_since ?? call.since);
  return (
    <tr>
      <td data-name={t("recordings.customer")} class="number">
        {call.direction === "outbound" ? call.called : call.from}
      </td>
      <td data-name={t("recordings.agent")}>{call.agent?.name ?? "–"}</td>
      <td data-name={t("floor.queue")}>{call.queue ?? "–"}</td>
      <td data-name={t("calls.state")}>
        <span class={`tag ${LOOKS[call.state]}`}>{t(`story.state.${call.state}`)}</span>{" "}
        {call.recorded && (
          <span class="tag">{call.masked ? t("story.span.masked") : t("story.span.recorded")}</span>
        )}
      </td>
      <td data-name={t("calls.lasts")} class="number">
        {clock(serverNow() - since)}
      </td>
      <td data-name={t("story.quality")}>
        <span class="row scores">
          {call.legs.map((leg) => (
            <span key={leg.leg}>
              <span class="small soft">{t(`story.role.${leg.role}`)} </span>
              <Score quality={leg.quality} />
            </span>
          ))}
        </span>
      </td>
      <td data-name="">
        <span class="row actions">
          <a class="button" href={`/call#${call.call}`}>
            {t("calls.story")}
            <span class="sr"> {call.from}</span>
          </a>
        </span>
      </td>
    </tr>
  );
}
