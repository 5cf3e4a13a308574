/** A chart over time, drawn by uPlot; a table says the same to those who do not see it. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour, whenRepainted } from "../parts/theme";
import { clock } from "../parts/time";
import { region } from "../text/index";

export interface Line {
  name: string;
  /** The name of a colour among the tokens of the page. */
  colour: "accent" | "warn" | "good" | "danger";
  values: (number | null)[];
  /** Bars stand on the ground, lines go from one to the next. */
  look: "bars" | "line";
}

interface Props {
  /** When each interval begins, seconds since 1970. */
  at: number[];
  lines: Line[];
  /** What the values are. */
  unit: "count" | "percent" | "time";
}

const HEIGHT = 220;

export function Chart({ at, lines, unit }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = JSON.stringify([at, lines, unit]);
  useEffect(() => {
    const box = place.current;
    if (!box) return;
    const draw = () => {
      const chart = new uPlot(options(box, lines, unit), [at, ...lines.map(({ values }) => values)], box);
      return chart;
    };
    let chart = draw();
    const again = () => {
      chart.destroy();
      chart = draw();
    };
    const sized = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: HEIGHT }));
    sized.observe(box);
    const repainted = whenRepainted(again);
    return () => {
      sized.disconnect();
      repainted();
      chart.destroy();
    };
  }, [drawn]);
  return <div class="chart" ref={place} aria-hidden="true" />;
}

function options(box: HTMLElement, lines: Line[], unit: Props["unit"]): uPlot.Options {
  const soft = colour(box, "soft");
  const grid = { stroke: colour(box, "line"), width: 1 };
  const show = (value: number | null) => (value === null ? "–" : written(value, unit));
  return {
    width: box.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => new Date(seconds * 1000),
    fmtDate: dates,
    cursor: { points: { size: 7 } },
    scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, least(unit))] } },
    axes: [
      { stroke: soft, grid, ticks: grid },
      { stroke: soft, grid, ticks: grid, size: 60, values: (_, splits) => splits.map(show) },
    ],
    series: [{}, ...lines.map((line) => series(box, line, show))],
  };
}

function series(box: HTMLElement, line: Line, show: (value: number | null) => string): uPlot.Series {
  const stroke = colour(box, line.colour);
  const bars = uPlot.paths.bars?.({ size: [0.8, 60] });
  return {
    label: line.name,
    stroke,
    width: 2,
    value: (_, value) => show(value),
    // A single one has no line to be seen by.
    points: { show: true, size: 5, fill: stroke },
    ...(line.look === "bars" && { fill: stroke, ...(bars && { paths: bars }), points: { show: false } }),
  };
}

/** An empty chart has ground to stand on. */
function least(unit: Props["unit"]): number {
  return { count: 4, percent: 100, time: 30_000 }[unit];
}

function written(value: number, unit: Props["unit"]): string {
  if (unit === "time") return clock(value);
  const shown = Number.isInteger(value) ? String(value) : value.toFixed(1);
  return unit === "percent" ? `${shown} %` : shown;
}

/** Dates as they are written where the browser is, in place of uPlot's American ones. */
function dates(template: string): (date: Date) => string {
  const isDay = /{D}|{M}|{MMM}/.test(template);
  const isTime = /{h}|{H}|{mm}/.test(template);
  const form = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(region(), options);
  const day = form({ day: "numeric", month: "short" });
  const time = form({ hour: "2-digit", minute: "2-digit" });
  const year = form({ year: "numeric" });
  // Below each other, as the axis has room for them.
  const parts = [...(isTime ? [time] : []), ...(isDay ? [day] : [])];
  return (date) => (parts.length > 0 ? parts : [year]).map((part) => part.format(date)).join("\n");
}
