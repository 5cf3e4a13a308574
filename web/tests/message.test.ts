import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FromPage, Numbered } from "../src/wire/message";

const samples = JSON.parse(readFileSync("../src/page/samples.json", "utf8"));
const call = "1hykxq0000001";

/** The samples as the compiler accepts them: a field that the types do not know would not compile. */
const said: FromPage[] = [
  { type: "hello", resume: "f00d", seen: 7, link: "token" },
  { type: "hello" },
  { type: "hello", supervisor: true },
  { type: "call", sdp: "v=0", number: "+49301234567" },
  { type: "call", sdp: "v=0", name: "Ada" },
  { type: "call", sdp: "v=0", agent: 8 },
  { type: "offer", call, sdp: "v=0" },
  { type: "accept", call, sdp: "v=0" },
  { type: "reject", call },
  { type: "hang_up", call },
  { type: "hold", call, on: true },
  { type: "mute", call, on: false },
  { type: "digit", call, digit: "#" },
  { type: "transfer", call, to: { number: "+49301234567" } },
  { type: "transfer", call, to: { agent: 7 } },
  { type: "transfer", call, to: { queue: 3 } },
  { type: "transfer", call, to: { number: "+49301234567" }, from: "+4989100" },
  { type: "consult", call, to: { agent: 8 } },
  { type: "consult", call, to: { number: "+49301234567" }, from: "+4989100" },
  { type: "consultation", call, what: "swap" },
  { type: "consultation", call, what: "join" },
  { type: "consultation", call, what: "complete" },
  { type: "consultation", call, what: "cancel" },
];

const base = { type: "call", call, waited_ms: 12_000, talked_ms: 4_000, muted: false, video: false } as const;

const heard: Numbered[] = [
  { seq: 0, type: "hello", resume: "f00d", resumed: true, keeps_s: 30, agent: 7 },
  {
    seq: 0,
    type: "hello",
    resume: "f00d",
    resumed: false,
    keeps_s: 30,
    link: { title: "Support", video: true },
  },
  { seq: 1, type: "answer", call, sdp: "v=0" },
  {
    ...base,
    seq: 2,
    state: "ringing",
    with: { name: "+49301234567", number: "+49301234567" },
    queue: "Support",
    talked_ms: 0,
    rings_ms: 30_000,
  },
  { ...base, seq: 3, state: "waiting", queue: "Support", position: 3, estimate_s: 90, talked_ms: 0 },
  { ...base, seq: 4, state: "dialling", waited_ms: 0, talked_ms: 0 },
  { ...base, seq: 5, state: "talking", with: { name: "Ada" }, muted: true, video: true },
  {
    ...base,
    seq: 5,
    state: "talking",
    with: { name: "+49301234567", number: "+49301234567" },
    queue: "Support",
    consult: { who: { name: "Ben" }, with: "asked" },
    any_from: true,
    instead_of: "1hykxq0000002",
  },
  { ...base, seq: 6, state: "held" },
  { ...base, seq: 7, state: "holding", recording: "masked" },
  { ...base, seq: 7, state: "talking", with: { name: "Alice" }, supervises: "whisper" },
  { ...base, seq: 8, state: "over", why: "customer_hung_up" },
  {
    seq: 9,
    type: "agent",
    agent: {
      agent: 7,
      name: "Ada",
      state: "wrap_up",
      status: "available",
      reason: null,
      reachable: true,
      call: null,
      since: null,
      until: "2026-03-01T08:00:00Z",
    },
  },
  { seq: 10, type: "superseded" },
  { seq: 0, type: "error", code: "bad_offer", message: "The offer has no audio.", call },
  { seq: 0, type: "error", code: "link_used", message: "This link was for one call." },
];

test("what pages say is what the server's tests read", () => {
  expect(said).toEqual(samples.from_page);
});

test("what the server's tests write is what pages read", () => {
  expect(heard).toEqual(samples.to_page);
});
