import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { columns } from "../src/call/ladder";
import {
  type Happened,
  loss,
  marksOf,
  opinion,
  type Story,
  spansOf,
  tell,
  timeline,
} from "../src/call/story";
import { gathered } from "../src/call/timeline";
import { beside, first, type Recording } from "../src/wire/recording";

const BEGAN = Date.parse("2026-03-01T08:00:00Z");
let seq = 0;

function at(seconds: number, type: string, data: Record<string, unknown> = {}): Happened {
  seq += 1;
  return { seq, at: new Date(BEGAN + seconds * 1000).toISOString(), type, data };
}

const names = { agents: { "7": "Ada", "8": "Grace" }, queues: { "1": "Support" }, trunks: {} };

function story(events: Happened[], more: Partial<Story> = {}): Story {
  return { call: "c", conversation: null, now: null, events, more: false, names, recordings: [], ...more };
}

function recording(change: Partial<Recording> = {}): Recording {
  return {
    id: "r",
    call: "c",
    segment: 1,
    content: "stereo",
    name: "x.wav",
    agent: { id: 7, name: "Ada" },
    customer: "+49",
    called: "100",
    queue: null,
    direction: "inbound",
    began: new Date(BEGAN + 20_000).toISOString(),
    milliseconds: 40_000,
    bytes: 1,
    gaps: false,
    interrupted: false,
    encrypted: false,
    deleted: null,
    ...change,
  };
}

const WHOLE = [
  at(0, "call.arrived", { from: "+49", called: "100" }),
  at(1, "call.queued", { queue: 1, position: 2 }),
  at(1, "call.message", { message: "greeting" }),
  at(5, "call.music"),
  at(10, "call.offered", { agent: 8, why: "longest idle" }),
  at(15, "call.offer_ended", { agent: 8, why: "no_answer" }),
  at(15, "call.offered", { agent: 7, why: "fewest conversations, idle for 4 min" }),
  at(20, "call.answered", { agent: 7, waited_ms: 20_000 }),
  at(20, "recording.begun", { segment: 1 }),
  at(25, "call.digit", { by_agent: false }),
  at(30, "call.held", { by_agent: true, held: true }),
  at(40, "call.held", { by_agent: true, held: false }),
  at(42, "recording.masked", { masked: true }),
  at(44, "recording.masked", { masked: false }),
  at(60, "call.ended", { end: "customer_hung_up", talked_ms: 40_000 }),
];

describe("the timeline", () => {
  const lanes = timeline(story(WHOLE), BEGAN).lanes;
  const spans = (key: string) =>
    lanes
      .find((lane) => lane.key === key)
      ?.spans.map(({ kind, from, until }) => [kind, (from - BEGAN) / 1000, (until - BEGAN) / 1000]);

  test("has a lane for each party, for what is heard, for hold and for the recording", () => {
    expect(lanes.map(({ key }) => key)).toEqual([
      "customer",
      "hears",
      "agent 8",
      "agent 7",
      "hold",
      "recording",
    ]);
    expect(lanes.map(({ name }) => name)).toContain("Ada");
    expect(spans("customer")).toEqual([["there", 0, 60]]);
    expect(spans("hears")).toEqual([
      ["message", 1, 5],
      ["music", 5, 20],
    ]);
    expect(spans("agent 8")).toEqual([["rings", 10, 15]]);
    expect(spans("agent 7")).toEqual([
      ["rings", 15, 20],
      ["talks", 20, 60],
    ]);
    expect(spans("hold")).toEqual([["hold", 30, 40]]);
    expect(spans("recording")).toEqual([
      ["recorded", 20, 42],
      ["masked", 42, 44],
      ["recorded", 44, 60],
    ]);
    expect(lanes[0]?.dots).toEqual([BEGAN + 25_000]);
  });

  test("of a call that goes on ends now, and after a transfer others talk", () => {
    const events = [
      ...WHOLE.slice(0, 9),
      at(30, "call.transferred", { agent: 7, to: { agent: { id: 8, name: "Grace" } } }),
      at(33, "call.answered", { agent: 8, waited_ms: 3_000 }),
    ];
    const now = { state: "talking" } as unknown as Story["now"];
    const { until, lanes } = timeline(story(events, { now }), BEGAN + 50_000);
    expect(until).toBe(BEGAN + 50_000);
    const ends = (key: string) => lanes.find((lane) => lane.key === key)?.spans.at(-1)?.until;
    expect(ends("agent 7")).toBe(BEGAN + 30_000);
    expect(ends("agent 8")).toBe(BEGAN + 50_000);
    expect(ends("recording")).toBe(BEGAN + 30_000);
  });

  test("of nothing is empty, not wrong", () => {
    const { from, until } = timeline(story([]), BEGAN);
    expect(until).toBeGreaterThan(from);
  });
});

