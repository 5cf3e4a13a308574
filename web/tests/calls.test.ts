import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Desk } from "../src/desk/desk";
import { Visit } from "../src/link/visit";
import type { CallNow, Numbered } from "../src/wire/message";
import { browser, Peer, settled } from "./browser";
import { Net } from "./world";

const call = "1hykxq0000001";
const now = (state: CallNow["state"], more: Partial<CallNow> = {}): Numbered => ({
  seq: 0,
  type: "call",
  call,
  state,
  waited_ms: 0,
  talked_ms: 0,
  muted: false,
  video: false,
  ...more,
});
const hello: Numbered = {
  seq: 0,
  type: "hello",
  resume: "f00d",
  resumed: false,
  keeps_s: 30,
  link: { title: "Support", video: true },
};
const answer: Numbered = { seq: 0, type: "answer", call, sdp: "answer" };
const trouble = (code: string, of?: string): Numbered =>
  of
    ? { seq: 0, type: "error", code, message: "no", call: of }
    : { seq: 0, type: "error", code, message: "no" };

async function hears(net: Net, ...messages: Numbered[]): Promise<void> {
  for (const message of messages) {
    net.line.hears(message);
    await settled();
  }
}

async function welcomed(): Promise<{ net: Net; visit: Visit }> {
  const net = new Net();
  const visit = new Visit("token", net);
  net.line.opens();
  await hears(net, hello);
  return { net, visit };
}

async function seated(): Promise<{ net: Net; desk: Desk }> {
  const net = new Net();
  const desk = new Desk(7, net);
  net.line.opens();
  await hears(net, { seq: 0, type: "hello", resume: "f00d", resumed: false, keeps_s: 30, agent: 7 });
  return { net, desk };
}

