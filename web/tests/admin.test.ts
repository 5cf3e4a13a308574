import { describe, expect, test } from "vitest";
import { isLoopback, isPrivate, judge } from "../src/admin/addresses";
import { shown } from "../src/admin/exchange";
import { dayOf, turned, weeksOf } from "../src/admin/holidays";
import type { Voice } from "../src/admin/known";
import { grouped } from "../src/admin/menu";
import { isMessage, voiceOf } from "../src/admin/message";
import { kindOf, read, type Schema } from "../src/admin/schema";
import { LARGEST, nameOf, refusal } from "../src/admin/sounds";
import type { System } from "../src/admin/system";
import { defaultOf, factsOf, lengthOf, placeOf } from "../src/admin/words";
import { furnished } from "../src/setup/queue";

describe("what a field says", () => {
  test("its place is that of the key, whatever the place in a list", () => {
    expect(placeOf("queues", "announcement.codes[12].digits")).toBe("queues.announcement.codes.digits");
  });

  test("seconds are said as people count them", () => {
    expect(lengthOf(59)).toBeUndefined();
    expect(lengthOf(90)).toBe("1 length.minutes 30 s");
    expect(lengthOf(86_400 + 3_600)).toBe("1 length.days 1 length.hours");
  });

  test("r148 the default and the moment of effect are among its facts, the range too", () => {
    const ring: Schema = {
      type: "number",
      minimum: 3,
      maximum: 60,
      default: 30,
      "x-unit": "s",
      "x-effect": "new_calls",
    };
    expect(factsOf(ring, "timeouts.agent_s")).toEqual(["set.range", "set.default", "set.effect"]);
    expect(defaultOf(ring, "timeouts.agent_s")).toBe("30");
    expect(defaultOf({ type: "boolean", default: false }, "recording.enabled")).toBe("False");
    expect(defaultOf({ type: "array", default: [] }, "queues.announcement.codes")).toBeUndefined();
  });
});

test("a section that nobody has heard of is in the menu, last", () => {
  const all = grouped(["queues", "moods", "keys"]);
  expect(all.map(([name]) => name)).toEqual(["waiting", "server", "more"]);
  expect(all.at(-1)?.[1]).toEqual(["moods"]);
});

test("sections are read off the document, with what names stand where", () => {
  const queue: Schema = { type: "object", properties: { hours: { type: "string", "x-names": "/hours" } } };
  const body = { requestBody: { content: { "application/json": { schema: { $ref: "#/Queue" } } } } };
  const paths = {
    "/api/v1/settings/queues": { get: { summary: "Reads queues." } },
    "/api/v1/settings/queues/{id}": { put: body },
    "/api/v1/settings/hours/preview": { post: body },
  };
  const [section, ...others] = read({ paths, components: { schemas: { Queue: queue } } });
  expect(others).toEqual([]);
  expect(section).toMatchObject({ key: "queues", isList: true, isOrdered: false, about: "queues" });
  expect(section?.schema.properties?.hours?.["x-names"]).toBe("/hours");
});

test("a message is known by its keys", () => {
  const text: Schema = { type: "string" };
  const properties = { text, file: text, voice: text, rate: text, quality: text, position: text };
  expect(isMessage({ type: "object", properties })).toBe(true);
  expect(isMessage({ type: "object", properties: { text } })).toBe(false);
  expect(kindOf({ type: "object", properties })).toBe("table");
});

describe("voices", () => {
  const voice = (name: string, language: string): Voice => ({
    name,
    language,
    gender: null,
    quality: "standard",
    positions: ["cardinal"],
    wait: true,
  });
  const all = [voice("de", "de"), voice("en-gb", "en-gb"), voice("en-us", "en-us")];

  test("a language alone is spoken by the first that speaks it", () => {
    expect(voiceOf(all, "en-us")?.name).toBe("en-us");
    expect(voiceOf(all, "en")?.name).toBe("en-gb");
    expect(voiceOf(all, "fr")).toBeUndefined();
  });
});

