/**
 * The messages between a page and the server, as `src/page/message.rs` has them. Both sides read the samples in
 * `src/page/samples.json`, so that neither can change alone.
 */

/** The WebSocket subprotocol. */
export const PROTOCOL = "cordboard.page.1";
/** Where it is spoken. */
export const PATH = "/api/v1/page";

/** What a page says. */
export type FromPage =
  /** The first message. `resume` is from the last hello of the server, `seen` the last number that was taken. */
  | { type: "hello"; resume?: string; seen?: number; link?: string; supervisor?: boolean }
  /** Begins a call: a customer's to where the link leads, an agent's to a number or a colleague. */
  | { type: "call"; sdp: string; number?: string; agent?: number; name?: string }
  /** A new offer in a call: a camera comes or goes, or the way through the network has changed. */
  | { type: "offer"; call: string; sdp: string }
  | { type: "accept"; call: string; sdp: string }
  | { type: "reject"; call: string }
  | { type: "hang_up"; call: string }
  | { type: "hold"; call: string; on: boolean }
  /** The microphone is off: for the others to see. */
  | { type: "mute"; call: string; on: boolean }
  /** A key, where the browser cannot press it in its sound. */
  | { type: "digit"; call: string; digit: string }
  /** `from`: the number that one outside is shown, where there is a choice. */
  | { type: "transfer"; call: string; to: Target; from?: string }
  /** The agent asks a number, a colleague, or whoever answers in a queue before. */
  | { type: "consult"; call: string; to: Target; from?: string }
  | { type: "consultation"; call: string; what: Consultation };

/** What an agent wants who has asked somebody. */
export type Consultation = "swap" | "join" | "complete" | "cancel";

/** To whom a call is transferred: a number outside (E.164), an agent, or a queue. */
export type Target = { number: string } | { agent: number } | { queue: number };

/** What the server says, with its number: 0 is not kept, an answer to what was just said. */
export type Numbered = ToPage & { seq: number };

export type ToPage =
  | Hello
  | { type: "answer"; call: string; sdp: string }
  | CallNow
  | { type: "agent"; agent: AgentNow }
  /** Another page of the same agent is the desk now. */
  | { type: "superseded" }
  | Trouble;

export interface Hello {
  type: "hello";
  resume: string;
  /** Whether the page goes on where it was. If not, it knows nothing of calls. */
  resumed: boolean;
  keeps_s: number;
  link?: Link;
  agent?: number;
}

/** Where a call link leads. */
export interface Link {
  title: string;
  video: boolean;
}

/** A call as it is now. */
export interface CallNow {
  type: "call";
  call: string;
  state: CallState;
  with?: Party;
  queue?: string;
  /** Waiting: which one the customer is, from 1; and for how many more seconds, at a guess. */
  position?: number;
  estimate_s?: number;
  waited_ms: number;
  talked_ms: number;
  /** Ringing: for so many milliseconds more. */
  rings_ms?: number;
  /** Of a supervisor beside the agent: by whom they are heard. */
  supervises?: Supervises;
  /** The other side's microphone is off; they send a picture. */
  muted: boolean;
  video: boolean;
  /** Desks: it is recorded, or silence in its place. */
  recording?: "on" | "masked";
  /** Of the agent who asks somebody. */
  consult?: Consult;
  /** Who is called for the customer may be shown any number of the account. */
  any_from?: boolean;
  /** The call goes on with the sound of this one, which is over. */
  instead_of?: string;
  /** Over: why, as records say it. */
  why?: string;
}

/** By whom a supervisor is heard: by nobody, by the agent, by both. */
export type Supervises = "listen" | "whisper" | "barge";

export type CallState = "ringing" | "dialling" | "waiting" | "talking" | "held" | "holding" | "over";

export interface Party {
  name: string;
  number?: string;
}

/** Somebody who is asked, and with whom the agent talks: with nobody yet, with them, the customer, or both. */
export interface Consult {
  who: Party;
  with: "dialling" | "asked" | "customer" | "all";
}

/** Why something was not done: a word for programs, a sentence for people. */
export interface Trouble {
  type: "error";
  code: string;
  message: string;
  call?: string;
}

/** An agent as they are now: the shape of `GET /api/v1/agents/{agent}`. */
export interface AgentNow {
  agent: number;
  name: string;
  state: "not_ready" | "away" | "occupied" | "available" | "offered" | "talking" | "wrap_up" | "resting";
  status: "available" | "not_ready" | "paused" | "offline";
  /** The number of the reason among those of the settings. */
  reason: number | null;
  reachable: boolean;
  call: string | null;
  /** Since when, of who is available. */
  since: string | null;
  /** Until when, of what ends by itself. */
  until: string | null;
}

/** The codes with which the server closes a connection. */
export const CLOSED = {
  superseded: 4001,
  notWelcome: 4003,
  dismissed: 4004,
} as const;
