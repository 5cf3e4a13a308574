/**
 * A recording as it is heard (R106): both voices at once or each alone, with its wave, where one seeks, and with
 * what happened in it. The wave is wavesurfer's; what is pressed is ours, for keyboards and screen readers.
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Icon } from "../parts/icon";
import { clock } from "../parts/time";
import { t } from "../text/index";
import { beside, first, isPicture, type Recording } from "../wire/recording";
import { ask } from "../wire/rest";
import { type Mark, marksOf, type Story } from "./story";
import { Wave } from "./wave";
import "./player.css";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/** One file, and those of the same segment beside it. */
export function Player({ recording, all }: { recording: Recording; all?: readonly Recording[] }) {
  const [chosen, setChosen] = useState<Recording | null>(null);
  const { value: story } = useRead(
    () => ask<Story>("GET", `/api/v1/calls/${encodeURIComponent(recording.call)}/story`).catch(() => null),
    recording.call,
    3_600_000,
  );
  const files = beside(all ?? story?.recordings ?? [recording], recording);
  const sounds = files.filter((file) => !isPicture(file));
  const pictures = files.filter((file) => isPicture(file) && file.deleted === null);
  // Pictures have no sound: who opens one hears the talk with it.
  const wanted = isPicture(recording) ? (first(files) ?? recording) : recording;
  const now = chosen ?? wanted;
  const marks = story ? marksOf(story.events, now) : [];
  return (
    <div class="stack">
      {sounds.length > 1 && <Voices files={sounds} chosen={now} onChoose={setChosen} />}
      <Sound key={now.id} recording={now} pictures={pictures} marks={marks} />
    </div>
  );
}

/** Opens a segment with what one hears first. */
export function SegmentPlayer({ files }: { files: readonly Recording[] }) {
  const one = first(files);
  return one ? <Player recording={one} all={files} /> : <p class="nothing">{t("player.deleted")}</p>;
}

function Voices(props: {
  files: readonly Recording[];
  chosen: Recording;
  onChoose: (recording: Recording) => void;
}) {
  const { files, chosen, onChoose } = props;
  return (
    <fieldset class="row voices">
      <legend class="sr">{t("player.voice")}</legend>
      {files.map((file) => (
        <button
          key={file.id}
          type="button"
          class="button"
          aria-pressed={file.id === chosen.id}
          disabled={file.deleted !== null}
          onClick={() => onChoose(file)}
        >
          {voice(file.content)}
        </button>
      ))}
    </fieldset>
  );
}

/** Whose voice is in a file. */
export function voice(content: Recording["content"]): string {
  return t(`player.content.${content}`);
}

interface SoundProps {
  recording: Recording;
  /** What was seen at the same time. */
  pictures: readonly Recording[];
  marks: readonly Mark[];
}

