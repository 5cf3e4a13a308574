/** Times for people. */

import { useEffect, useState } from "preact/hooks";
import { many, region, t } from "../text/index";

/** `1:05`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, place) => (place === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** A guess, rounded to minutes. */
export function about(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 1 ? t("time.soon") : many("time.minutes" as Parameters<typeof many>[0], minutes);
}

/** A moment: the time of today, or the day with it. */
export function moment(at: string | number): string {
  const when = new Date(at);
  const isToday = when.toDateString() === new Date().toDateString();
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  const shown = isToday ? time : { ...time, day: "numeric" as const, month: "short" as const };
  return new Intl.DateTimeFormat(region(), shown).format(when);
}

/** Shows the component anew some times a second, while clocks run in it. */
export function useTick(every = 500): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
