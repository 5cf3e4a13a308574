/** The ringing: made here, so that no file has to be there first. */

import { signal } from "@preact/signals";

/** Browsers make no sound before the user has touched the page: whether that is so. */
export const silent = signal(false);

/** Two tones, twice, then a pause: seconds. */
const BURSTS = [0, 0.4];
const BURST = 0.28;
const EVERY = 2_200;
const TONES = [880, 1_108.7];
const LOUD = 0.5;

let context: AudioContext | null = null;
let timer: ReturnType<typeof setInterval> | undefined;

/** Wakes the sound up, in a gesture of the user. */
export function wake(): void {
  context ??= new AudioContext();
  const known = context;
  void known.resume().then(() => {
    silent.value = known.state !== "running";
  });
  // Where there was no gesture the promise waits for one.
  silent.value = known.state !== "running";
}

/** Rings until [`quiet`]. */
export function ring(): void {
  if (timer !== undefined) return;
  wake();
  const bell = () => {
    if (context?.state === "running") strike(context);
  };
  bell();
  timer = setInterval(bell, EVERY);
}

export function quiet(): void {
  clearInterval(timer);
  timer = undefined;
}

/** Once, to hear whether it is heard. */
export function chime(): void {
  wake();
  if (context) strike(context);
}

function strike(at: AudioContext): void {
  for (const start of BURSTS) {
    for (const frequency of TONES) {
      const from = at.currentTime + start;
      const tone = at.createOscillator();
      const volume = at.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(LOUD / TONES.length, from + 0.02);
      volume.gain.setValueAtTime(LOUD / TONES.length, from + BURST - 0.05);
      volume.gain.linearRampToValueAtTime(0, from + BURST);
      tone.connect(volume).connect(at.destination);
      tone.start(from);
      tone.stop(from + BURST);
    }
  }
}
