/** The wallboard (B11): who waits, who talks, and how the day goes, without a reload. */

import { Head } from "../parts/head";
import { clock, useTick } from "../parts/time";
import { t } from "../text/index";
import { byInterval, type History, level, ofQueues, sum, waited } from "../wire/history";
import { serverNow } from "../wire/rest";
import { Calls } from "./calls";
import { type AgentLive, day, floor, IN_TIME_S, type Snapshot } from "./floor";
import { Listen } from "./supervise";

export function Wall({ self }: { self: number | null }) {
  useTick(1_000);
  const now = floor.value;
  if (!now) return <p class="nothing">{t("loading")}</p>;
  return (
    <div class="stack">
      <Numbers now={now} day={day.value} />
      <section class="card stack" aria-labelledby="calls">
        <h2 id="calls">{t("calls")}</h2>
        <Calls now={now} />
      </section>
      <div class="columns">
        <section class="card stack" aria-labelledby="queues">
          <h2 id="queues">{t("floor.queues")}</h2>
          <Queues now={now} day={day.value} />
        </section>
        <section class="card stack" aria-labelledby="waiting">
          <h2 id="waiting">{t("floor.callers")}</h2>
          <Callers now={now} />
        </section>
      </div>
      <section class="card stack" aria-labelledby="agents">
        <h2 id="agents">{t("floor.agents")}</h2>
        <Agents now={now} self={self} />
      </section>
      {day.value && <Hours day={day.value} />}
    </div>
  );
}

export function Tile({ name, value, look = "" }: { name: string; value: string; look?: string }) {
  return (
    <div class={`card tile ${look}`}>
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
    </div>
  );
}

/** A share in words: a dash where there is nothing to have a share of. */
export function percent(share: number | null): string {
  return share === null ? "–" : `${Math.round(share)} %`;
}

function Numbers({ now, day }: { now: Snapshot; day: History | null }) {
  const waiting = now.queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const first = now.queues.flatMap(({ longest_since: at }) => (at ? [Date.parse(at)] : []));
  const longest = first.length === 0 ? 0 : serverNow() - Math.min(...first);
  const of = (state: string) => now.agents.filter((agent) => agent.state === state).length;
  const talking = of("talking");
  const working = now.agents.filter(({ state }) => !["not_ready", "away"].includes(state)).length;
  const occupied = talking + of("wrap_up") + of("occupied");
  const today = day && sum(ofQueues(day.rows));
  const wait = today && waited(today);
  return (
    <dl class="tiles">
      <Tile name={t("floor.waiting")} value={String(waiting)} look={waiting > 0 ? "warn" : ""} />
      <Tile
        name={t("floor.longest")}
        value={waiting > 0 ? clock(longest) : "–"}
        look={longest > 120_000 ? "danger" : ""}
      />
      <Tile name={t("floor.ready")} value={`${of("available")} / ${now.agents.length}`} />
      <Tile name={t("floor.talking")} value={String(talking)} />
      <Tile name={t("floor.occupancy")} value={percent(working === 0 ? null : (100 * occupied) / working)} />
      <Tile name={t("floor.level", { seconds: IN_TIME_S })} value={percent(today ? level(today) : null)} />
      <Tile name={t("floor.answered")} value={String(today?.answered ?? "–")} />
      <Tile name={t("floor.abandoned")} value={String(today?.abandoned ?? "–")} />
      <Tile name={t("floor.waited")} value={wait === null ? "–" : clock(wait)} />
    </dl>
  );
}

