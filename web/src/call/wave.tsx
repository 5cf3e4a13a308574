/** How loud a recording is over its time, by wavesurfer.js: where one is in it, and where one seeks with a pointer. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { whenRepainted } from "../parts/theme";
import { ask } from "../wire/rest";
import type { Drawing } from "./drawing";
import type { Mark } from "./story";

interface Props {
  /** Of the recording. */
  address: string;
  /** What plays it. */
  sound: { current: HTMLMediaElement | null };
  /** Milliseconds. */
  length: number;
  marks: readonly Mark[];
}

/** Whoever does not see it has the slider below. */
export function Wave({ address, sound, length, marks }: Props) {
  const { value } = useRead(() => ask<unknown>("GET", `${address}/peaks`), address, 3_600_000);
  const place = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  useEffect(() => {
    const [box, media, peaks] = [place.current, sound.current, peaksOf(value)];
    if (!box || !media || peaks.length === 0) return;
    let isThere = true;
    let made: Drawing | null = null;
    // Loaded by whoever opens a recording.
    void import("./drawing").then(({ draw }) => {
      if (!isThere) return;
      made = draw({ box, media, peaks, length });
      setDrawing(made);
    });
    const repainted = whenRepainted(() => made?.paint());
    return () => {
      isThere = false;
      repainted();
      made?.remove();
      setDrawing(null);
    };
  }, [value, sound, length]);
  const shown = JSON.stringify(marks);
  useEffect(() => drawing?.mark(marks), [drawing, shown]);
  return <div ref={place} class="wave" aria-hidden="true" />;
}

function peaksOf(value: unknown): number[][] {
  const all = (value as { peaks?: unknown } | null)?.peaks;
  if (!Array.isArray(all)) return [];
  return all.filter(Array.isArray) as number[][];
}
