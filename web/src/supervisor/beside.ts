/**
 * A supervisor beside the agent of a call: hears the two, whispers, barges in, takes the call over (B1).
 *
 * ```text
 *   nothing ──begin──▶ asked ──it rings here──▶ there: listen ⇄ whisper ⇄ barge ──▶ nothing
 *      ▲                 │ refused                      └ take over ─▶ talking ──▶ nothing
 *      └─────────────────┘
 * ```
 *
 * The page is the phone that rings, and it answers by itself what was asked for here. Nobody's microphone is open who
 * only listens.
 */

import { signal } from "@preact/signals";
import { openMicrophone, Refusal } from "../wire/devices";
import { Media } from "../wire/media";
import type { CallNow, Supervises, ToPage, Trouble } from "../wire/message";
import { ask, Problem } from "../wire/rest";
import { type Ended, type Line, Wire, type World } from "../wire/socket";

/** Where one stands. */
export interface At {
  call: string;
  /** Whom they talk to, as far as it is known. */
  customer: string;
  /** What one does there: `asked` until it has begun, `talking` to the customer as their agent. */
  does: "asked" | Supervises | "talking" | "holding";
}

export class Beside {
  /** Where one stands; `null`: nowhere. */
  readonly at = signal<At | null>(null);
  /** What went wrong last. */
  readonly trouble = signal<Problem | Refusal | Trouble | null>(null);
  /** The sound of it. */
  readonly media = signal<Media | null>(null);

  #wire: Wire | null = null;
  #greeted: (() => void)[] = [];
  #microphone: MediaStreamTrack | null = null;

  constructor(private readonly world?: World) {
    // Loaded anew in the middle of it.
    const wire = this.#open();
    if (wire.hasPast) wire.begin();
    else this.#wire = null;
  }

  /** Listens to a call. */
  async begin(call: string): Promise<void> {
    if (this.at.value) return;
    this.trouble.value = null;
    this.at.value = { call, customer: "", does: "asked" };
    await this.#connected();
    if (!(await this.#want(call, "listen"))) this.#over();
  }

  /** Is heard by the agent, by both, or by nobody. */
  async change(mode: Supervises): Promise<void> {
    const call = this.at.value?.call;
    if (call === undefined || !(await this.#speaks(mode !== "listen"))) return;
    await this.#want(call, mode);
  }

  /** Has the customer from now on; the agent leaves. */
  async takeOver(): Promise<void> {
    const call = this.at.value?.call;
    if (call !== undefined && (await this.#speaks(true))) await this.#want(call, "take_over");
  }

  hold(on: boolean): void {
    const call = this.at.value?.call;
    if (call !== undefined) this.#wire?.say({ type: "hold", call, on }, false);
  }

  /** Leaves; the two go on. As the customer's agent, one hangs up. */
  end(): void {
    const call = this.at.value?.call;
    if (call !== undefined) this.#wire?.say({ type: "hang_up", call });
  }

  async #want(call: string, mode: Supervises | "take_over"): Promise<boolean> {
    try {
      await ask("POST", `/api/v1/calls/${call}/supervise`, { mode });
      this.trouble.value = null;
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.trouble.value = error;
      return false;
    }
  }

  /** The microphone is open while one is heard. */
  async #speaks(on: boolean): Promise<boolean> {
    this.trouble.value = null;
    try {
      if (on) this.#microphone ??= await openMicrophone();
      else this.#mute();
      await this.media.value?.speakInto(this.#microphone);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.trouble.value = error;
      return false;
    }
  }

  #mute(): void {
    this.#microphone?.stop();
    this.#microphone = null;
  }

  #open(): Wire {
    const listener = {
      onHello: () => {
        for (const greeted of this.#greeted.splice(0)) greeted();
        void this.media.value?.resumed();
      },
      onMessage: (message: ToPage) => void this.#heard(message),
      onLine: (_: Line, ended: Ended | null) => {
        if (ended !== null) this.#over();
      },
    };
    this.#wire = new Wire(listener, null, this.world, true);
    return this.#wire;
  }

  async #connected(): Promise<void> {
    if (this.#wire?.isOpen) return;
    const greeted = new Promise<void>((resolve) => this.#greeted.push(resolve));
    if (!this.#wire) this.#open().begin();
    await greeted;
  }

  async #heard(message: ToPage): Promise<void> {
    switch (message.type) {
      case "answer":
        return this.media.value?.answered(message.sdp);
      case "call":
        return this.#told(message);
      case "error":
        this.trouble.value = message;
        if (message.code === "bad_offer") return this.media.value?.refused();
        return;
      case "agent":
      case "hello":
      case "superseded":
        return;
    }
  }

  async #told(now: CallNow): Promise<void> {
    const { call, state } = now;
    if (state === "over") {
      if (call === this.at.value?.call) this.#over();
      return;
    }
    if (state === "ringing") {
      // What nobody has asked for here is not listened to by itself.
      if (call === this.at.value?.call && !this.media.value) await this.#hears(call, "accept");
      return;
    }
    const does = now.supervises ?? (state === "holding" ? "holding" : "talking");
    this.at.value = { call, customer: now.with?.name ?? "", does };
    if (!this.media.value) {
      if (does !== "listen") await this.#speaks(true);
      await this.#hears(call, "offer");
    }
  }

  async #hears(call: string, first: "accept" | "offer"): Promise<void> {
    let type = first;
    const media = new Media(this.#microphone, (sdp) => {
      this.#wire?.say({ type, call, sdp });
      type = "offer";
    });
    this.media.value = media;
    await media.offer();
  }

  #over(): void {
    this.at.value = null;
    this.#mute();
    this.media.value?.close();
    this.media.value = null;
    const wire = this.#wire;
    this.#wire = null;
    wire?.leave();
  }
}