function Queues({ now, day }: { now: Snapshot; day: History | null }) {
  if (now.queues.length === 0) return <p class="nothing">{t("floor.queues.none")}</p>;
  return (
    <table class="table folds">
      <Head
        columns={[
          t("floor.queue"),
          t("floor.waiting"),
          t("floor.longest"),
          t("floor.level", { seconds: IN_TIME_S }),
          t("floor.abandoned"),
        ]}
      />
      <tbody>
        {now.queues.map((queue) => {
          const today = day && sum(ofQueues(day.rows, queue.name));
          return (
            <tr key={queue.queue}>
              <td data-name={t("floor.queue")}>{queue.name}</td>
              <td data-name={t("floor.waiting")} class="number">
                {queue.waiting}
              </td>
              <td data-name={t("floor.longest")} class="number">
                {queue.longest_since ? clock(serverNow() - Date.parse(queue.longest_since)) : "–"}
              </td>
              <td data-name={t("floor.level", { seconds: IN_TIME_S })} class="number">
                {percent(today ? level(today) : null)}
              </td>
              <td data-name={t("floor.abandoned")} class="number">
                {today?.abandoned ?? "–"}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Callers({ now }: { now: Snapshot }) {
  if (now.callers.length === 0) return <p class="nothing">{t("floor.callers.none")}</p>;
  const queue = (id: number) => now.queues.find((queue) => queue.queue === id)?.name ?? `${id}`;
  const agent = (id: number | null) => now.agents.find((agent) => agent.agent === id)?.name;
  return (
    <table class="table folds">
      <Head
        columns={[t("conversations.who"), t("floor.queue"), t("conversations.waited"), t("floor.rings")]}
      />
      <tbody>
        {now.callers.map((caller) => (
          <tr key={caller.call}>
            <td data-name={t("conversations.who")} class="number">
              <a href={`/call#${caller.call}`}>{caller.from}</a>
            </td>
            <td data-name={t("floor.queue")}>{queue(caller.queue)}</td>
            <td data-name={t("conversations.waited")} class="number">
              {clock(serverNow() - Date.parse(caller.since))}
            </td>
            <td data-name={t("floor.rings")}>{agent(caller.offered) ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const LOOKS: Record<AgentLive["state"], string> = {
  available: "good",
  talking: "danger",
  occupied: "danger",
  offered: "warn",
  wrap_up: "warn",
  resting: "warn",
  not_ready: "",
  away: "",
};

function Agents({ now, self }: { now: Snapshot; self: number | null }) {
  if (now.agents.length === 0) return <p class="nothing">{t("floor.agents.none")}</p>;
  return (
    <ul class="agents">
      {now.agents.map((agent) => {
        const left = agent.until ? Math.max(0, Date.parse(agent.until) - serverNow()) : null;
        const since = clock(serverNow() - Date.parse(agent.state_since));
        return (
          <li key={agent.agent} class="agent">
            <span class="grow">
              <b>{agent.name}</b>
              <br />
              <span class="small soft number">
                {t("state.since", { time: since })}
                {left !== null && `, ${t("wrapup.left", { seconds: Math.ceil(left / 1000) })}`}
              </span>
            </span>
            <Listen agent={agent} self={self} />
            {agent.call ? (
              <a class={`tag ${LOOKS[agent.state]}`} href={`/call#${agent.call}`}>
                {t(`floor.state.${agent.state}`)}
              </a>
            ) : (
              <span class={`tag ${LOOKS[agent.state]}`}>{t(`floor.state.${agent.state}`)}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** The day by the hour: bars, and the same as a table for those who do not see them. */
function Hours({ day }: { day: History }) {
  const hours = byInterval(day, ofQueues(day.rows));
  const most = Math.max(1, ...hours.map(({ answered, abandoned }) => answered + abandoned));
  return (
    <section class="card stack" aria-labelledby="hours">
      <h2 id="hours">{t("floor.hours")}</h2>
      <table class="hours">
        <thead class="sr">
          <tr>
            <th scope="col">{t("floor.hour")}</th>
            <th scope="col">{t("floor.answered")}</th>
            <th scope="col">{t("floor.abandoned")}</th>
          </tr>
        </thead>
        <tbody>
          {hours.map(({ answered, abandoned }, place) => (
            <tr key={day.intervals[place]}>
              <th scope="row">{new Date(day.intervals[place] ?? 0).getHours()}</th>
              <td class="taken" style={{ height: `${(7.5 * answered) / most}rem` }}>
                <span class="sr">{answered}</span>
              </td>
              <td class="left" style={{ height: `${(7.5 * abandoned) / most}rem` }}>
                <span class="sr">{abandoned}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="small soft legend">
        <span class="swatch taken" aria-hidden="true" /> {t("floor.answered")}
        <span class="swatch left" aria-hidden="true" /> {t("floor.abandoned")}
      </p>
    </section>
  );
}
