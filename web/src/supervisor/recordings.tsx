/** What was recorded: found, heard with its wave, taken away (R106–R108). */

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Dialog } from "../parts/dialog";
import { Field, Trouble } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { clock, moment } from "../parts/time";
import { t } from "../text/index";
import { ask } from "../wire/rest";

type Sound = "customer" | "agent" | "outside" | "supervisor" | "stereo";

interface Recording {
  id: string;
  call: string;
  segment: number;
  content: Sound | `${Exclude<Sound, "stereo">}_video`;
  name: string;
  agent: { id: number; name: string };
  customer: string;
  called: string;
  queue: string | null;
  direction: "inbound" | "outbound";
  began: string;
  milliseconds: number;
  bytes: number;
  gaps: boolean;
  interrupted: boolean;
  encrypted: boolean;
}

interface Found {
  recordings: Recording[];
  next: string | null;
}

const ALL = { number: "", queue: "", direction: "", from: "", until: "", longer_s: "" };
type Filter = typeof ALL;

function find(filter: Filter): Promise<Found> {
  const query = new URLSearchParams({ limit: "200" });
  for (const [name, value] of Object.entries(filter)) {
    if (value === "") continue;
    query.set(name, name === "from" || name === "until" ? new Date(value).toISOString() : value);
  }
  return ask("GET", `/api/v1/recordings?${query}`);
}

export function Recordings() {
  const [filter, setFilter] = useState(ALL);
  const [open, setOpen] = useState<Recording | null>(null);
  const { value, problem } = useRead(() => find(filter), JSON.stringify(filter), 30_000);
  const set = (name: keyof Filter) => (event: Event) => {
    setFilter({ ...filter, [name]: (event.currentTarget as HTMLInputElement).value });
  };
  const shown = value?.recordings ?? [];
  return (
    <section class="card stack" aria-label={t("recordings")}>
      <div class="filters">
        <Field label={t("recordings.number")}>
          <input type="search" value={filter.number} onChange={set("number")} />
        </Field>
        <Field label={t("floor.queue")}>
          <input type="search" value={filter.queue} onChange={set("queue")} />
        </Field>
        <Field label={t("recordings.direction")}>
          <select value={filter.direction} onChange={set("direction")}>
            <option value="">{t("recordings.direction.all")}</option>
            <option value="inbound">{t("conversations.in")}</option>
            <option value="outbound">{t("conversations.out")}</option>
          </select>
        </Field>
        <Field label={t("recordings.from")}>
          <input type="datetime-local" value={filter.from} onInput={set("from")} />
        </Field>
        <Field label={t("recordings.until")}>
          <input type="datetime-local" value={filter.until} onInput={set("until")} />
        </Field>
        <Field label={t("recordings.longer")}>
          <input type="number" min={0} value={filter.longer_s} onChange={set("longer_s")} />
        </Field>
      </div>
      <Trouble problem={problem} />
      {value && shown.length === 0 && <p class="nothing">{t("recordings.none")}</p>}
      {shown.length > 0 && <Table all={shown} onOpen={setOpen} />}
      {open && (
        <Dialog
          title={t("recordings.of", { name: open.customer, agent: open.agent.name })}
          onClose={() => setOpen(null)}
        >
          <Player recording={open} />
        </Dialog>
      )}
    </section>
  );
}

