/** What calls look like on every page that has them: pictures, controls, keypad, devices, quality. */

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { type Key, t } from "../text/index";
import {
  cameras,
  canShareScreen,
  choose,
  chosen,
  type Device,
  microphones,
  openMicrophone,
  Refusal,
  speakers,
} from "../wire/devices";
import { watchLevel } from "../wire/level";
import type { Talk } from "../wire/talk";
import "./call.css";
import { Dialog } from "./dialog";
import { Icon, type IconName } from "./icon";

/** A stream of pictures. */
export function Picture({ stream, label, small }: { stream: MediaStream; label: string; small?: boolean }) {
  const place = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (place.current) place.current.srcObject = stream;
  }, [stream]);
  return (
    <video
      ref={place}
      class={small ? "picture-in" : "picture-of"}
      aria-label={label}
      autoplay
      playsinline
      muted
    />
  );
}

interface ControlProps {
  icon: IconName;
  label: string;
  onClick: () => void;
  pressed?: boolean;
  look?: string;
}

export function Control({ icon, label, onClick, pressed, look = "" }: ControlProps) {
  return (
    <button type="button" class={`control ${look}`} onClick={onClick} aria-pressed={pressed}>
      <span class="knob">
        <Icon name={icon} />
      </span>
      <span>{label}</span>
    </button>
  );
}

/** Microphone, camera, screen, keypad, devices; what else a page has stands between. */
export function Controls(props: {
  talk: Talk;
  video: boolean;
  onDrop: () => void;
  children?: preact.ComponentChildren;
}) {
  const { talk, video, onDrop, children } = props;
  const [open, setOpen] = useState<"keypad" | "devices" | null>(null);
  const muted = talk.muted.value;
  const showing = talk.showing.value;
  return (
    <>
      <div class="controls" role="toolbar" aria-label={t("call.controls")}>
        <Control
          icon={muted ? "micOff" : "mic"}
          label={muted ? t("call.unmute") : t("call.mute")}
          onClick={() => talk.mute()}
          pressed={muted}
          look={muted ? "off" : ""}
        />
        {video && (
          <Control
            icon={showing === "camera" ? "video" : "videoOff"}
            label={showing === "camera" ? t("call.camera.off") : t("call.camera.on")}
            onClick={() => void talk.camera()}
            pressed={showing === "camera"}
          />
        )}
        {video && showing === "camera" && cameras.value.length > 1 && (
          <Control icon="flip" label={t("call.flip")} onClick={() => void talk.flip()} />
        )}
        {video && canShareScreen() && (
          <Control
            icon="screen"
            label={showing === "screen" ? t("call.screen.off") : t("call.screen.on")}
            onClick={() => void talk.screen()}
            pressed={showing === "screen"}
          />
        )}
        {children}
        <Control icon="keypad" label={t("call.keypad")} onClick={() => setOpen("keypad")} />
        <Control icon="settings" label={t("call.devices")} onClick={() => setOpen("devices")} />
        <Control icon="hangup" label={t("call.drop")} onClick={onDrop} look="drop" />
      </div>
      {talk.refused.value && (
        <p role="alert" class="banner warn">
          {t("devices.refused", { why: t(`why.${talk.refused.value.why}`) })}
        </p>
      )}
      {open === "keypad" && (
        <Dialog title={t("call.keypad")} onClose={() => setOpen(null)}>
          <Keypad onKey={(key) => talk.press(key)} />
        </Dialog>
      )}
      {open === "devices" && (
        <Dialog title={t("devices")} onClose={() => setOpen(null)}>
          <Devices track={talk.microphone.value} camera={video} />
        </Dialog>
      )}
    </>
  );
}

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** Keys to press with the pointer or the keyboard. */
export function Keypad({ onKey }: { onKey: (key: string) => void }) {
  const [pressed, setPressed] = useState("");
  const press = (key: string) => {
    onKey(key);
    setPressed((before) => (before + key).slice(-24));
  };
  const typed = (event: KeyboardEvent) => {
    if (KEYS.includes(event.key)) press(event.key);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: digits of the keyboard press the keys in it
    <div class="stack" onKeyDown={typed}>
      <output class="pressed number">{pressed || " "}</output>
      <div class="keypad">
        {KEYS.map((key) => (
          <button
            key={key}
            type="button"
            class="button"
            onClick={() => press(key)}
            aria-label={t("call.keypad.key", { key })}
          >
            {key}
          </button>
        ))}
      </div>
    </div>
  );
}

