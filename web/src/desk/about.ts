/** What a desk asks the server for. */

import { ask } from "../wire/rest";

export interface Named {
  id: number;
  name: string;
}

/** What an agent has to know to work. */
export interface About {
  agent: Named & { user: string };
  reasons: string[];
  queues: (Named & { serves: boolean })[];
  agents: Named[];
  wrap_up: boolean;
  extend_wrap_up: boolean;
  /** The numbers of the account, that may be shown to whom a customer goes on to. */
  numbers: string[];
  calls_out: boolean;
}

export interface Conversation {
  id: string;
  direction: "inbound" | "outbound";
  from: string;
  called: string;
  queue: string | null;
  began: string;
  waited_ms: number;
  talked_ms: number;
  status: "open" | "waiting" | "solved" | "closed";
  end: string | null;
}

export interface Callback {
  id: number;
  number: string;
  queue: number;
  type: "automated" | "manual";
  status: "in_queue" | "active" | "no_reply" | "done";
  conversation: "open" | "waiting" | "solved";
  asked: string;
  attempts: number;
  attempts_at_most: number;
}

/** What callbacks are shown: empty, all of them. */
export interface Filter {
  type: string;
  status: string;
  conversation: string;
  pending_since: string;
  queue: string;
  from: string;
  until: string;
}

export type LinkType = "one_time" | "time_frame" | "expiration";

export interface LinkConfiguration extends Named {
  types: LinkType[];
  default_type: LinkType;
  expires_after_s: number;
  video: boolean;
  selected: boolean;
}

export interface CallLink {
  id: number;
  title: string;
  type: LinkType;
  from: string | null;
  until: string | null;
  state: string;
  used: number;
  created: string;
  url?: string | null;
}

export function about(agent: number): Promise<About> {
  return ask("GET", `/api/v1/agents/${agent}/desk`);
}

export function conversations(agent: number): Promise<Conversation[]> {
  return ask("GET", `/api/v1/agents/${agent}/conversations`);
}

/** How one of theirs stands, as the agent says (R151). */
export function setStanding(agent: number, call: string, status: Conversation["status"]): Promise<void> {
  return ask("PUT", `/api/v1/agents/${agent}/conversations/${call}/status`, { status });
}

export function callbacks(filter: Filter): Promise<Callback[]> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    if (value === "") continue;
    // Days and minutes are those of this clock; the server's are UTC.
    const isMoment = name === "from" || name === "until";
    query.set(name, isMoment ? new Date(value).toISOString() : value);
  }
  return ask("GET", `/api/v1/callbacks?${query}`);
}

/** Somebody outside whom calls may be passed on to. */
export interface Contact extends Named {
  number: string;
}

/** Those whose name, a word of it, or number begins so. */
export function contacts(begins: string): Promise<Contact[]> {
  const query = new URLSearchParams({ q: begins.slice(0, 64), tag: "external_number" });
  return ask("GET", `/api/v1/contacts?${query}`);
}

export function links(agent: number): Promise<CallLink[]> {
  return ask("GET", `/api/v1/links?agent=${agent}&limit=50`);
}
