/** `/supervisor`: who waits, who talks, how the day goes; and what was recorded. */

import { Head } from "../parts/head";
import { Bar, begin } from "../parts/shell";
import { Tabs } from "../parts/tabs";
import { clock, useTick } from "../parts/time";
import desk from "../text/en/desk.json";
import supervisor from "../text/en/supervisor.json";
import { t } from "../text/index";
import { serverNow, type Who, whoAmI } from "../wire/rest";
import { type Day, day, floor, IN_TIME, isLive, type Snapshot, since, watch } from "./floor";
import { Recordings } from "./recordings";
import { Listen, Standing } from "./supervise";
import "./supervisor.css";

void begin({ desk, supervisor }, async () => {
  const who = await whoAmI().catch(() => null);
  if (!who) {
    location.replace("/login#/supervisor");
    return null;
  }
  if (who.role === "agent") {
    location.replace("/desk");
    return null;
  }
  void watch();
  return <Page who={who} />;
});

function Page({ who }: { who: Who }) {
  const tabs = [
    { key: "floor", name: t("floor"), show: () => <Floor who={who} /> },
    { key: "recordings", name: t("recordings"), show: () => <Recordings /> },
  ];
  return (
    <>
      <Bar who={who}>
        <span class={`tag ${isLive.value ? "good" : "warn"}`} role="status">
          {isLive.value ? t("floor.live") : t("floor.not_live")}
        </span>
      </Bar>
      <main class="floor">
        <h1 class="sr">{t("floor.title")}</h1>
        <Standing mayTakeOver={who.agent != null} />
        <Tabs label={t("floor.title")} tabs={tabs} />
      </main>
    </>
  );
}

function Floor({ who }: { who: Who }) {
  useTick(1_000);
  const now = floor.value;
  if (!now) return <p class="nothing">{t("loading")}</p>;
  return (
    <div class="stack">
      <Numbers now={now} day={day.value} />
      <div class="columns">
        <section class="card stack" aria-labelledby="queues">
          <h2 id="queues">{t("floor.queues")}</h2>
          <Queues now={now} />
        </section>
        <section class="card stack" aria-labelledby="waiting">
          <h2 id="waiting">{t("floor.callers")}</h2>
          <Callers now={now} />
        </section>
      </div>
      <section class="card stack" aria-labelledby="agents">
        <h2 id="agents">{t("floor.agents")}</h2>
        <Agents now={now} self={who.agent ?? null} />
      </section>
      {day.value && <Hours day={day.value} />}
    </div>
  );
}

function Tile({ name, value, look = "" }: { name: string; value: string; look?: string }) {
  return (
    <div class={`card tile ${look}`}>
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
    </div>
  );
}

function Numbers({ now, day }: { now: Snapshot; day: Day | null }) {
  const waiting = now.queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const first = now.queues.flatMap(({ longest_since: at }) => (at ? [Date.parse(at)] : []));
  const longest = first.length === 0 ? 0 : serverNow() - Math.min(...first);
  const of = (state: string) => now.agents.filter((agent) => agent.state === state).length;
  const talking = of("talking");
  const working = now.agents.filter(({ state }) => !["not_ready", "away"].includes(state)).length;
  const occupied = talking + of("wrap_up") + of("occupied");
  const share = (part: number, of: number) => (of === 0 ? "–" : `${Math.round((100 * part) / of)} %`);
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
      <Tile name={t("floor.occupancy")} value={share(occupied, working)} />
      <Tile
        name={t("floor.level", { seconds: IN_TIME / 1000 })}
        value={day?.level == null ? "–" : `${Math.round(day.level)} %`}
      />
      <Tile name={t("floor.answered")} value={String(day?.answered ?? "–")} />
      <Tile name={t("floor.abandoned")} value={String(day?.abandoned ?? "–")} />
      <Tile name={t("floor.waited")} value={day?.waited == null ? "–" : clock(day.waited)} />
    </dl>
  );
}

function Queues({ now }: { now: Snapshot }) {
  if (now.queues.length === 0) return <p class="nothing">{t("floor.queues.none")}</p>;
  return (
    <table class="table">
      <Head columns={[t("floor.queue"), t("floor.waiting"), t("floor.longest")]} />
      <tbody>
        {now.queues.map((queue) => (
          <tr key={queue.queue}>
            <td>{queue.name}</td>
            <td class="number">{queue.waiting}</td>
            <td class="number">
              {queue.longest_since ? clock(serverNow() - Date.parse(queue.longest_since)) : "–"}
            </td>
          </tr>
        ))}
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
              {caller.from}
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

const LOOKS: Record<string, string> = {
  available: "good",
  talking: "danger",
  occupied: "danger",
  offered: "warn",
  wrap_up: "warn",
  resting: "warn",
};

function Agents({ now, self }: { now: Snapshot; self: number | null }) {
  if (now.agents.length === 0) return <p class="nothing">{t("floor.agents.none")}</p>;
  return (
    <ul class="agents">
      {now.agents.map((agent) => {
        const known = since.get(agent.agent);
        const left = agent.until ? Math.max(0, Date.parse(agent.until) - serverNow()) : null;
        return (
          <li key={agent.agent} class="agent">
            <span class="grow">
              <b>{agent.name}</b>
              <br />
              <span class="small soft number">
                {left !== null
                  ? t("wrapup.left", { seconds: Math.ceil(left / 1000) })
                  : known && t("state.since", { time: clock(serverNow() - known.at) })}
              </span>
            </span>
            <Listen agent={agent} self={self} />
            <span class={`tag ${LOOKS[agent.state] ?? ""}`}>{t(`state.${agent.state}`)}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** The day by the hour: bars, and the same as a table for those who do not see them. */
function Hours({ day }: { day: Day }) {
  const most = Math.max(1, ...day.hours.map(({ answered, abandoned }) => answered + abandoned));
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
          {day.hours.map(({ answered, abandoned }, hour) => (
            <tr key={hour}>
              <th scope="row">{hour}</th>
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
