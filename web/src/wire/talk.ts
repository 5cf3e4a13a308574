/** What one does in one call: speak or be silent, show a camera or a screen, press keys. */

import { effect, signal } from "@preact/signals";
import { chosen, openCamera, openMicrophone, openOtherCamera, openScreen, Refusal } from "./devices";
import { Media } from "./media";
import type { FromPage, ToPage } from "./message";

export type Showing = "nothing" | "camera" | "screen";

export class Talk {
  /** The server's name for the call; `null` until it has answered. */
  readonly call = signal<string | null>(null);
  readonly muted = signal(false);
  readonly showing = signal<Showing>("nothing");
  /** What one shows. */
  readonly preview = signal<MediaStream | null>(null);
  /** The microphone, for its level. */
  readonly microphone = signal<MediaStreamTrack | null>(null);
  /** What could not be had in the middle of the call. */
  readonly refused = signal<Refusal | null>(null);
  readonly media: Media;

  #ends: (() => void)[] = [];
  #closed = false;

  /** `say` sends to the server; `first` makes the message that brings the first offer. */
  constructor(
    microphone: MediaStreamTrack,
    call: string | null,
    private readonly say: (message: FromPage) => void,
    first: (sdp: string) => FromPage,
  ) {
    this.call.value = call;
    let isFirst = true;
    this.media = new Media(
      microphone,
      (sdp) => {
        const known = this.call.value;
        if (isFirst || known === null) say(first(sdp));
        else say({ type: "offer", call: known, sdp });
        isFirst = false;
      },
      chosen.speaker.value,
    );
    this.#take(microphone);
    this.#follow();
  }

  /** Begins, with a camera that is on already or without. */
  async begin(camera: MediaStreamTrack | null): Promise<void> {
    if (camera) {
      this.#shows(camera, "camera");
      await this.media.show(camera);
    } else {
      await this.media.offer();
    }
  }

  /** Takes what the server says of this call. */
  async hear(message: ToPage): Promise<void> {
    if (message.type === "answer") {
      this.call.value ??= message.call;
      if (message.call === this.call.value) await this.media.answered(message.sdp);
    } else if (message.type === "error" && message.code === "bad_offer") {
      await this.media.refused();
    }
  }

  mute(on = !this.muted.value): void {
    this.muted.value = on;
    const track = this.microphone.value;
    if (track) track.enabled = !on;
    const call = this.call.value;
    if (call !== null) this.say({ type: "mute", call, on });
  }

  press(key: string): void {
    const call = this.call.value;
    if (!this.media.press(key) && call !== null) this.say({ type: "digit", call, digit: key });
  }

  /** Shows the camera, or not any more. */
  async camera(): Promise<void> {
    if (this.showing.value === "camera") await this.#hide();
    else await this.#try(() => openCamera(), "camera");
  }

  /** Shows the screen, or not any more. */
  async screen(): Promise<void> {
    if (this.showing.value === "screen") await this.#hide();
    else await this.#try(() => openScreen(), "screen");
  }

  /** The other camera: that at the back of a telephone. */
  async flip(): Promise<void> {
    const shown = this.preview.value?.getVideoTracks()[0]?.getSettings();
    // Many telephones open one camera at a time.
    this.#stop();
    await this.#try(() => openOtherCamera(shown), "camera");
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#ends) end();
    this.media.close();
    this.microphone.value?.stop();
    this.microphone.value = null;
    this.#stop();
  }

  async #try(open: () => Promise<MediaStreamTrack>, showing: Showing): Promise<void> {
    this.refused.value = null;
    try {
      const track = await open();
      if (this.#closed) return track.stop();
      this.#stop();
      this.#shows(track, showing);
      await this.media.show(track);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // A screen that was not chosen after all is no trouble.
      if (showing !== "screen" || error.why !== "denied") this.refused.value = error;
      if (!this.preview.value) await this.#hide();
    }
  }

  #shows(track: MediaStreamTrack, showing: Showing): void {
    this.preview.value = new MediaStream([track]);
    this.showing.value = showing;
    // The browser's own button ends it, too.
    track.onended = () => void this.#hide();
  }

  async #hide(): Promise<void> {
    this.#stop();
    this.showing.value = "nothing";
    if (!this.#closed) await this.media.show(null);
  }

  #stop(): void {
    for (const track of this.preview.value?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.preview.value = null;
  }

  #take(track: MediaStreamTrack): void {
    this.microphone.value = track;
    track.enabled = !this.muted.value;
    // Unplugged: the next one will do.
    track.onended = () => void this.#replace();
  }

  async #replace(): Promise<void> {
    try {
      const track = await openMicrophone();
      if (this.#closed) return track.stop();
      this.microphone.value?.stop();
      this.#take(track);
      this.refused.value = null;
      await this.media.speakInto(track);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refused.value = error;
    }
  }

  /** Other devices are chosen in the middle of the call. */
  #follow(): void {
    const skip = (act: () => void) => {
      let isFirst = true;
      return () => {
        if (!isFirst) act();
        isFirst = false;
      };
    };
    const again = {
      microphone: skip(() => void this.#replace()),
      camera: skip(() => {
        if (this.showing.value === "camera") void this.#try(() => openCamera(), "camera");
      }),
      speaker: skip(() => this.media.listenAt(chosen.speaker.value)),
    };
    const kinds = ["microphone", "camera", "speaker"] as const;
    this.#ends = kinds.map((kind) =>
      effect(() => {
        void chosen[kind].value;
        queueMicrotask(again[kind]);
      }),
    );
  }
}
