import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { userOf } from "../src/setup/yourself";
import { choose } from "../src/text/index";

const FOLDER = "src/text";

function read(path: string): Record<string, string> {
  return JSON.parse(readFileSync(join(FOLDER, path), "utf8"));
}

/** What stands for something else in a text. */
function places(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "").sort();
}

describe("the catalogues", () => {
  const languages = readdirSync(FOLDER).filter((name) => !name.includes("."));
  const parts = readdirSync(join(FOLDER, "en"));

  test("no key is in two parts of the English one", () => {
    const all = parts.flatMap((part) => Object.keys(read(`en/${part}`)));
    expect(new Set(all).size).toBe(all.length);
  });

  for (const language of languages.filter((name) => name !== "en")) {
    test(`${language} says everything that English says, with the same values`, () => {
      for (const part of parts) {
        const [english, other] = [read(`en/${part}`), read(`${language}/${part}`)];
        // Plural forms are those of the language.
        const plain = (all: Record<string, string>) =>
          Object.keys(all).filter((key) => !/\.(zero|one|two|few|many|other)$/.test(key));
        expect(plain(other).sort(), part).toEqual(plain(english).sort());
        for (const key of plain(english)) {
          expect(places(other[key] ?? ""), key).toEqual(places(english[key] ?? ""));
        }
      }
    });
  }
});

test("the language is the first wanted one that there is", () => {
  expect(choose(["fr-FR", "de-AT", "en"], ["en", "de"])).toBe("de");
  expect(choose(["pt-BR"], ["en", "pt", "pt-BR"])).toBe("pt-BR");
  expect(choose([], ["en", "de"])).toBe("en");
});

test("a user of telephones is made of a name", () => {
  expect(userOf("Ada Lovelace")).toBe("ada.lovelace");
  expect(userOf("Jörg Müller-Lüdenscheidt")).toBe("jorg.muller.ludenscheidt");
  expect(userOf("山田")).toBe("admin");
});

/** The parts of the catalogue that each folder's page begins with; what is in `parts` is on every page. */
const LOADED: Record<string, string[]> = {
  parts: ["common"],
  start: ["common"],
  login: ["common"],
  link: ["common", "link"],
  desk: ["common", "desk"],
  setup: ["common", "setup", "admin", "settings"],
  admin: ["common", "admin", "settings"],
  call: ["common", "desk", "call"],
  supervisor: ["common", "desk", "call", "supervisor"],
};

test.each(Object.entries(LOADED))("what %s says is in the catalogues that it loads", (folder, parts) => {
  const known = new Set(parts.flatMap((part) => Object.keys(read(`en/${part}.json`))));
  for (const file of readdirSync(join("src", folder))) {
    if (!/\.tsx?$/.test(file)) continue;
    const source = readFileSync(join("src", folder, file), "utf8");
    for (const [, key] of source.matchAll(/\b(?:t|find)\(\s*"([^"]+)"/g))
      expect(known, `${folder}/${file}`).toContain(key);
  }
});

test("every sound that ships has a name in the catalogue", () => {
  const shipped = readFileSync("../src/voices/shipped.rs", "utf8").matchAll(/shipped!\("([^"]+)"/g);
  const files = [...shipped].map((found) => `sound.${found[1]}`);
  expect(files.length).toBeGreaterThan(5);
  expect(Object.keys(read("en/settings.json"))).toEqual(expect.arrayContaining(files));
});

test("in German a trunk is no supervisor", () => {
  const words = (key: string) => read("de/admin.json")[key] ?? "";
  expect(words("users.role.supervisor")).toBe("Leitung");
  expect(words("section.trunks")).toBe(words("system.trunks"));
});