function Sound({ recording, pictures, marks }: SoundProps) {
  const address = addressOf(recording);
  const sound = useRef<HTMLVideoElement & HTMLAudioElement>(null);
  const [at, setAt] = useState(0);
  const [plays, setPlays] = useState(false);
  const [speed, setSpeed] = useState(1);
  const [loud, setLoud] = useState(1);
  const [muted, setMuted] = useState(false);
  const [broken, setBroken] = useState(false);
  const length = recording.milliseconds / 1000;
  useEffect(() => {
    if (!sound.current) return;
    sound.current.playbackRate = speed;
    sound.current.volume = loud;
    sound.current.muted = muted;
  }, [speed, loud, muted]);
  const seek = (seconds: number) => {
    if (sound.current) sound.current.currentTime = seconds;
    setAt(seconds);
  };
  const turn = () => {
    if (plays) sound.current?.pause();
    // Refused until somebody presses, as browsers have it: the button stays as it was.
    else void sound.current?.play().catch(() => setPlays(false));
  };
  const hears = {
    ref: sound,
    src: `${address}/audio`,
    autoplay: true,
    preload: "auto" as const,
    onPlay: () => setPlays(true),
    onPause: () => setPlays(false),
    onTimeUpdate: (event: Event) => setAt((event.currentTarget as HTMLMediaElement).currentTime),
    onError: () => setBroken(true),
  };
  return (
    <div class="stack">
      {isPicture(recording) ? (
        <video {...hears} class="film" />
      ) : (
        <>
          <audio {...hears} />
          <div class="films">
            {pictures.map((picture) => (
              <Film key={picture.id} picture={picture} at={at} plays={plays} speed={speed} />
            ))}
          </div>
        </>
      )}
      {broken && (
        <p role="alert" class="banner danger">
          {t("player.broken")}
        </p>
      )}
      <div class="score">
        <div class="drawn">
          {!isPicture(recording) && (
            <Wave address={address} sound={sound} length={recording.milliseconds} marks={marks} />
          )}
          <Flags marks={marks} length={recording.milliseconds} onSeek={(ms) => seek(ms / 1000)} />
        </div>
        <input
          type="range"
          class="seek"
          aria-label={t("player.seek")}
          min={0}
          max={length}
          step={0.1}
          value={at}
          aria-valuetext={t("player.at", { at: clock(at * 1000), length: clock(recording.milliseconds) })}
          onInput={(event) => seek(Number(event.currentTarget.value))}
        />
      </div>
      <div class="row play">
        <button type="button" class="button primary icon" onClick={turn}>
          <Icon name={plays ? "pause" : "play"} />
          <span class="sr">{plays ? t("player.pause") : t("player.play")}</span>
        </button>
        <span class="number">
          {clock(at * 1000)} / {clock(recording.milliseconds)}
        </span>
        <span class="row loud">
          <button
            type="button"
            class="button quiet icon"
            aria-pressed={muted}
            onClick={() => setMuted(!muted)}
          >
            <Icon name={muted ? "muted" : "loud"} />
            <span class="sr">{t("player.mute")}</span>
          </button>
          <input
            type="range"
            aria-label={t("player.volume")}
            min={0}
            max={1}
            step={0.05}
            value={loud}
            onInput={(event) => setLoud(Number(event.currentTarget.value))}
          />
        </span>
        <select
          class="speed"
          aria-label={t("player.speed")}
          value={speed}
          onChange={(event) => setSpeed(Number(event.currentTarget.value))}
        >
          {SPEEDS.map((each) => (
            <option key={each} value={each}>
              {each} ×
            </option>
          ))}
        </select>
        {isPicture(recording) && <FullScreen of={sound} />}
      </div>
      <div class="row play">
        <a class="button" href={`${address}/audio?download=true`} download>
          <Icon name="download" />
          {t("player.file")}
        </a>
        <a class="button" href={`${address}/csv`} download>
          <Icon name="download" />
          CSV
        </a>
      </div>
      {(recording.gaps || recording.interrupted) && <p class="banner warn">{t("player.gaps")}</p>}
      <p class="small soft">{recording.encrypted ? t("player.encrypted") : t("player.plain")}</p>
    </div>
  );
}

/** So far may a picture be from its sound, seconds: less, and it would stutter to catch up. */
const APART = 0.5;

/** What was seen, in step with what is heard. */
function Film(props: { picture: Recording; at: number; plays: boolean; speed: number }) {
  const { picture, at, plays, speed } = props;
  const film = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const shown = film.current;
    if (!shown) return;
    shown.playbackRate = speed;
    if (Math.abs(shown.currentTime - at) > APART) shown.currentTime = at;
    // One that is over, or not there yet, stays as it is.
    if (plays) void shown.play().catch(() => undefined);
    else shown.pause();
  }, [at, plays, speed]);
  return (
    <figure>
      <video ref={film} class="film" src={`${addressOf(picture)}/audio`} muted playsInline preload="auto" />
      <figcaption class="row">
        <span class="grow small soft">{voice(picture.content)}</span>
        <a class="button" href={`${addressOf(picture)}/audio?download=true`} download>
          <Icon name="download" />
          {t("player.file")}
        </a>
        <FullScreen of={film} />
      </figcaption>
    </figure>
  );
}

function FullScreen({ of }: { of: { current: HTMLElement | null } }) {
  return (
    <button type="button" class="button" onClick={() => void of.current?.requestFullscreen()}>
      <Icon name="screen" />
      {t("player.full")}
    </button>
  );
}

function addressOf({ id }: Recording): string {
  return `/api/v1/recordings/${encodeURIComponent(id)}`;
}

/** What happened in it: each leads to its moment. */
function Flags(props: { marks: readonly Mark[]; length: number; onSeek: (ms: number) => void }) {
  const { marks, length, onSeek } = props;
  if (marks.length === 0) return null;
  return (
    <ul class="flags" aria-label={t("player.marks")}>
      {marks.map((mark, place) => (
        <li key={`${mark.at} ${place}`} style={{ left: `${(100 * mark.at) / Math.max(1, length)}%` }}>
          <button
            type="button"
            class={`flag ${mark.kind}`}
            title={`${clock(mark.at)} ${t(`player.mark.${mark.kind}`)}`}
            onClick={() => onSeek(mark.at)}
          >
            <span class="sr">
              {clock(mark.at)} {t(`player.mark.${mark.kind}`)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