test("each decision is told with its reason, and what is new with its name", () => {
  const offered = WHOLE[6] as Happened;
  expect(tell(offered, names)?.why).toBe("fewest conversations, idle for 4 min");
  const chosen = { agent: 7, why: "x", by: "fewest_conversations", conversations: 0, idle_s: 250 };
  // Without a catalogue the name of the text is said: it is one of ours, and not the server's.
  expect(tell(at(0, "call.offered", chosen), names)?.why).toBe("story.by.fewest_conversations");
  expect(tell(at(0, "call.teleported"), names)?.what).toBe("call.teleported");
});

test("what follows itself is one line", () => {
  const events = [at(0, "call.digit"), at(1, "call.digit"), at(2, "call.held"), at(3, "call.held")];
  expect(gathered(events).map(({ times }) => times)).toEqual([2, 1, 1]);
});

test("marks are those within the recording, and tell no key", () => {
  const marks = marksOf(WHOLE, recording());
  expect(marks).toEqual([
    { at: 5_000, kind: "digit" },
    { at: 10_000, kind: "hold" },
    { at: 20_000, kind: "resume" },
    { at: 22_000, kind: "masked" },
    { at: 24_000, kind: "unmasked" },
  ]);
  const late = [at(60.5, "call.transferred"), at(62, "call.digit"), at(10, "call.digit")];
  expect(marksOf(late, recording())).toEqual([{ at: 40_000, kind: "transfer" }]);
});

test("on a wave stands how long it was on hold or not recorded, and when the rest happened", () => {
  expect(spansOf(marksOf(WHOLE, recording()), 40_000)).toEqual([
    { from: 5_000, until: 5_000, kind: "digit" },
    { from: 10_000, until: 20_000, kind: "hold" },
    { from: 22_000, until: 24_000, kind: "masked" },
  ]);
  const open = [
    { at: 1_000, kind: "resume" as const },
    { at: 3_000, kind: "hold" as const },
  ];
  expect(spansOf(open, 40_000)).toEqual([{ from: 3_000, until: 40_000, kind: "hold" }]);
});

test("both voices are heard first, and what was deleted is not", () => {
  const files = [
    recording({ id: "a", content: "agent" }),
    recording({ id: "s" }),
    recording({ id: "c", content: "customer" }),
    recording({ id: "o", segment: 2 }),
  ];
  const one = files[0] as Recording;
  expect(beside(files, one).map(({ id }) => id)).toEqual(["s", "c", "a"]);
  expect(first(files)?.id).toBe("s");
  const gone = files.map((file) =>
    file.content === "stereo" ? { ...file, deleted: { at: "", by: "root" } } : file,
  );
  expect(first(beside(gone, one))?.id).toBe("c");
  const seen = recording({ id: "v", content: "customer_video" });
  expect(beside([seen, ...files], one).map(({ id }) => id)).toEqual(["s", "c", "a", "v"]);
  expect(first([seen])?.id).toBe("v");
  expect(first([seen, ...files])?.id).toBe("s");
});

test("the customer stands on the left of the ladder, and we beside them", () => {
  const parts = ["cordboard", "agent", "customer", "outside"].map((part) => ({ part }));
  expect(columns(parts)).toEqual([1, 2, 0, 3]);
});

test("b12 a score means something, and silence nothing", () => {
  expect([null, 4.4, 3.5, 1].map(opinion)).toEqual(["unknown", "good", "fair", "poor"]);
  const quality = { received: 90, sent: 0, lost: 10, jitter_ms: 0, round_trip_ms: null, mos: null };
  expect(loss(quality)).toBe(10);
  expect(loss({ ...quality, received: 0, lost: 0 })).toBe(0);
});

test("each event of a call that the server may tell is told in words", () => {
  const kinds = readFileSync("../src/events/kinds.rs", "utf8").matchAll(/^\s*\(?"(\w+\.\w+)",/gm);
  const ofCalls = [...kinds]
    .map(([, kind]) => kind ?? "")
    .filter((kind) => /^(call|recording|conversation)\./.test(kind));
  expect(ofCalls.length).toBeGreaterThanOrEqual(40);
  for (const kind of ofCalls) {
    expect(tell(at(0, kind), names)?.what, kind).not.toBe(kind);
  }
});

test("a colleague who is asked rings, talks and leaves on a lane of their own", () => {
  const lanes = timeline(
    story([
      at(0, "call.dialled", { agent: 7, number: "102" }),
      at(1, "call.rings_colleague", { agent: 8 }),
      at(4, "call.colleague_answered", { agent: 8, waited_ms: 3_000 }),
      at(9, "call.consult_ended"),
      at(20, "call.ended", { end: "agent_hung_up", talked_ms: 5_000 }),
    ]),
    BEGAN + 20_000,
  ).lanes;
  const grace = lanes.find(({ name }) => name === "Grace");
  expect(grace?.spans.map(({ kind, from, until }) => [kind, from - BEGAN, until - BEGAN])).toEqual([
    ["rings", 1_000, 4_000],
    ["talks", 4_000, 9_000],
  ]);
});
