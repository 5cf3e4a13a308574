/**
 * An agent's desk: who rings, with whom one talks, how one is.
 *
 * ```text
 *   idle ──a call rings──▶ ringing ─accept─▶ talking ⇄ holding ─▶ over ─▶ wrap-up ─▶ idle
 *     │                       └ reject, no answer ─▶ idle            ▲
 *     └──a number is called─▶ dialling ────────────▶ talking ────────┘
 * ```
 *
 * The server says how each call is; the desk only has its sound. One that is loaded anew in a call offers new sound.
 */

import { computed, signal } from "@preact/signals";
import { openMicrophone, Refusal } from "../wire/devices";
import type {
  AgentNow,
  CallNow,
  Consultation,
  FromPage,
  Hello,
  Target,
  ToPage,
  Trouble,
} from "../wire/message";
import { ask } from "../wire/rest";
import { type Ended, type Line, Wire, type World } from "../wire/socket";
import { Talk } from "../wire/talk";

/** A call, and when the server last said something about it. */
export interface Known {
  call: CallNow;
  at: number;
}

/** What has just happened, until the next thing does. */
export type News =
  | { what: "over" | "missed"; call: CallNow }
  | { what: "transferred"; name: string }
  | { what: "blocked"; why: Refusal }
  | { what: "trouble"; trouble: Trouble };

/** A browser that asks takes longer than this, milliseconds; one that may already does not. */
const ASKS_AFTER = 400;

export class Desk {
  readonly line = signal<Line>("connecting");
  readonly ended = signal<Ended | null>(null);
  readonly agent = signal<AgentNow | null>(null);
  readonly calls = signal<readonly Known[]>([]);
  readonly talk = signal<Talk | null>(null);
  readonly news = signal<News | null>(null);
  /** Whether the browser asks the agent for the microphone. */
  readonly asking = signal(false);
  /** The call that rings, the one that is talked in. */
  readonly ringing = computed(() => this.calls.value.find(({ call }) => call.state === "ringing") ?? null);
  readonly current = computed(() => this.calls.value.find(({ call }) => call.state !== "ringing") ?? null);

  readonly #wire: Wire;
  #speaking = false;
  #transferred: { call: string; name: string } | null = null;

  constructor(
    readonly id: number,
    world?: World,
  ) {
    const listener = {
      onHello: (hello: Hello) => this.#greeted(hello),
      onMessage: (message: ToPage) => void this.#heard(message),
      onLine: (line: Line, ended: Ended | null) => this.#changed(line, ended),
    };
    this.#wire = world ? new Wire(listener, null, world) : new Wire(listener, null);
    this.#wire.begin();
  }

  async accept(call: string): Promise<void> {
    await this.#speak(call, (sdp) => ({ type: "accept", call, sdp }));
  }

  reject(call: string): void {
    this.#wire.say({ type: "reject", call }, false);
  }

  async dial(number: string): Promise<void> {
    await this.#speak(null, (sdp) => ({ type: "call", sdp, number }));
  }

  async dialColleague(agent: number): Promise<void> {
    await this.#speak(null, (sdp) => ({ type: "call", sdp, agent }));
  }

  hangUp(): void {
    const call = this.current.value?.call.call ?? this.talk.value?.call.value;
    if (call) this.#wire.say({ type: "hang_up", call });
    else this.#release();
  }

  hold(on: boolean): void {
    const call = this.current.value?.call.call;
    if (call) this.#wire.say({ type: "hold", call, on }, false);
  }

  /** The customer goes on to somebody else; `name`: whom, for the news; `from`: the number they are shown. */
  transfer(to: Target, name: string, from?: string): void {
    const call = this.current.value?.call.call;
    if (!call) return;
    this.#wire.say({ type: "transfer", call, to, ...(from && { from }) }, false);
    this.#transferred = { call, name };
  }

  /** Somebody is asked before the customer goes on to them. */
  consult(to: Target, from?: string): void {
    const call = this.current.value?.call.call;
    if (call) this.#wire.say({ type: "consult", call, to, ...(from && { from }) }, false);
  }

  consultation(what: Consultation): void {
    const call = this.current.value?.call;
    if (!call?.consult) return;
    this.#wire.say({ type: "consultation", call: call.call, what }, false);
    if (what === "complete") this.#transferred = { call: call.call, name: call.consult.who.name };
  }

  async setStatus(status: string, reason?: string): Promise<void> {
    const wanted = reason === undefined ? { status } : { status, reason };
    await ask("PUT", `/api/v1/agents/${this.id}/status`, wanted);
  }

