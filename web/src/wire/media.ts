/**
 * The sound and pictures of one call: a peer connection that always offers, one offer at a time.
 *
 * ```text
 *   begin ──offer──▶ (the server's answer) ──▶ steady ──camera, hold, another network──▶ offer …
 *                         wanted meanwhile: one more offer when the answer has come
 * ```
 */

import { signal } from "@preact/signals";
import { type Counted, count, type Measured, measure } from "./quality";

/** How the way to the server is. */
export type Way = "new" | "up" | "shaky" | "down";

/** How long a tone of the keypad lasts, and the gap after it, milliseconds. */
const TONE = 160;
const GAP = 80;

export class Media {
  /** How the way to the server is. */
  readonly way = signal<Way>("new");
  /** The other side's picture, while there is one. */
  readonly picture = signal<MediaStream | null>(null);
  /** How the connection is; `null`: not known yet. */
  readonly measured = signal<Measured | null>(null);
  /** The browser does not play sound until the user has touched the page. */
  readonly muffled = signal(false);

  readonly #peer: RTCPeerConnection;
  readonly #audio: RTCRtpTransceiver;
  #video: RTCRtpTransceiver;
  readonly #speaker = new Audio();
  readonly #timer: ReturnType<typeof setInterval>;
  #counted: Counted | null = null;
  #offering = false;
  #again = false;
  #restart = false;
  #closed = false;

  /** `send` gets each offer; [`answered`] is what comes of it. */
  constructor(
    microphone: MediaStreamTrack | null,
    private readonly send: (sdp: string) => void,
    speaker = "",
  ) {
    this.#peer = new RTCPeerConnection({ bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
    this.#audio = this.#peer.addTransceiver(microphone ?? "audio", { direction: "sendrecv" });
    this.#video = this.#peer.addTransceiver("video", { direction: "recvonly" });
    this.#peer.ontrack = ({ track }) => this.#comes(track);
    this.#peer.onconnectionstatechange = () => this.#changed();
    this.#speaker.autoplay = true;
    this.listenAt(speaker);
    this.#timer = setInterval(() => void this.#measure(), 2_000);
  }

  /** Offers: what there is now. `restart`: over another way through the network. */
  async offer(restart = false): Promise<void> {
    this.#restart ||= restart;
    if (this.#offering) {
      this.#again = true;
      return;
    }
    if (this.#closed) return;
    this.#offering = true;
    const options = this.#restart ? { iceRestart: true } : {};
    this.#restart = false;
    const offer = await this.#peer.createOffer(options);
    if (this.#closed) return;
    await this.#peer.setLocalDescription(offer);
    this.send(offer.sdp ?? "");
  }

  /** The server has answered the offer that is out. */
  async answered(sdp: string): Promise<void> {
    if (this.#peer.signalingState !== "have-local-offer") return;
    await this.#peer.setRemoteDescription({ type: "answer", sdp });
    await this.#settled();
  }

  /** The server has not, and will not: what was agreed on before stays. */
  async refused(): Promise<void> {
    if (this.#peer.signalingState !== "have-local-offer") return;
    await this.#peer.setLocalDescription({ type: "rollback" });
    await this.#settled();
  }

  /** The connection to the server was away: an answer may have been lost with it. */
  async resumed(): Promise<void> {
    if (this.#offering) {
      this.#offering = false;
      await this.offer(true);
    } else if (this.way.value !== "up") {
      await this.offer(true);
    }
  }

  async speakInto(track: MediaStreamTrack | null): Promise<void> {
    await this.#audio.sender.replaceTrack(track);
  }

  /** Shows a picture, or none any more. */
  async show(track: MediaStreamTrack | null): Promise<void> {
    if (this.#video.direction === "stopped" || this.#video.currentDirection === "stopped") {
      if (!track) return;
      this.#video = this.#peer.addTransceiver("video", { direction: "recvonly" });
    }
    const before = this.#video.sender.track;
    await this.#video.sender.replaceTrack(track);
    this.#video.direction = track ? "sendrecv" : "recvonly";
    // One camera instead of another, or a screen instead of it: nobody has to be asked.
    if ((before === null) !== (track === null)) await this.offer();
  }

  /** Presses a key in the sound. `false`: this call has no way to. */
  press(key: string): boolean {
    const dtmf = this.#audio.sender.dtmf;
    if (!dtmf?.canInsertDTMF) return false;
    dtmf.insertDTMF(dtmf.toneBuffer + key, TONE, GAP);
    return true;
  }

  /** Where the other side is heard; empty: where the system says. */
  listenAt(speaker: string): void {
    if (speaker && "setSinkId" in this.#speaker) void this.#speaker.setSinkId(speaker).catch(() => undefined);
  }

  /** After a touch of the user, the browser plays what it held back. */
  async unmuffle(): Promise<void> {
    await this.#speaker.play().then(
      () => {
        this.muffled.value = false;
      },
      () => {
        this.muffled.value = true;
      },
    );
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
    this.#speaker.srcObject = null;
    this.picture.value = null;
  }

  async #settled(): Promise<void> {
    this.#offering = false;
    if (!this.#again) return;
    this.#again = false;
    await this.offer();
  }

  #comes(track: MediaStreamTrack): void {
    if (track.kind === "audio") {
      this.#speaker.srcObject = new MediaStream([track]);
      void this.unmuffle();
      return;
    }
    const stream = new MediaStream([track]);
    track.onunmute = () => {
      this.picture.value = stream;
    };
    track.onmute = () => {
      this.picture.value = null;
    };
    if (!track.muted) this.picture.value = stream;
  }

  #changed(): void {
    switch (this.#peer.connectionState) {
      case "connected":
        this.way.value = "up";
        break;
      case "disconnected":
        this.way.value = "shaky";
        void this.offer(true);
        break;
      case "failed":
        this.way.value = "down";
        void this.offer(true);
        break;
      default:
        break;
    }
  }

  async #measure(): Promise<void> {
    if (this.way.value !== "up") return;
    const report = await this.#peer.getStats().catch(() => null);
    if (!report) return;
    const now = count(report as unknown as Iterable<readonly [string, unknown]>);
    this.measured.value = measure(this.#counted, now);
    this.#counted = now;
  }
}
