/** A calendar: a day that is pressed becomes a holiday, or is none any more. */

import { useState } from "preact/hooks";
import { Icon } from "../parts/icon";
import { region, t } from "../text/index";
import type { Table, Value } from "./fields";

/** A day as settings have it: `2026-12-25`. */
export function dayOf(year: number, month: number, day: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${year}-${two(month + 1)}-${two(day)}`;
}

/** The weeks of a month from Monday to Sunday; `0` is no day of it. */
export function weeksOf(year: number, month: number): number[][] {
  const first = (new Date(Date.UTC(year, month, 1)).getUTCDay() + 6) % 7;
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const places = Math.ceil((first + last) / 7) * 7;
  const days = Array.from({ length: places }, (_, place) => {
    const day = place - first + 1;
    return day >= 1 && day <= last ? day : 0;
  });
  return Array.from({ length: places / 7 }, (_, week) => days.slice(week * 7, week * 7 + 7));
}

/** With the day, at its place in time, or without it. */
export function turned(all: readonly Value[], date: string): Table[] {
  const tables = all.map((each) => (each ?? {}) as Table);
  if (tables.some((each) => each.date === date)) return tables.filter((each) => each.date !== date);
  const later = (one: Table, other: Table) =>
    String(one.date ?? "~").localeCompare(String(other.date ?? "~"));
  return [...tables, { date }].sort(later);
}

export function Holidays({ value, onChange }: { value: readonly Value[]; onChange: (all: Value[]) => void }) {
  const now = new Date();
  const [shown, setShown] = useState({ year: now.getFullYear(), month: now.getMonth() });
  const { year, month } = shown;
  const known = new Map(
    value.map((each) => [String((each as Table)?.date ?? ""), String((each as Table)?.name ?? "")]),
  );
  const go = (by: number) => {
    const next = new Date(Date.UTC(year, month + by, 1));
    setShown({ year: next.getUTCFullYear(), month: next.getUTCMonth() });
  };
  const format = (options: Intl.DateTimeFormatOptions, date: Date) =>
    new Intl.DateTimeFormat(region(), { ...options, timeZone: "UTC" }).format(date);
  const title = format({ month: "long", year: "numeric" }, new Date(Date.UTC(year, month, 1)));
  // 1 January 2024 was a Monday.
  const names = Array.from({ length: 7 }, (_, day) =>
    format({ weekday: "short" }, new Date(Date.UTC(2024, 0, 1 + day))),
  );
  return (
    <div class="calendar">
      <div class="row tight">
        <button type="button" class="button quiet icon" onClick={() => go(-1)}>
          <Icon name="back" />
          <span class="sr">{t("holidays.before")}</span>
        </button>
        <b class="grow center" aria-live="polite">
          {title}
        </b>
        <button type="button" class="button quiet icon turned" onClick={() => go(1)}>
          <Icon name="back" />
          <span class="sr">{t("holidays.after")}</span>
        </button>
      </div>
      <div class="days">
        {names.map((name) => (
          <span key={name} class="small soft center" aria-hidden="true">
            {name}
          </span>
        ))}
        {weeksOf(year, month)
          .flat()
          .map((day, place) => {
            if (day === 0) return <span key={`${year}-${month}-${place}`} />;
            const date = dayOf(year, month, day);
            const name = known.get(date);
            const said = format({ day: "numeric", month: "long" }, new Date(Date.UTC(year, month, day)));
            return (
              <button
                key={date}
                type="button"
                class="day number"
                aria-pressed={name !== undefined}
                aria-label={name ? `${said}: ${name}` : said}
                title={name}
                onClick={() => onChange(turned(value, date))}
              >
                {day}
              </button>
            );
          })}
      </div>
      <p class="help">{t("holidays.how")}</p>
    </div>
  );
}
