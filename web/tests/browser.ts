/** As much of a browser as a call needs: devices that are there or not, and a peer connection that offers. */

import { vi } from "vitest";

export class Track {
  enabled = true;
  muted = false;
  readyState = "live";
  onended: (() => void) | null = null;

  constructor(readonly kind: string) {}

  stop(): void {
    this.readyState = "ended";
  }
}

class Stream {
  constructor(readonly tracks: Track[] = []) {}

  getTracks(): Track[] {
    return this.tracks;
  }
}

export class Peer {
  static all: Peer[] = [];
  signalingState = "stable";
  connectionState = "new";
  ontrack = null;
  onconnectionstatechange: (() => void) | null = null;
  offers = 0;
  restarts = 0;
  closed = false;

  constructor() {
    Peer.all.push(this);
  }

  addTransceiver(of: Track | string, { direction }: { direction: string }) {
    const track = typeof of === "string" ? null : of;
    const sender = {
      track,
      dtmf: null,
      async replaceTrack(to: Track | null) {
        sender.track = to;
      },
    };
    return { direction, currentDirection: null, sender };
  }

  async createOffer({ iceRestart }: { iceRestart?: boolean }) {
    this.offers += 1;
    if (iceRestart) this.restarts += 1;
    return { type: "offer", sdp: `offer ${this.offers}` };
  }

  async setLocalDescription({ type }: { type: string }) {
    this.signalingState = type === "rollback" ? "stable" : "have-local-offer";
  }

  async setRemoteDescription() {
    this.signalingState = "stable";
  }

  becomes(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close(): void {
    this.closed = true;
  }
}

/** `refusal`: what the browser says instead of giving a microphone. */
export function browser(refusal: string | null = null): void {
  Peer.all = [];
  const getUserMedia = async () => {
    if (refusal) throw Object.assign(new Error("no"), { name: refusal });
    return new Stream([new Track("audio")]);
  };
  vi.stubGlobal("location", new URL("https://pbx.example/desk"));
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia, enumerateDevices: async () => [] } });
  vi.stubGlobal("RTCPeerConnection", Peer);
  vi.stubGlobal("MediaStream", Stream);
  vi.stubGlobal("Audio", class {});
}

/** Lets what was promised happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
