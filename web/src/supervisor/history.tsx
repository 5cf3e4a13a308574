/** How times went: charts and tables by interval and queue (B11). */

import { useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Field, Trouble } from "../parts/form";
import { Head } from "../parts/head";
import { clock, moment } from "../parts/time";
import { t } from "../text/index";
import {
  byInterval,
  byQueue,
  type History,
  level,
  ofQueues,
  type Row,
  type Sum,
  sum,
  waited,
} from "../wire/history";
import { ask } from "../wire/rest";
import { Chart } from "./chart";
import { Take } from "./conversations";
import { asked, QueueField } from "./filters";
import { IN_TIME_S } from "./floor";
import { PERIODS, type Period, range } from "./range";
import { percent, Tile } from "./wall";

export function Histories() {
  const [period, setPeriod] = useState<Period>("today");
  const [own, setOwn] = useState({ from: "", until: "" });
  const [queue, setQueue] = useState("");
  const [inTime, setInTime] = useState(String(IN_TIME_S));
  const set = (name: "from" | "until") => (event: Event) => {
    setOwn({ ...own, [name]: (event.currentTarget as HTMLInputElement).value });
  };
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const query = asked({
    ...range(period, Date.now(), own.from, own.until),
    zone,
    in_time_s: inTime,
  });
  const { value, problem } = useRead(() => ask<History>("GET", `/api/v1/history?${query}`), query, 60_000);
  return (
    <section class="card stack" aria-label={t("histories")}>
      <div class="filters">
        <Field label={t("history.period")}>
          <select value={period} onChange={(event) => setPeriod(event.currentTarget.value as Period)}>
            {PERIODS.map((each) => (
              <option key={each} value={each}>
                {t(`history.${each}`)}
              </option>
            ))}
          </select>
        </Field>
        {period === "own" && (
          <>
            <Field label={t("recordings.from")}>
              <input type="datetime-local" value={own.from} onInput={set("from")} />
            </Field>
            <Field label={t("recordings.until")} fault={problem?.of("until")}>
              <input type="datetime-local" value={own.until} onInput={set("until")} />
            </Field>
          </>
        )}
        <QueueField
          value={queue}
          onChange={(event) => setQueue((event.currentTarget as HTMLSelectElement).value)}
        />
        <Field label={t("history.in_time")} fault={problem?.of("in_time_s")}>
          <input
            type="number"
            min={1}
            max={3600}
            value={inTime}
            onChange={(event) => setInTime(event.currentTarget.value)}
          />
        </Field>
      </div>
      <Trouble problem={problem} beside={["until", "in_time_s"]} />
      {value && <Shown history={value} queue={queue} />}
      <div class="row">
        <Take href={`/api/v1/history.csv?${query}`} name="CSV" />
      </div>
    </section>
  );
}

function Shown({ history, queue }: { history: History; queue: string }) {
  const rows = ofQueues(history.rows, queue);
  const all = sum(rows);
  const steps = byInterval(history, rows);
  const at = history.intervals.map((each) => Date.parse(each) / 1000);
  const wait = waited(all);
  return (
    <>
      <dl class="tiles">
        <Tile name={t("history.calls")} value={String(all.calls)} />
        <Tile name={t("history.answered")} value={String(all.answered)} />
        <Tile name={t("history.abandoned")} value={String(all.abandoned)} />
        <Tile name={t("history.promised")} value={String(all.promised)} />
        <Tile name={t("floor.level", { seconds: history.in_time_s })} value={percent(level(all))} />
        <Tile name={t("floor.waited")} value={wait === null ? "–" : clock(wait)} />
        <Tile name={t("floor.longest")} value={all.calls === 0 ? "–" : clock(all.longest_ms)} />
        <Tile
          name={t("history.talked")}
          value={all.answered === 0 ? "–" : clock(all.talked_ms / all.answered)}
        />
      </dl>
      {all.calls === 0 ? (
        <p class="nothing">{t("history.none")}</p>
      ) : (
        <>
          <Charts at={at} steps={steps} seconds={history.in_time_s} />
          <Queues rows={rows} seconds={history.in_time_s} />
          <Steps history={history} steps={steps} />
        </>
      )}
    </>
  );
}

