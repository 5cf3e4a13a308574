import { expect, test } from "vitest";
import { clock } from "../src/parts/time";
import { refusal } from "../src/wire/devices";
import { loudness } from "../src/wire/level";
import { count, measure } from "../src/wire/quality";

const calm = { received: 500, lost: 0, jitter: 0.004, roundTrip: 0.03 };

test("how a connection is, is said of what came since the last look", () => {
  expect(measure(null, calm).quality).toBe("unknown");
  const after = (change: object) => measure(calm, { ...calm, received: 600, ...change }).quality;
  expect(after({})).toBe("good");
  expect(after({ lost: 3 })).toBe("fair");
  expect(after({ lost: 10 })).toBe("poor");
  expect(after({ jitter: 0.04 })).toBe("fair");
  expect(after({ roundTrip: 0.7 })).toBe("poor");
  expect(measure(calm, calm).quality, "nothing came").toBe("unknown");
});

test("statistics are read off a report as browsers give it", () => {
  const report = new Map<string, unknown>([
    ["a", { type: "inbound-rtp", kind: "audio", packetsReceived: 40, packetsLost: 2, jitter: 0.01 }],
    ["v", { type: "inbound-rtp", kind: "video", packetsReceived: 900, packetsLost: 90 }],
    ["p", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.05 }],
    ["q", { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 }],
  ]);
  expect(count(report)).toEqual({ received: 40, lost: 2, jitter: 0.01, roundTrip: 0.05 });
});

test("loudness is nothing for silence and all for a full tone", () => {
  const tone = Float32Array.from({ length: 1024 }, (_, n) => Math.sin(n / 5));
  expect(loudness(new Float32Array(1024))).toBe(0);
  expect(loudness(tone)).toBe(1);
  expect(loudness(tone.map((sample) => sample * 0.05))).toBeGreaterThan(0.3);
});

test("what browsers say of devices has our words", () => {
  const named = (name: string) => refusal(Object.assign(new Error("x"), { name })).why;
  expect(named("NotAllowedError")).toBe("denied");
  expect(named("NotFoundError")).toBe("missing");
  expect(named("NotReadableError")).toBe("busy");
  expect(named("TypeError")).toBe("failed");
});

test("clocks", () => {
  expect(clock(0)).toBe("0:00");
  expect(clock(65_900)).toBe("1:05");
  expect(clock(3_723_000)).toBe("1:02:03");
  expect(clock(-5)).toBe("0:00");
});
