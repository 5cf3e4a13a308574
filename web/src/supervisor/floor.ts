/** What goes on now: a snapshot, kept up by the events that follow it; and how the day goes. */

import { signal } from "@preact/signals";
import type { Running } from "../call/story";
import type { History } from "../wire/history";
import type { AgentNow } from "../wire/message";
import { ask, Problem } from "../wire/rest";

export interface QueueNow {
  queue: number;
  name: string;
  waiting: number;
  longest_since: string | null;
}

export interface CallerNow {
  call: string;
  queue: number;
  from: string;
  since: string;
  offered: number | null;
}

/** An agent as the live view shows them. */
export interface AgentLive extends AgentNow {
  /** Since when they do what they do. */
  state_since: string;
}

export interface Snapshot {
  seq: number;
  at: string;
  queues: QueueNow[];
  callers: CallerNow[];
  agents: AgentLive[];
  /** Those that go on, the oldest first; of very many, not all. */
  calls: Running[];
  calls_in_all: number;
}

/** Whoever is answered within so many seconds is answered in time. */
export const IN_TIME_S = 20;

export const floor = signal<Snapshot | null>(null);
/** Today, by the hour. */
export const day = signal<History | null>(null);
/** Whether the events come. */
export const isLive = signal(false);

/** Kinds of events after which the floor is another one. */
const CHANGES = [
  "agent.state",
  "queue.state",
  "call.arrived",
  "call.queued",
  "call.offered",
  "call.offer_ended",
  "call.answered",
  "call.held",
  "call.dialled",
  "call.reached",
  "call.transferred",
  "call.ended",
  "recording.begun",
  "recording.masked",
];
/** Kinds after which the day is. */
const ENDS = ["call.answered", "call.ended"];
/** How often quality is read, which is no event. */
const MEASURE = 5_000;
/** How often the day is read in which nothing ends: at midnight another one begins. */
const DAY = 300_000;

/** Looks, and goes on looking. */
export async function watch(): Promise<void> {
  await look();
  await count();
  follow(floor.value?.seq ?? 0);
  setInterval(() => {
    const goesOn = (floor.value?.calls.length ?? 0) > 0;
    if (goesOn && document.visibilityState === "visible") void look();
  }, MEASURE);
  setInterval(() => void count(), DAY);
}

function follow(after: number): void {
  const events = new EventSource(`/api/v1/events?after=${after}`);
  const looks = gathered(look);
  const counts = gathered(count, 5_000);
  events.onopen = () => {
    isLive.value = true;
  };
  events.onerror = () => {
    isLive.value = false;
    // Closed for good, as after a log-in has ended: begin anew, later.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => void restart(), 5_000);
  };
  for (const kind of CHANGES) events.addEventListener(kind, looks);
  for (const kind of ENDS) events.addEventListener(kind, counts);
  events.addEventListener("gone", looks);
}

async function restart(): Promise<void> {
  await look();
  follow(floor.value?.seq ?? 0);
}

async function look(): Promise<void> {
  try {
    floor.value = await ask<Snapshot>("GET", "/api/v1/live");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) location.replace("/login#/supervisor");
    isLive.value = false;
  }
}

async function count(): Promise<void> {
  const midnight = new Date(new Date().setHours(0, 0, 0, 0));
  const query = new URLSearchParams({
    from: midnight.toISOString(),
    interval: "hour",
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    in_time_s: String(IN_TIME_S),
  });
  try {
    day.value = await ask<History>("GET", `/api/v1/history?${query}`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/** At most once in a while, and once more after the last. */
function gathered(work: () => Promise<void>, every = 1_000): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      void work();
    }, every);
  };
}
