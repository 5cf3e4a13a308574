/** How a connection is, in words, from the browser's statistics. */

export type Quality = "unknown" | "good" | "fair" | "poor";

/** What of the statistics is looked at: since the call began. */
export interface Counted {
  received: number;
  lost: number;
  /** Seconds. */
  jitter: number;
  /** Seconds there and back; `null`: not measured. */
  roundTrip: number | null;
}

/** What was measured between two looks. */
export interface Measured {
  quality: Quality;
  /** Of 100 packets. */
  lost: number;
  jitterMs: number;
  roundTripMs: number | null;
}

const FAIR = { lost: 2, jitterMs: 30, roundTripMs: 300 };
const POOR = { lost: 6, jitterMs: 60, roundTripMs: 600 };

/** Between two looks; the first says nothing yet. */
export function measure(before: Counted | null, now: Counted): Measured {
  const lost = Math.max(0, now.lost - (before?.lost ?? 0));
  const received = Math.max(0, now.received - (before?.received ?? 0));
  const share = lost + received === 0 ? 0 : (100 * lost) / (lost + received);
  const measured = {
    lost: share,
    jitterMs: Math.round(now.jitter * 1000),
    roundTripMs: now.roundTrip === null ? null : Math.round(now.roundTrip * 1000),
  };
  const beyond = (limit: typeof FAIR) =>
    measured.lost > limit.lost ||
    measured.jitterMs > limit.jitterMs ||
    (measured.roundTripMs ?? 0) > limit.roundTripMs;
  if (before === null || received + lost === 0) return { ...measured, quality: "unknown" };
  return { ...measured, quality: beyond(POOR) ? "poor" : beyond(FAIR) ? "fair" : "good" };
}

/** Reads them off a report of `getStats`. */
export function count(report: Iterable<readonly [string, unknown]>): Counted {
  const counted: Counted = { received: 0, lost: 0, jitter: 0, roundTrip: null };
  for (const [, entry] of report) {
    const stats = entry as Record<string, unknown>;
    const number = (name: string) => (typeof stats[name] === "number" ? (stats[name] as number) : 0);
    if (stats.type === "inbound-rtp" && stats.kind === "audio") {
      counted.received += number("packetsReceived");
      counted.lost += number("packetsLost");
      counted.jitter = Math.max(counted.jitter, number("jitter"));
    }
    if (stats.type === "candidate-pair" && stats.nominated === true && "currentRoundTripTime" in stats) {
      counted.roundTrip = number("currentRoundTripTime");
    }
  }
  return counted;
}