function Charts({ at, steps, seconds }: { at: number[]; steps: Sum[]; seconds: number }) {
  const of = (pick: (sum: Sum) => number | null) => steps.map(pick);
  return (
    <div class="columns">
      <figure>
        <figcaption>
          <h2>{t("history.calls")}</h2>
        </figcaption>
        <Chart
          at={at}
          unit="count"
          lines={[
            {
              name: t("history.calls"),
              colour: "accent",
              look: "bars",
              values: of(({ calls }) => calls || null),
            },
            {
              name: t("history.abandoned"),
              colour: "warn",
              look: "bars",
              values: of(({ abandoned }) => abandoned || null),
            },
          ]}
        />
      </figure>
      <figure>
        <figcaption>
          <h2>{t("floor.level", { seconds })}</h2>
        </figcaption>
        <Chart
          at={at}
          unit="percent"
          lines={[{ name: t("floor.level", { seconds }), colour: "good", look: "line", values: of(level) }]}
        />
      </figure>
      <figure>
        <figcaption>
          <h2>{t("history.waits")}</h2>
        </figcaption>
        <Chart
          at={at}
          unit="time"
          lines={[
            {
              name: t("floor.longest"),
              colour: "warn",
              look: "line",
              values: of((sum) => (sum.calls === 0 ? null : sum.longest_ms)),
            },
            { name: t("floor.waited"), colour: "accent", look: "line", values: of(waited) },
          ]}
        />
      </figure>
    </div>
  );
}

function Numbers({ sum }: { sum: Sum }) {
  const wait = waited(sum);
  return (
    <>
      <td data-name={t("history.calls")} class="number">
        {sum.calls}
      </td>
      <td data-name={t("history.answered")} class="number">
        {sum.answered}
      </td>
      <td data-name={t("history.abandoned")} class="number">
        {sum.abandoned}
      </td>
      <td data-name={t("history.level")} class="number">
        {percent(level(sum))}
      </td>
      <td data-name={t("floor.waited")} class="number">
        {wait === null ? "–" : clock(wait)}
      </td>
      <td data-name={t("floor.longest")} class="number">
        {sum.calls === 0 ? "–" : clock(sum.longest_ms)}
      </td>
    </>
  );
}

function columns(first: string): string[] {
  return [
    first,
    t("history.calls"),
    t("history.answered"),
    t("history.abandoned"),
    t("history.level"),
    t("floor.waited"),
    t("floor.longest"),
  ];
}

function Queues({ rows, seconds }: { rows: Row[]; seconds: number }) {
  return (
    <>
      <h2>{t("history.by_queue", { seconds })}</h2>
      <table class="table folds">
        <Head columns={columns(t("floor.queue"))} />
        <tbody>
          {byQueue(rows).map(([name, sum]) => (
            <tr key={name}>
              <td data-name={t("floor.queue")}>{name}</td>
              <Numbers sum={sum} />
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** The charts as a table: only what is not empty. */
function Steps({ history, steps }: { history: History; steps: Sum[] }) {
  return (
    <details>
      <summary>{t("history.as_table")}</summary>
      <table class="table folds">
        <Head columns={columns(t("history.interval"))} />
        <tbody>
          {steps.map(
            (sum, place) =>
              sum.calls > 0 && (
                <tr key={history.intervals[place]}>
                  <td data-name={t("history.interval")} class="when">
                    {moment(history.intervals[place] ?? "")}
                  </td>
                  <Numbers sum={sum} />
                </tr>
              ),
          )}
        </tbody>
      </table>
    </details>
  );
}