beforeEach(() => {
  vi.useFakeTimers();
  browser();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("R15: a customer's page says nothing of a call before they begin one", async () => {
  const { net, visit } = await welcomed();
  expect(visit.phase.value).toBe("welcome");
  expect(net.line.said.map(({ type }) => type)).toEqual(["hello"]);
  await visit.start("audio", " Ada ");
  expect(net.line.said.at(-1)).toEqual({ type: "call", sdp: "offer 1", name: "Ada" });
  await hears(net, answer, now("waiting", { position: 2 }), now("talking"));
  expect(visit.call.value?.state).toBe("talking");
  await hears(net, now("over", { why: "agent_hung_up" }));
  expect(visit.phase.value).toBe("over");
  expect(Peer.all.every((peer) => peer.closed)).toBe(true);
  expect(net.kept.size, "what is over is not come back to").toBe(0);
});

test.each(["link_used", "link_expired", "link_not_yet_valid", "link_revoked", "link_unknown", "too_many"])(
  "R12: %s is the end of the visit",
  async (code) => {
    const net = new Net();
    const visit = new Visit("token", net);
    net.line.opens();
    await hears(net, trouble(code));
    net.line.breaks(4003);
    expect([visit.phase.value, visit.code.value]).toEqual(["refused", code]);
  },
);

test("R6: of two who begin at once, the one who was too late is told so", async () => {
  const { net, visit } = await welcomed();
  await visit.start("audio", "");
  await hears(net, trouble("link_used"));
  expect([visit.phase.value, visit.code.value]).toEqual(["refused", "link_used"]);
  expect(Peer.all[0]?.closed).toBe(true);
});

test("a microphone that is refused begins no call, and is asked for again", async () => {
  browser("NotAllowedError");
  const { net, visit } = await welcomed();
  await visit.start("audio", "");
  expect([visit.phase.value, visit.blocked.value?.why]).toEqual(["blocked", "denied"]);
  expect(net.line.said.map(({ type }) => type)).toEqual(["hello"]);
  browser();
  await visit.retry();
  expect(visit.phase.value).toBe("calling");
});

test("B18: a page that is loaded anew in a call offers its sound anew, once", async () => {
  const { net, visit } = await welcomed();
  await hears(net, now("talking"), now("talking"));
  expect(visit.phase.value).toBe("calling");
  const said = net.line.said.filter(({ type }) => type !== "hello");
  expect(said).toEqual([{ type: "offer", call, sdp: "offer 1" }]);
});

test("B18: a way that is lost is sought anew, and once more when the server is back", async () => {
  const { net, visit } = await welcomed();
  await visit.start("audio", "");
  await hears(net, answer, now("talking"));
  const peer = Peer.all[0];
  peer?.becomes("connected");
  peer?.becomes("disconnected");
  await settled();
  expect(net.line.said.at(-1)).toEqual({ type: "offer", call, sdp: "offer 2" });
  net.line.breaks();
  vi.advanceTimersByTime(1_000);
  net.line.opens();
  await hears(net, { ...hello, resumed: true } as Numbered);
  expect(peer?.restarts, "the answer to the second was lost with the line").toBe(2);
});

test("two changes at once are two offers, one after the other", async () => {
  const { net, visit } = await welcomed();
  await visit.start("audio", "");
  const talk = visit.talk.value;
  await talk?.media.offer();
  await talk?.media.offer();
  expect(Peer.all[0]?.offers).toBe(1);
  await hears(net, answer);
  expect(Peer.all[0]?.offers).toBe(2);
});

test("an offer that is refused is taken back, and the call goes on", async () => {
  const { net, visit } = await welcomed();
  await visit.start("audio", "");
  await hears(net, answer, now("talking"));
  await visit.talk.value?.media.offer();
  await hears(net, trouble("bad_offer", call));
  expect(Peer.all[0]?.signalingState).toBe("stable");
  expect(visit.phase.value).toBe("calling");
});

test("a call rings at a desk, is taken, and is over", async () => {
  const { net, desk } = await seated();
  await hears(net, now("ringing", { with: { name: "Ada" } }));
  expect(desk.ringing.value?.call.call).toBe(call);
  await desk.accept(call);
  await desk.accept(call);
  const taken = net.line.said.filter(({ type }) => type === "accept");
  expect(taken, "once, however often it is pressed").toEqual([{ type: "accept", call, sdp: "offer 1" }]);
  await hears(net, answer, now("talking", { with: { name: "Ada" } }));
  expect(desk.current.value?.call.state).toBe("talking");
  desk.hold(true);
  expect(net.line.said.at(-1)).toEqual({ type: "hold", call, on: true });
  await hears(net, now("over", { why: "customer_hung_up" }));
  expect(desk.news.value?.what).toBe("over");
  expect(desk.talk.value).toBeNull();
});

test("a call that is not taken is told as missed, one that is rejected is not", async () => {
  const { net, desk } = await seated();
  await hears(net, now("ringing"), now("over", { why: "no_answer" }));
  expect(desk.news.value?.what).toBe("missed");
  await hears(net, now("ringing"));
  expect(desk.news.value).toBeNull();
  await hears(net, now("over", { why: "declined" }));
  expect(desk.news.value?.what).toBe("over");
});

test("a desk without a microphone accepts nothing, and says why", async () => {
  browser("NotFoundError");
  const { net, desk } = await seated();
  await hears(net, now("ringing"));
  await desk.accept(call);
  expect(desk.news.value).toMatchObject({ what: "blocked", why: { why: "missing" } });
  expect(net.line.said.map(({ type }) => type)).toEqual(["hello"]);
});

test("a number that cannot be called leaves the desk free", async () => {
  const { net, desk } = await seated();
  await desk.dial("+49301234567");
  await hears(net, trouble("not_allowed"));
  expect(desk.talk.value).toBeNull();
  expect(desk.news.value).toMatchObject({ what: "trouble", trouble: { code: "not_allowed" } });
});

test("B18: a desk that was superseded lets go of its sound", async () => {
  const { net, desk } = await seated();
  await hears(net, now("ringing"));
  await desk.accept(call);
  await hears(net, answer, now("talking"), { seq: 0, type: "superseded" });
  expect(desk.ended.value).toBe("superseded");
  expect(Peer.all[0]?.closed).toBe(true);
});