function Table({ all, onOpen }: { all: Recording[]; onOpen: (recording: Recording) => void }) {
  return (
    <table class="table folds">
      <Head
        columns={[
          t("conversations.when"),
          t("recordings.customer"),
          t("recordings.agent"),
          t("floor.queue"),
          t("recordings.content"),
          t("recordings.length"),
        ]}
        actions={t("callbacks.actions")}
      />
      <tbody>
        {all.map((each) => (
          <tr key={each.id}>
            <td data-name={t("conversations.when")} class="when">
              {moment(each.began)}
            </td>
            <td data-name={t("recordings.customer")} class="number">
              {each.customer}
            </td>
            <td data-name={t("recordings.agent")}>{each.agent.name}</td>
            <td data-name={t("floor.queue")}>{each.queue ?? "–"}</td>
            <td data-name={t("recordings.content")}>
              <span class="tag">{t(`recordings.content.${each.content}`)}</span>
            </td>
            <td data-name={t("recordings.length")} class="number">
              {clock(each.milliseconds)}
            </td>
            <td data-name="">
              <button type="button" class="button" onClick={() => onOpen(each)}>
                <Icon name="play" />
                {t("recordings.play")}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/** The sound with its wave, where one seeks; the browser's own controls have the rest. */
function Player({ recording }: { recording: Recording }) {
  const address = `/api/v1/recordings/${encodeURIComponent(recording.id)}`;
  const sound = useRef<HTMLMediaElement>(null);
  const [at, setAt] = useState(0);
  const [speed, setSpeed] = useState(1);
  const length = recording.milliseconds / 1000;
  const shows = recording.content.endsWith("_video");
  useEffect(() => {
    if (sound.current) sound.current.playbackRate = speed;
  }, [speed]);
  return (
    <div class="stack">
      {!shows && <Wave address={address} share={length > 0 ? at / length : 0} />}
      <label class="sr" for="seek">
        {t("recordings.seek")}
      </label>
      <input
        id="seek"
        type="range"
        min={0}
        max={length}
        step={0.1}
        value={at}
        aria-valuetext={clock(at * 1000)}
        onInput={(event) => {
          if (sound.current) sound.current.currentTime = Number(event.currentTarget.value);
        }}
      />
      {shows ? (
        <video
          ref={sound as RefObject<HTMLVideoElement>}
          src={`${address}/audio`}
          controls
          autoplay
          muted
          class="film"
          onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: nobody has written down what is said
        <audio
          ref={sound as RefObject<HTMLAudioElement>}
          src={`${address}/audio`}
          controls
          autoplay
          class="sound"
          onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        />
      )}
      <div class="row play">
        <Field label={t("recordings.speed")}>
          <select value={speed} onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
            {SPEEDS.map((each) => (
              <option key={each} value={each}>
                {each} ×
              </option>
            ))}
          </select>
        </Field>
        <a class="button" href={`${address}/audio?download=true`} download>
          <Icon name="download" />
          {recording.name.split(".").at(-1)?.toUpperCase()}
        </a>
        <a class="button" href={`${address}/csv`} download>
          <Icon name="download" />
          CSV
        </a>
      </div>
      {(recording.gaps || recording.interrupted) && <p class="banner warn">{t("recordings.gaps")}</p>}
      <p class="small soft">{recording.encrypted ? t("recordings.encrypted") : t("recordings.plain")}</p>
    </div>
  );
}

/** How loud it is over its time: a line of bars for each channel. */
function Wave({ address, share }: { address: string; share: number }) {
  const { value } = useRead(() => ask<unknown>("GET", `${address}/peaks`), address, 3_600_000);
  const channels = peaksOf(value);
  return (
    <svg
      class="wave"
      viewBox={`0 0 1000 ${Math.max(1, channels.length) * 60}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {channels.map((peaks, channel) => (
        <path key={channel} d={drawn(peaks, channel * 60 + 30)} />
      ))}
      <rect class="heard" x="0" y="0" width={share * 1000} height="100%" />
    </svg>
  );
}

function peaksOf(value: unknown): number[][] {
  const all = (value as { peaks?: unknown } | null)?.peaks;
  if (!Array.isArray(all)) return [];
  return all.filter(Array.isArray) as number[][];
}

function drawn(peaks: readonly number[], middle: number): string {
  const step = 1000 / Math.max(1, peaks.length);
  return peaks
    .map((peak, place) => {
      const height = Math.max(0.5, peak * 28);
      const x = (place * step).toFixed(1);
      return `M${x} ${(middle - height).toFixed(1)}V${(middle + height).toFixed(1)}`;
    })
    .join("");
}
