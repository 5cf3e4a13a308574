/** What wavesurfer.js draws. It gets the peaks that the server has made, and the element that plays: it loads no sound. */

import WaveSurfer from "wavesurfer.js";
import Regions from "wavesurfer.js/plugins/regions";
import { colour } from "../parts/theme";
import { HEIGHT } from "./height";
import { type Mark, spansOf } from "./story";

export interface Drawing {
  /** Shows what happened: for how long, or when. */
  mark(marks: readonly Mark[]): void;
  /** Takes the colours of now. */
  paint(): void;
  remove(): void;
}

interface Wanted {
  box: HTMLElement;
  media: HTMLMediaElement;
  /** A row for each channel: from 0 to 1. */
  peaks: number[][];
  /** Milliseconds. */
  length: number;
}

/** What is as loud as this fills its line: whispers are seen, and silence is not blown up to noise. */
const LOUD = 0.2;

export function draw({ box, media, peaks, length }: Wanted): Drawing {
  const regions = Regions.create();
  const colours = () => ({
    waveColor: colour(box, "edge"),
    progressColor: colour(box, "accent"),
    cursorColor: colour(box, "ink"),
  });
  const wave = WaveSurfer.create({
    container: box,
    media,
    peaks,
    duration: length / 1000,
    height: HEIGHT,
    // One below the other: the customer, and who talks to them.
    splitChannels: peaks.map(() => ({})),
    normalize: true,
    maxPeak: peaks.flat().reduce((most, peak) => Math.max(most, peak), LOUD),
    barWidth: 2,
    barGap: 1,
    barRadius: 1,
    cursorWidth: 2,
    hideScrollbar: true,
    dragToSeek: true,
    plugins: [regions],
    ...colours(),
  });
  let shown: readonly Mark[] = [];
  const show = () => {
    regions.clearRegions();
    for (const { from, until, kind } of spansOf(shown, length)) {
      regions.addRegion({
        start: from / 1000,
        end: until / 1000,
        color: from === until ? LINES[kind] : `color-mix(in srgb, ${LINES[kind]} 22%, transparent)`,
        drag: false,
        resize: false,
      });
    }
  };
  let isReady = false;
  wave.once("ready", () => {
    isReady = true;
    show();
  });
  return {
    mark(marks) {
      shown = marks;
      if (isReady) show();
    },
    paint: () => wave.setOptions(colours()),
    remove: () => wave.destroy(),
  };
}

const LINES: Record<Mark["kind"], string> = {
  hold: "var(--warn)",
  resume: "var(--good)",
  transfer: "var(--danger)",
  digit: "var(--accent)",
  masked: "var(--warn)",
  unmasked: "var(--good)",
};