  async endWrapUp(): Promise<void> {
    await ask("DELETE", `/api/v1/agents/${this.id}/wrap-up`);
  }

  /** Silence in the recording from now on, or what is said again. */
  async mask(call: string, masked: boolean): Promise<void> {
    await ask("PUT", `/api/v1/agents/${this.id}/calls/${call}/recording`, { masked });
  }

  async extendWrapUp(): Promise<void> {
    await ask("POST", `/api/v1/agents/${this.id}/wrap-up/extensions`);
  }

  /** Somebody on the list of callbacks is called. */
  async callBack(callback: number): Promise<void> {
    await ask("POST", `/api/v1/agents/${this.id}/callbacks`, { callback });
  }

  renew(): void {
    this.#wire.renew();
  }

  #changed(line: Line, ended: Ended | null): void {
    this.line.value = line;
    if (ended === null) return;
    this.ended.value = ended;
    this.calls.value = [];
    this.#release();
  }

  #greeted(hello: Hello): void {
    // What is still so comes after this.
    if (!hello.resumed) this.calls.value = [];
    void this.talk.value?.media.resumed();
  }

  async #heard(message: ToPage): Promise<void> {
    switch (message.type) {
      case "agent":
        this.agent.value = message.agent;
        return;
      case "answer":
        return this.talk.value?.hear(message);
      case "call":
        return this.#told(message);
      case "error":
        return this.#refused(message);
      case "hello":
      case "superseded":
        return;
    }
  }

  async #told(call: CallNow): Promise<void> {
    const replaced = [call.call, call.instead_of];
    const others = this.calls.value.filter((known) => !replaced.includes(known.call.call));
    const talk = this.talk.value;
    if (talk && call.instead_of && talk.call.value === call.instead_of) talk.call.value = call.call;
    if (talk && talk.call.value === null && call.state !== "ringing") talk.call.value = call.call;
    if (call.state === "over") {
      this.#over(call, others);
      return;
    }
    this.calls.value = [...others, { call, at: Date.now() }];
    if (call.state === "ringing") this.news.value = null;
    // Loaded anew in the middle of it.
    else if (talk === null) await this.#speak(call.call, (sdp) => ({ type: "offer", call: call.call, sdp }));
  }

  #over(call: CallNow, others: readonly Known[]): void {
    const before = this.calls.value.find((known) => known.call.call === call.call);
    this.calls.value = others;
    const isOurs = this.talk.value?.call.value === call.call;
    if (isOurs) this.#release();
    if (before === undefined) return;
    if (this.#transferred?.call === call.call) {
      this.news.value = { what: "transferred", name: this.#transferred.name };
      this.#transferred = null;
      return;
    }
    const isMissed = before.call.state === "ringing" && !isOurs && call.why !== "declined";
    this.news.value = { what: isMissed ? "missed" : "over", call: { ...before.call, ...call } };
  }

  async #refused(trouble: Trouble): Promise<void> {
    const talk = this.talk.value;
    await talk?.hear(trouble);
    const isOurs = talk !== null && (trouble.call === undefined || trouble.call === talk.call.value);
    const isGone = trouble.code === "no_such_call" || talk?.call.value === null;
    if (isOurs && isGone) this.#release();
    this.#transferred = null;
    this.news.value = { what: "trouble", trouble };
  }

  /** Opens the microphone, and begins the sound of a call: of one at a time. */
  async #speak(call: string | null, first: (sdp: string) => FromPage): Promise<void> {
    if (this.#speaking || this.talk.value) return;
    this.#speaking = true;
    this.news.value = null;
    try {
      const microphone = await this.#microphone();
      const talk = new Talk(microphone, call, (message) => this.#wire.say(message), first);
      this.talk.value = talk;
      await talk.begin(null);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.news.value = { what: "blocked", why: error };
    } finally {
      this.#speaking = false;
    }
  }

  async #microphone(): Promise<MediaStreamTrack> {
    const late = setTimeout(() => {
      this.asking.value = true;
    }, ASKS_AFTER);
    try {
      return await openMicrophone();
    } finally {
      clearTimeout(late);
      this.asking.value = false;
    }
  }

  #release(): void {
    this.talk.value?.close();
    this.talk.value = null;
  }
}

/** A number as the server wants it, E.164; `null`: it is none. */
export function number(text: string): string | null {
  const digits = text
    .trim()
    .replace(/[\s()./-]/g, "")
    .replace(/^00/, "+");
  return /^\+[1-9]\d{5,14}$/.test(digits) ? digits : null;
}
