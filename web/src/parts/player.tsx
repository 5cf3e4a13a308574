/** A button that plays a sound, and stops it. One plays at a time. */

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../text/index";
import { Problem } from "../wire/rest";
import { wording } from "./form";
import { Icon } from "./icon";

let stopOther: (() => void) | null = null;

interface PlayerProps {
  /** Which sound it is, for those who do not see where the button stands. */
  name: string;
  /** An address, or the sound itself: asked for when it is to be heard. */
  sound: () => string | Promise<Blob>;
  /** The name is to be seen on the button. */
  label?: string;
  disabled?: boolean;
}

export function Player({ name, sound, label, disabled }: PlayerProps) {
  const audio = useRef<HTMLAudioElement | null>(null);
  const [state, setState] = useState<"still" | "loading" | "playing">("still");
  const [fault, setFault] = useState("");
  const stop = () => {
    audio.current?.pause();
    audio.current = null;
    setState("still");
  };
  useEffect(() => () => audio.current?.pause(), []);
  const play = async () => {
    stopOther?.();
    stopOther = stop;
    setFault("");
    setState("loading");
    try {
      const found = sound();
      const address = typeof found === "string" ? found : URL.createObjectURL(await found);
      const playing = new Audio(address);
      audio.current = playing;
      playing.onended = stop;
      await playing.play();
      setState("playing");
    } catch (error) {
      setState("still");
      // Stopped before it began.
      if (error instanceof DOMException && error.name === "AbortError") return;
      const faults = error instanceof Problem ? error.faults.map((each) => each.mend) : [];
      if (error instanceof Problem) setFault(faults.join("; ") || wording(error));
      else setFault(t("play.fault"));
    }
  };
  const isOn = state !== "still";
  return (
    <span class="player">
      <button
        type="button"
        class={label ? "button" : "button quiet icon"}
        disabled={disabled}
        aria-pressed={isOn}
        onClick={isOn ? stop : play}
      >
        <Icon name={isOn ? "pause" : "play"} />
        {label}
        <span class="sr">{t(isOn ? "play.stop" : "play.start", { name })}</span>
      </button>
      <span role="status" class={fault ? "fault small" : "sr"}>
        {fault}
      </span>
    </span>
  );
}
