/** What settings are called: looked up by the path of a key, so that `max_wait.after_s` of every section is said once. */

import { find, t } from "../text/index";
import { human, type Schema } from "./schema";

/** Where a key stands, for the catalogue: `queues.max_wait.after_s`, without places in lists. */
export function placeOf(section: string, path: string): string {
  return `${section}.${path.replace(/\[\d+\]/g, "")}`;
}

/** The text for the longest end of a path that has one: `queues.greeting.text`, `greeting.text`, `text`. */
export function foundAt(kind: "label" | "help", place: string): string | undefined {
  const words = place.split(".");
  for (let skip = 0; skip < words.length; skip += 1) {
    const found = find(`${kind}.${words.slice(skip).join(".")}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function labelOf(place: string): string {
  return foundAt("label", place) ?? human(place.split(".").pop() ?? "");
}

/** What a value is called: `word.distribution.random`, or else `word.random`. */
export function wordOf(place: string, value: string, otherwise = human(value)): string {
  const name = place.split(".").pop() ?? "";
  return find(`word.${name}.${value}`) ?? find(`word.${value}`) ?? otherwise;
}

/** `90` seconds are `1 min 30 s`; what is said faster as it is says nothing. */
export function lengthOf(seconds: number): string | undefined {
  if (!Number.isFinite(seconds) || seconds < 60) return undefined;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), t("length.days")],
    [Math.floor(seconds / 3600) % 24, t("length.hours")],
    [Math.floor(seconds / 60) % 60, t("length.minutes")],
    [Math.round(seconds % 60), "s"],
  ];
  const shown = parts.filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** `days` in the language of the page. */
export function unitOf(schema: Schema): string | undefined {
  const unit = schema["x-unit"];
  return unit && (find(`unit.${unit}`) ?? unit);
}

/** Range, unit, default, and when a change takes effect. */
export function factsOf(schema: Schema, place: string): string[] {
  const facts: string[] = [];
  const unit = unitOf(schema) ?? "";
  if (schema.minimum !== undefined && schema.maximum !== undefined) {
    facts.push(t("set.range", { from: schema.minimum, to: schema.maximum, unit }).trim());
  }
  const known = defaultOf(schema, place);
  if (known) facts.push(t("set.default", { value: `${known} ${unit}`.trim() }));
  const effect = schema["x-effect"];
  if (effect) facts.push(t("set.effect", { when: find(`effect.${effect}`) ?? human(effect) }));
  return facts;
}

/** What holds where nothing is set, in words. */
export function defaultOf(schema: Schema, place: string): string | undefined {
  const known = schema.default;
  if (typeof known === "boolean") return wordOf(place, String(known));
  if (typeof known === "string") return schema.enum || schema.oneOf ? wordOf(place, known) : known;
  if (typeof known === "number") return String(known);
  const list = Array.isArray(known) ? known : [];
  return list.length > 0 ? list.map((each) => wordOf(place, String(each))).join(", ") : undefined;
}
