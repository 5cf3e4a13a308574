/**
 * A customer's visit by a call link.
 *
 * ```text
 *   arriving ─┬▶ refused (used, expired, …)
 *             └▶ welcome ─▶ asking (for the microphone) ─┬▶ calling ─▶ over
 *                    ▲                                   └▶ blocked ─▶ asking
 *                    └────────────── again ───────────────────────────┘
 * ```
 *
 * A page that is loaded anew in the middle of a call goes from *arriving* to *calling*.
 */

import { signal } from "@preact/signals";
import { type NoDevice, openCamera, openMicrophone, Refusal } from "../wire/devices";
import type { CallNow, Hello, Link, ToPage } from "../wire/message";
import { type Line, Wire, type World } from "../wire/socket";
import { Talk } from "../wire/talk";

export type Phase = "arriving" | "refused" | "welcome" | "asking" | "blocked" | "calling" | "over";

/** What a customer wants to begin with. */
export type Kind = "audio" | "video";

export class Visit {
  readonly phase = signal<Phase>("arriving");
  readonly line = signal<Line>("connecting");
  readonly link = signal<Link | null>(null);
  /** Refused: the server's word for why; or another page has taken over. */
  readonly code = signal("");
  /** What the browser was asked for last. */
  readonly asked = signal<Kind>("audio");
  /** Blocked: which device, and why. */
  readonly blocked = signal<{ kind: Kind; why: NoDevice } | null>(null);
  readonly call = signal<CallNow | null>(null);
  /** When the last word about the call came, for clocks. */
  readonly at = signal(0);
  readonly talk = signal<Talk | null>(null);

  readonly #wire: Wire;
  #name = "";
  #rejoins = false;

  constructor(token: string, world?: World) {
    const listener = {
      onHello: (hello: Hello) => this.#greeted(hello),
      onMessage: (message: ToPage) => void this.#heard(message),
      onLine: (line: Line, ended: string | null) => {
        this.line.value = line;
        if (line === "closed" && ended === "superseded") this.#refuse("superseded");
        if (line === "closed" && ended === "not_welcome" && this.code.value === "")
          this.#refuse("link_unknown");
      },
    };
    this.#wire = world ? new Wire(listener, token, world) : new Wire(listener, token);
    if (token === "") this.#refuse("link_unknown");
    else this.#wire.begin();
  }

  /** The customer has chosen how they want to call. */
  async start(kind: Kind, name: string): Promise<void> {
    this.#name = name.trim().slice(0, 64);
    this.asked.value = kind;
    this.phase.value = "asking";
    const devices = await this.#devices(kind);
    if (!devices) return;
    const talk = new Talk(
      devices.microphone,
      null,
      (message) => this.#wire.say(message),
      (sdp) => (this.#name ? { type: "call", sdp, name: this.#name } : { type: "call", sdp }),
    );
    this.talk.value = talk;
    this.phase.value = "calling";
    await talk.begin(devices.camera);
  }

  /** After a device was refused: what was wanted then. */
  async retry(): Promise<void> {
    const call = this.call.value;
    if (call && call.state !== "over") await this.#rejoin(call.call);
    else await this.start(this.blocked.value?.kind ?? "audio", this.#name);
  }

  drop(): void {
    const call = this.talk.value?.call.value ?? this.call.value?.call;
    if (call) this.#wire.say({ type: "hang_up", call });
    this.#over();
  }

  /** From the end, or from a refusal that may have passed, to the beginning. */
  again(): void {
    this.#wire.forget();
    location.reload();
  }

  /** The network is another one, or is back. */
  renew(): void {
    this.#wire.renew();
  }

  async #devices(
    kind: Kind,
  ): Promise<{ microphone: MediaStreamTrack; camera: MediaStreamTrack | null } | null> {
    let microphone: MediaStreamTrack;
    try {
      microphone = await openMicrophone();
    } catch (error) {
      return this.#block("audio", error);
    }
    if (kind === "audio") return { microphone, camera: null };
    try {
      return { microphone, camera: await openCamera() };
    } catch (error) {
      microphone.stop();
      return this.#block("video", error);
    }
  }

  #block(kind: Kind, error: unknown): null {
    if (!(error instanceof Refusal)) throw error;
    this.blocked.value = { kind, why: error.why };
    this.phase.value = "blocked";
    return null;
  }

  #greeted(hello: Hello): void {
    this.link.value = hello.link ?? this.link.value;
    if (this.phase.value === "arriving") this.phase.value = "welcome";
    void this.talk.value?.media.resumed();
  }

  async #heard(message: ToPage): Promise<void> {
    const talk = this.talk.value;
    switch (message.type) {
      case "call":
        return this.#told(message);
      case "answer":
        return talk?.hear(message);
      case "error":
        await talk?.hear(message);
        if (this.phase.value !== "over" && this.#isFatal(message.code)) this.#refuse(message.code);
        return;
      case "hello":
      case "agent":
      case "superseded":
        return;
    }
  }

  async #told(call: CallNow): Promise<void> {
    if (this.phase.value === "over" && call.call === this.call.value?.call) return;
    this.call.value = call;
    this.at.value = Date.now();
    if (call.state === "over") return this.#over();
    const talk = this.talk.value;
    if (talk) talk.call.value ??= call.call;
    else await this.#rejoin(call.call);
  }

  /** The page was loaded anew in the middle of a call: its sound begins anew, the call goes on. */
  async #rejoin(call: string): Promise<void> {
    if (this.#rejoins) return;
    this.#rejoins = true;
    this.asked.value = "audio";
    this.phase.value = "asking";
    const devices = await this.#devices("audio");
    this.#rejoins = false;
    if (!devices) return;
    const offer = (sdp: string) => ({ type: "offer", call, sdp }) as const;
    const talk = new Talk(devices.microphone, call, (message) => this.#wire.say(message), offer);
    this.talk.value = talk;
    this.phase.value = "calling";
    await talk.begin(null);
  }

  /** Whether a trouble means that there is no call, and will be none. */
  #isFatal(code: string): boolean {
    if (code.startsWith("link_") || code === "no_such_call") return true;
    const talk = this.talk.value;
    const hasBegun = this.phase.value !== "arriving" && talk?.call.value !== null;
    return !hasBegun && code !== "bad_message";
  }

  #refuse(code: string): void {
    this.code.value = code;
    this.#release();
    this.phase.value = "refused";
  }

  #over(): void {
    this.#release();
    this.#wire.forget();
    this.phase.value = "over";
  }

  #release(): void {
    this.talk.value?.close();
    this.talk.value = null;
  }
}
