/**
 * What pages say. A catalogue is data: a folder of JSON files by the tag of the language, with the keys of the
 * English ones. Another language is another folder; a key that it lacks is said in English.
 */

import type admin from "./en/admin.json";
import type call from "./en/call.json";
import type common from "./en/common.json";
import type desk from "./en/desk.json";
import type link from "./en/link.json";
import type settings from "./en/settings.json";
import type setup from "./en/setup.json";
import type supervisor from "./en/supervisor.json";

/** The names of what can be said. */
export type Key =
  | keyof typeof common
  | keyof typeof link
  | keyof typeof desk
  | keyof typeof setup
  | keyof typeof admin
  | keyof typeof settings
  | keyof typeof call
  | keyof typeof supervisor;

/** What stands for `{name}` in a text. */
export type Values = Record<string, string | number>;

type Catalogue = Record<string, string>;
type Part = "common" | "link" | "desk" | "setup" | "admin" | "settings" | "call" | "supervisor";

const others = import.meta.glob<Catalogue>(["./*/*.json", "!./en/*.json"], { import: "default" });
const english: Catalogue = {};
const spoken: Catalogue = {};
let language = "en";

/** Languages for which there is a folder; English always is. */
export function languages(): string[] {
  const folders = Object.keys(others).map((path) => path.split("/")[1] ?? "en");
  return ["en", ...new Set(folders)];
}

/** The first of the wanted languages that there is: `de-AT` finds `de`. */
export function choose(wanted: readonly string[], known: readonly string[]): string {
  for (const tag of wanted) {
    const short = tag.split("-")[0]?.toLowerCase() ?? "";
    const found =
      known.find((each) => each.toLowerCase() === tag.toLowerCase()) ?? known.find((each) => each === short);
    if (found) return found;
  }
  return "en";
}

/** Begins to speak the browser's language, or the one that was chosen here before. */
export async function speak(parts: Partial<Record<Part, Catalogue>>): Promise<void> {
  Object.assign(english, ...Object.values(parts));
  language = choose([kept() ?? "", ...navigator.languages], languages());
  document.documentElement.lang = language;
  const files = Object.keys(parts).map((part) => others[`./${language}/${part}.json`]);
  const loaded = await Promise.all(files.map((load) => load?.().catch(() => ({}))));
  Object.assign(spoken, ...loaded);
}

/** The tag of the language that is spoken. */
export function tongue(): string {
  return language;
}

/** The language as it is spoken where the browser is, for dates and times: `en-GB`. */
export function region(): string {
  return navigator.languages.find((tag) => tag.split("-")[0] === language.split("-")[0]) ?? language;
}

/** Another language from now on: the page is loaded anew. */
export function speakFromNowOn(tag: string): void {
  try {
    localStorage.setItem("language", tag);
  } catch {
    // Nothing is kept here: the browser's language stays.
  }
  location.reload();
}

/** Says it. */
export function t(key: Key, values?: Values): string {
  const text = spoken[key] ?? english[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text;
}

/** What is said of something whose name is made elsewhere; `undefined`: nothing is. */
export function find(key: string): string | undefined {
  return spoken[key] ?? english[key];
}

/** Says it of so many: `key` has forms for the plural categories of the language, as `{"other": "{n} calls"}`. */
export function many(key: Key, n: number, values?: Values): string {
  const category = new Intl.PluralRules(language).select(n);
  const form = `${key}.${category}` as Key;
  const known = form in spoken || form in english;
  return t(known ? form : key, { n, ...values });
}

/** "third", "3rd" as the language counts; where it has no such form here, the number. */
export function ordinal(n: number): string {
  const category = new Intl.PluralRules(language, { type: "ordinal" }).select(n);
  return t(`ordinal.${category}` as Key, { n });
}

function kept(): string | null {
  try {
    return localStorage.getItem("language");
  } catch {
    return null;
  }
}