/** How loud a track is. */
export function Level({ track }: { track: MediaStreamTrack | null }) {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!track) return undefined;
    // Straight to the element: it moves too often to be drawn with the rest.
    return watchLevel(track, (level) => bar.current?.style.setProperty("transform", `scaleX(${level})`));
  }, [track]);
  return (
    <div class="meter" role="img" aria-label={t("devices.level")}>
      <span ref={bar} />
    </div>
  );
}

function Choice({ kind, all }: { kind: keyof typeof chosen; all: Device[] }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{t(`devices.${kind}` as Key)}</label>
      <select
        id={id}
        value={chosen[kind].value}
        onChange={(event) => choose(kind, event.currentTarget.value)}
      >
        <option value="">{t("devices.default")}</option>
        {all.map((device) => (
          <option key={device.id} value={device.id}>
            {device.name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Which devices are used, and whether they work. `track`: the microphone of the call that goes on. */
export function Devices(props: {
  track: MediaStreamTrack | null;
  camera: boolean;
  /** Plays a sound, to hear whether it is heard. */
  onBeep?: () => void;
}) {
  const { track, camera, onBeep } = props;
  const [tested, setTested] = useState<MediaStreamTrack | null>(null);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const wanted = chosen.microphone.value;
  const isTested = tested !== null;
  const test = () => {
    openMicrophone().then(
      (opened) => {
        setRefused(null);
        setTested(opened);
      },
      (error: unknown) => setRefused(error instanceof Refusal ? error : new Refusal("failed")),
    );
  };
  useEffect(() => {
    if (isTested) test();
  }, [wanted]);
  useEffect(() => () => tested?.stop(), [tested]);
  const heard = track ?? tested;
  return (
    <div class="stack">
      <Choice kind="microphone" all={microphones.value} />
      {heard ? (
        <div class="stack tight">
          <Level track={heard} />
          <p class="small soft">{t("devices.speak")}</p>
        </div>
      ) : (
        <button type="button" class="button" onClick={test}>
          <Icon name="mic" />
          {t("devices.test")}
        </button>
      )}
      {refused && (
        <p role="alert" class="banner warn">
          {t("devices.refused", { why: t(`why.${refused.why}`) })}
        </p>
      )}
      {camera && cameras.value.length > 0 && <Choice kind="camera" all={cameras.value} />}
      {speakers.value.length > 0 && <Choice kind="speaker" all={speakers.value} />}
      {onBeep && (
        <button type="button" class="button" onClick={onBeep}>
          <Icon name="play" />
          {t("devices.beep")}
        </button>
      )}
    </div>
  );
}

/** How the connection is, in a word. */
export function QualityOf({ talk }: { talk: Talk }) {
  const measured = talk.media.measured.value;
  const quality = measured?.quality ?? "unknown";
  const looks = { unknown: "", good: "good", fair: "warn", poor: "danger" };
  const detail = measured && {
    lost: measured.lost.toFixed(1),
    jitter: measured.jitterMs,
    trip: measured.roundTripMs ?? "?",
  };
  return (
    <span class={`tag ${looks[quality]}`} title={detail ? t("quality.detail", detail) : undefined}>
      <Icon name="signal" />
      <span>
        {t("quality")}: {t(`quality.${quality}`)}
      </span>
    </span>
  );
}
