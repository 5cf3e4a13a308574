import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Hello, ToPage } from "../src/wire/message";
import { type Ended, type Line as State, Wire } from "../src/wire/socket";
import { Net } from "./world";

const call = "1hykxq0000001";
const hello = { seq: 0, type: "hello", resume: "f00d", resumed: false, keeps_s: 30, agent: 7 } as const;

class Page {
  readonly net: Net;
  readonly hellos: Hello[] = [];
  readonly messages: ToPage[] = [];
  readonly states: State[] = [];
  ended: Ended | null = null;
  readonly wire: Wire;

  constructor(net = new Net(), link: string | null = null) {
    this.net = net;
    const listener = {
      onHello: (each: Hello) => void this.hellos.push(each),
      onMessage: (each: ToPage) => void this.messages.push(each),
      onLine: (state: State, ended: Ended | null) => {
        this.states.push(state);
        this.ended = ended ?? this.ended;
      },
    };
    this.wire = new Wire(listener, link, net);
    this.wire.begin();
  }

  greeted(): this {
    this.net.line.opens();
    this.net.line.hears(hello);
    return this;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("location", new URL("https://pbx.example/desk"));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the first message is a hello, and what is said before its answer waits", () => {
  const page = new Page();
  page.wire.say({ type: "reject", call });
  page.net.line.opens();
  expect(page.net.line.said).toEqual([{ type: "hello", seen: 0 }]);
  page.net.line.hears(hello);
  expect(page.net.line.said.at(-1)).toEqual({ type: "reject", call });
  expect(page.states).toEqual(["connecting", "open"]);
});

test("a customer's hello names their link", () => {
  const page = new Page(new Net(), "token").greeted();
  expect(page.net.line.said[0]).toEqual({ type: "hello", seen: 0, link: "token" });
});

test("a lost line comes back with the token and the last number, sooner at first and later then (B18)", () => {
  const page = new Page().greeted();
  page.net.line.hears({ seq: 1, type: "answer", call, sdp: "v=0" });
  page.net.line.breaks();
  expect(page.states.at(-1)).toBe("lost");
  vi.advanceTimersByTime(249);
  expect(page.net.lines).toHaveLength(1);
  vi.advanceTimersByTime(2);
  expect(page.net.lines).toHaveLength(2);
  page.net.line.breaks();
  vi.advanceTimersByTime(499);
  expect(page.net.lines).toHaveLength(2);
  vi.advanceTimersByTime(2);
  page.net.line.opens();
  expect(page.net.line.said).toEqual([{ type: "hello", seen: 1, resume: "f00d" }]);
  page.net.line.hears({ ...hello, resumed: true });
  // What had come already comes once more, as our word for it was lost.
  page.net.line.hears({ seq: 1, type: "answer", call, sdp: "v=0" });
  page.net.line.hears({ seq: 2, type: "answer", call, sdp: "v=1" });
  expect(page.messages).toHaveLength(2);
});

test("a page that is loaded anew has the token of its tab, and has seen nothing", () => {
  const net = new Net();
  const before = new Page(net).greeted();
  before.net.line.hears({ seq: 4, type: "answer", call, sdp: "v=0" });
  const after = new Page(net);
  net.line.opens();
  expect(net.line.said).toEqual([{ type: "hello", seen: 0, resume: "f00d" }]);
  net.line.hears(hello);
  net.line.hears({ seq: 1, type: "answer", call, sdp: "v=0" });
  expect(after.messages).toHaveLength(1);
});

test("the waits grow to five seconds and no further", () => {
  const page = new Page();
  for (let tries = 0; tries < 12; tries += 1) {
    page.net.line.breaks();
    vi.advanceTimersByTime(5_001);
  }
  expect(page.net.lines).toHaveLength(13);
});

test("a hello that is not answered is a lost line", () => {
  const page = new Page();
  page.net.line.opens();
  vi.advanceTimersByTime(8_000);
  expect(page.states.at(-1)).toBe("lost");
});

test.each([
  [4001, "superseded"],
  [4003, "not_welcome"],
  [4004, "dismissed"],
] as const)("code %i closes the page for good: %s", (code, why) => {
  const page = new Page().greeted();
  page.net.line.breaks(code);
  vi.advanceTimersByTime(60_000);
  expect(page.ended).toBe(why);
  expect(page.net.lines).toHaveLength(1);
});

test("another network is another line at once, and the old one is not heard any more", () => {
  const page = new Page().greeted();
  const old = page.net.line;
  page.wire.renew();
  expect(page.net.lines).toHaveLength(2);
  expect(old.readyState).toBe(3);
  old.hears({ seq: 1, type: "superseded" });
  old.breaks();
  expect(page.states.at(-1)).toBe("connecting");
  expect(page.ended).toBeNull();
});

test("what is said while the line is lost is bounded, and some of it is not kept at all", () => {
  const page = new Page().greeted();
  page.net.line.breaks();
  for (let n = 0; n < 100; n += 1) page.wire.say({ type: "digit", call, digit: "1" });
  page.wire.say({ type: "hang_up", call }, false);
  vi.advanceTimersByTime(5_000);
  page.greeted();
  expect(page.net.line.said).toHaveLength(33);
});