describe("the calendar", () => {
  test("weeks begin on Monday", () => {
    // March 2026 begins on a Sunday and has 31 days.
    const weeks = weeksOf(2026, 2);
    expect(weeks[0]).toEqual([0, 0, 0, 0, 0, 0, 1]);
    expect(weeks.at(-1)).toEqual([30, 31, 0, 0, 0, 0, 0]);
    expect(weeksOf(2027, 1)).toHaveLength(4);
  });

  test("a day is written as settings have it", () => {
    expect(dayOf(2026, 0, 6)).toBe("2026-01-06");
  });

  test("a day that is pressed comes at its place, and goes when it is pressed again", () => {
    const all = [{ date: "2026-12-24", name: "Eve" }, { date: "2026-12-26" }];
    const more = turned(all, "2026-12-25");
    expect(more.map((each) => each.date)).toEqual(["2026-12-24", "2026-12-25", "2026-12-26"]);
    expect(more[0]?.name).toBe("Eve");
    expect(turned(more, "2026-12-24").map((each) => each.date)).toEqual(["2026-12-25", "2026-12-26"]);
  });
});

describe("uploads", () => {
  test("r39 exactly 4 MiB is sent, one byte more is not", () => {
    expect(LARGEST).toBe(4_194_304);
    expect(refusal({ name: "a.wav", size: LARGEST })).toBeUndefined();
    expect(refusal({ name: "a.wav", size: LARGEST + 1 })).toBe("sounds.large");
    expect(refusal({ name: "a.wav", size: 0 })).toBe("sounds.empty");
  });

  test("a sound is called as its file, without what computers need", () => {
    expect(nameOf("On hold.final.mp3")).toBe("On hold.final");
    expect(nameOf(".wav")).toBe("Upload");
    expect([...nameOf(`${"ö".repeat(80)}.ogg`)]).toHaveLength(64);
  });
});

describe("addresses", () => {
  const system = (browsers: string[], public_url: string | null): System => ({
    health: {
      status: "ok",
      version: "1",
      uptime_seconds: 1,
      draining: false,
      switch_ok: true,
      store_ok: true,
      recordings_ok: true,
      recordings_encrypted: false,
      storage_ok: true,
    },
    database: "SQLite",
    disk: null,
    public_url,
    https: false,
    media: null,
    browsers,
    listeners: [
      { name: "phones", transport: "UDP", address: "0.0.0.0:5060", advertised: "[2001:db8::1]:5060" },
    ],
    certificates: [],
  });

  test("what means this machine, and what only its network sees", () => {
    for (const host of ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]) expect(isLoopback(host)).toBe(true);
    for (const host of ["10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "fe80::1"])
      expect(isPrivate(host), host).toBe(true);
    for (const host of ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "calls.example.com"])
      expect(isPrivate(host) || isLoopback(host), host).toBe(false);
  });

  test("each is judged by who can reach it", () => {
    const near = judge(system(["127.0.0.1"], null), { isSecure: false, host: "pbx" });
    expect(near.map((each) => each.state)).toEqual(["bad", "bad", "mind", "well"]);
    const tried = judge(system(["127.0.0.1"], null), { isSecure: true, host: "localhost" });
    expect(tried.map((each) => each.state)).toEqual(["well", "mind", "mind", "well"]);
    const own = judge(system(["10.0.0.1", "127.0.0.1"], "https://10.0.0.1"), { isSecure: true, host: "pbx" });
    expect(own.map((each) => each.state)).toEqual(["well", "mind", "mind", "well"]);
    const far = judge(system(["198.51.100.7"], "https://calls.example.com"), { isSecure: true, host: "pbx" });
    expect(far.map((each) => each.state)).toEqual(["well", "well", "well", "well"]);
  });
});

test("what a queue has besides stays when it is furnished", () => {
  const queue = {
    id: 1,
    name: "Old",
    agents: ["1001"],
    greeting: { file: "a.wav" },
    music: { file: "b.wav" },
  };
  const wanted = { name: "New", greeting: " ", voice: "en", music: undefined, place: false };
  expect(furnished(queue, wanted)).toEqual({ id: 1, name: "New", agents: ["1001"] });
  const full = furnished(queue, { ...wanted, greeting: "Hello", music: "c.wav", place: true });
  expect(full).toMatchObject({ greeting: { text: "Hello", voice: "en" }, music: { file: "c.wav" } });
  expect(full.announcement).toMatchObject({ voice: "en" });
});

test("a value of a change is one line", () => {
  expect(shown("text")).toBe("text");
  expect(shown({ a: [1] })).toBe('{"a":[1]}');
});
