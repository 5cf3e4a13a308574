/** Microphones, cameras and loudspeakers: which there are, which is used, and why one cannot be. */

import { signal } from "@preact/signals";

export interface Device {
  id: string;
  name: string;
}

/** Why there is no sound or picture of this browser. */
export type NoDevice = "denied" | "missing" | "busy" | "insecure" | "failed";

/** Devices that can be chosen. Names are told only once one of the kind was allowed. */
export const microphones = signal<Device[]>([]);
export const cameras = signal<Device[]>([]);
export const speakers = signal<Device[]>([]);

/** Which were chosen here; empty: the system's. */
export const chosen = {
  microphone: signal(kept("microphone")),
  camera: signal(kept("camera")),
  speaker: signal(kept("speaker")),
};

export function choose(kind: keyof typeof chosen, id: string): void {
  chosen[kind].value = id;
  try {
    localStorage.setItem(kind, id);
  } catch {
    // Chosen for this page alone.
  }
}

/** Looks which there are, now and whenever that changes. */
export async function watchDevices(): Promise<void> {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  devices.addEventListener("devicechange", () => void look());
  await look();
}

async function look(): Promise<void> {
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const of = (kind: MediaDeviceKind) =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map((device, place) => ({ id: device.deviceId, name: device.label || `${place + 1}` }));
  microphones.value = of("audioinput");
  cameras.value = of("videoinput");
  speakers.value = of("audiooutput");
}

/** The microphone that was chosen, or any if that one is gone. */
export async function openMicrophone(): Promise<MediaStreamTrack> {
  const wish = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return open("microphone", (exact) => ({ audio: exact ? { ...wish, deviceId: { exact } } : wish }));
}

const SIZE = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 } };

/** The camera that was chosen. */
export async function openCamera(): Promise<MediaStreamTrack> {
  return open("camera", (exact) => ({ video: exact ? { ...SIZE, deviceId: { exact } } : SIZE }));
}

/** Another one than this: the one that looks the other way, on a phone, or else the next one. */
export async function openOtherCamera(than: MediaTrackSettings | undefined): Promise<MediaStreamTrack> {
  const other = { user: "environment", environment: "user" }[than?.facingMode ?? ""];
  if (other) {
    try {
      return await first({ video: { ...SIZE, facingMode: { exact: other } } });
    } catch (error) {
      if (!(error instanceof Refusal) || error.why !== "missing") throw error;
    }
  }
  const all = cameras.value;
  const next = all[(all.findIndex(({ id }) => id === than?.deviceId) + 1) % all.length];
  return first({ video: next ? { ...SIZE, deviceId: { exact: next.id } } : SIZE });
}

/** The screen, or a window of it, as the user chooses. */
export async function openScreen(): Promise<MediaStreamTrack> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: { max: 15 } },
      audio: false,
    });
    const track = stream.getVideoTracks()[0];
    if (!track) throw new Refusal("missing");
    return track;
  } catch (error) {
    throw refusal(error);
  }
}

/** Whether a screen can be shared here: phones cannot. */
export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/** Why a device could not be had. */
export class Refusal extends Error {
  constructor(readonly why: NoDevice) {
    super(why);
    this.name = "Refusal";
  }
}

async function open(
  kind: "microphone" | "camera",
  constraints: (exact: string | null) => MediaStreamConstraints,
): Promise<MediaStreamTrack> {
  const wanted = chosen[kind].value;
  if (wanted) {
    try {
      return await first(constraints(wanted));
    } catch (error) {
      // Unplugged since: another one will do. Refused: it will not.
      if (!(error instanceof Refusal) || error.why === "denied" || error.why === "insecure") throw error;
    }
  }
  return first(constraints(null));
}

async function first(constraints: MediaStreamConstraints): Promise<MediaStreamTrack> {
  if (!navigator.mediaDevices?.getUserMedia) throw new Refusal("insecure");
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    // Their names are told from now on.
    void look();
    const track = stream.getTracks()[0];
    if (!track) throw new Refusal("missing");
    return track;
  } catch (error) {
    throw refusal(error);
  }
}

/** What browsers say, in our words. */
export function refusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return new Refusal("denied");
    case "NotFoundError":
    case "OverconstrainedError":
      return new Refusal("missing");
    case "NotReadableError":
    case "AbortError":
      return new Refusal("busy");
    default:
      return new Refusal("failed");
  }
}

function kept(name: string): string {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}
