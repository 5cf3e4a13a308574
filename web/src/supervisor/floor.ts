/** What goes on now: a snapshot, kept up by the events that follow it; and how the day went. */

import { signal } from "@preact/signals";
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

export interface Snapshot {
  seq: number;
  at: string;
  queues: QueueNow[];
  callers: CallerNow[];
  agents: AgentNow[];
}

/** A conversation, as far as numbers are made of it. */
export interface Talked {
  id: string;
  direction: "inbound" | "outbound";
  queue: string | null;
  began: string;
  connected: string | null;
  ended: string | null;
  waited_ms: number;
  talked_ms: number;
  end: string | null;
}

/** How a day went. */
export interface Day {
  answered: number;
  abandoned: number;
  /** Of 100 who were answered or left, those answered in time; `null`: nobody called. */
  level: number | null;
  /** Of those answered, milliseconds. */
  waited: number | null;
  /** By hour: answered and abandoned. */
  hours: { answered: number; abandoned: number }[];
}

/** Whoever is answered within so long, is answered in time. */
export const IN_TIME = 20_000;

export const floor = signal<Snapshot | null>(null);
export const day = signal<Day | null>(null);
/** Whether the events come. */
export const isLive = signal(false);

/** When each agent was last seen to change what they do, milliseconds. */
export const since = new Map<number, { state: string; at: number }>();

/** Kinds of events after which the floor is another one. */
const CHANGES = [
  "agent.state",
  "queue.state",
  "call.queued",
  "call.offered",
  "call.offer_ended",
  "call.answered",
  "call.ended",
];
/** Kinds after which the day is. */
const ENDS = ["call.answered", "call.ended"];

/** Looks, and goes on looking. */
export async function watch(): Promise<void> {
  await look();
  await count();
  follow(floor.value?.seq ?? 0);
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
    const found = await ask<Snapshot>("GET", "/api/v1/live");
    for (const agent of found.agents) {
      const known = since.get(agent.agent);
      const at = agent.since ? Date.parse(agent.since) : Date.parse(found.at);
      if (known?.state !== agent.state) since.set(agent.agent, { state: agent.state, at });
    }
    floor.value = found;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) location.replace("/login#/supervisor");
    isLive.value = false;
  }
}

async function count(): Promise<void> {
  try {
    const all = await ask<Talked[]>("GET", "/api/v1/conversations?limit=1000");
    const midnight = new Date().setHours(0, 0, 0, 0);
    day.value = sum(all.filter((each) => Date.parse(each.began) >= midnight));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/** The numbers of a day. */
export function sum(all: readonly Talked[]): Day {
  const inbound = all.filter(({ direction, queue }) => direction === "inbound" && queue !== null);
  const answered = inbound.filter(({ connected }) => connected !== null);
  const abandoned = inbound.filter(({ end, connected }) => connected === null && end === "abandoned");
  const inTime = answered.filter(({ waited_ms }) => waited_ms <= IN_TIME).length;
  const offered = answered.length + abandoned.length;
  const waited = answered.reduce((sum, { waited_ms }) => sum + waited_ms, 0);
  const hours = Array.from({ length: 24 }, () => ({ answered: 0, abandoned: 0 }));
  const hourOf = ({ began }: Talked) => hours[new Date(began).getHours()];
  for (const each of answered) {
    const hour = hourOf(each);
    if (hour) hour.answered += 1;
  }
  for (const each of abandoned) {
    const hour = hourOf(each);
    if (hour) hour.abandoned += 1;
  }
  return {
    answered: answered.length,
    abandoned: abandoned.length,
    level: offered === 0 ? null : (100 * inTime) / offered,
    waited: answered.length === 0 ? null : waited / answered.length,
    hours,
  };
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
