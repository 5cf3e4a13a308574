/** The library of sounds: what ships with the server and what was uploaded; to be heard, chosen, added and deleted. */

import { useId, useRef, useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Trouble, useSending } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { Player } from "../parts/player";
import { clock, moment } from "../parts/time";
import { find, t } from "../text/index";
import { ask, Problem, upload } from "../wire/rest";
import { forget, personOf, type Sound, soundName, useKnown } from "./known";
import { Asked } from "./sure";

/** The longest file, bytes (R33). */
export const LARGEST = 4 * 1024 * 1024;
/** As people drop them; the server looks at what is in them, whatever they are called. */
const KINDS = ".wav,.mp3,.mp2,.ogg,.oga,.opus,.flac,audio/*";

function addressOf(file: string): string {
  return `/api/v1/sounds/${encodeURIComponent(file)}`;
}

export function Sounds() {
  const sounds = useRead(() => ask<Sound[]>("GET", "/api/v1/sounds"), "sounds", 60_000);
  const { problem, send } = useSending();
  const [asked, setAsked] = useState<string | null>(null);
  const remove = (sound: Sound) =>
    send(async () => {
      setAsked(null);
      await ask("DELETE", addressOf(sound.file));
      forget();
      sounds.again();
    });
  return (
    <>
      <h1>{t("sounds")}</h1>
      <p class="soft">{t("sounds.about")}</p>
      <DropZone
        onAdded={() => {
          forget();
          sounds.again();
        }}
      />
      <Trouble problem={problem ?? sounds.problem} />
      {sounds.value && (
        <table class="table folds">
          <Head columns={[t("sounds.name"), t("sounds.length"), t("sounds.from")]} actions={t("sounds.do")} />
          <tbody>
            {sounds.value.map((sound) => (
              <tr key={sound.file}>
                <td data-name={t("sounds.name")}>{soundName(sound)}</td>
                <td data-name={t("sounds.length")} class="number">
                  {clock(sound.seconds * 1000)}
                </td>
                <td data-name={t("sounds.from")}>{originOf(sound)}</td>
                <td data-name="">
                  <div class="row tight end">
                    <Player name={soundName(sound)} sound={() => addressOf(sound.file)} />
                    {!sound.shipped && (
                      <Asked
                        name={sound.name}
                        isAsked={asked === sound.file}
                        onAsk={() => setAsked(sound.file)}
                        onSure={() => void remove(sound)}
                      />
                    )}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function originOf(sound: Sound): string {
  if (sound.shipped) return t("sounds.shipped");
  const by = personOf(sound.by ?? "");
  return [by, sound.added ? moment(sound.added) : ""].filter(Boolean).join(", ");
}

/** A place to drop files on, or to choose one; several are sent one after the other. */
export function DropZone({ onAdded }: { onAdded: (sound: Sound) => void }) {
  const [isOver, setOver] = useState(false);
  const [share, setShare] = useState<number | null>(null);
  const [said, setSaid] = useState<{ isFault: boolean; text: string } | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const add = async (files: Iterable<File>) => {
    for (const file of files) {
      setSaid(null);
      const fault = refusal(file);
      if (fault) {
        setSaid({ isFault: true, text: fault });
        return;
      }
      setShare(0);
      try {
        const name = nameOf(file.name);
        const path = `/api/v1/sounds?name=${encodeURIComponent(name)}`;
        const sound = await upload<Sound>(path, file, setShare);
        setSaid({ isFault: false, text: t("sounds.added", { name: sound.name }) });
        onAdded(sound);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const why = error.faults.map((each) => each.mend).join("; ") || error.detail || t("problem.offline");
        setSaid({ isFault: true, text: `${file.name}: ${why}` });
        return;
      } finally {
        setShare(null);
      }
    }
  };
  return (
    <fieldset
      class={isOver ? "drop over" : "drop"}
      aria-label={t("sounds.upload")}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void add(event.dataTransfer?.files ?? []);
      }}
    >
      <p>{t("sounds.drop")}</p>
      <label for={id} class="sr">
        {t("sounds.choose")}
      </label>
      <input
        ref={input}
        id={id}
        type="file"
        class="sr"
        tabIndex={-1}
        accept={KINDS}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          void add(files);
        }}
      />
      <button type="button" class="button" disabled={share !== null} onClick={() => input.current?.click()}>
        <Icon name="upload" />
        {t("sounds.choose")}
      </button>
      <p class="small soft">{t("sounds.limits")}</p>
      {share !== null && (
        <progress aria-label={t("sounds.sending")} value={share} max={1}>
          {Math.round(share * 100)} %
        </progress>
      )}
      <p role="status" class={said ? (said.isFault ? "fault" : "good") : "sr"}>
        {said?.text}
      </p>
    </fieldset>
  );
}

/** What needs no sending to be refused. */
export function refusal(file: { name: string; size: number }): string | undefined {
  if (file.size > LARGEST) return t("sounds.large", { name: file.name });
  if (file.size === 0) return t("sounds.empty", { name: file.name });
  return undefined;
}

/** `On hold.final.mp3` is called *On hold.final*. */
export function nameOf(file: string): string {
  const plain = file
    .replace(/\.[^.]{1,5}$/, "")
    .replace(/\p{Cc}/gu, "")
    .trim();
  return [...(plain || "Upload")].slice(0, 64).join("");
}

interface SoundFieldProps {
  /** What it is for, if that stands nowhere else. */
  label?: string;
  value: string | undefined;
  fault?: string | undefined;
  onChange: (file: string | undefined) => void;
}

/** One sound: chosen from the library, or added to it. */
export function SoundField({ label, value, fault, onChange }: SoundFieldProps) {
  const [added, setAdded] = useState<Sound[]>([]);
  const known = useKnown<Sound[]>("/api/v1/sounds") ?? [];
  const all = [...known, ...added.filter((each) => !known.some((other) => other.file === each.file))];
  const chosen = all.find((sound) => sound.file === value);
  const [isAdding, setAdding] = useState(false);
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label ?? find("label.file")}</label>
      <div class="row tight">
        <select
          id={id}
          class="grow"
          value={value ?? ""}
          aria-invalid={fault ? "true" : undefined}
          onChange={(event) => onChange(event.currentTarget.value || undefined)}
        >
          <option value="">–</option>
          {value !== undefined && !chosen && <option value={value}>{value}</option>}
          {[true, false].map((shipped) => {
            const group = all.filter((sound) => sound.shipped === shipped);
            return (
              group.length > 0 && (
                <optgroup key={String(shipped)} label={t(shipped ? "sounds.shipped" : "sounds.own")}>
                  {group.map((sound) => (
                    <option key={sound.file} value={sound.file}>
                      {soundName(sound)} ({clock(sound.seconds * 1000)})
                    </option>
                  ))}
                </optgroup>
              )
            );
          })}
        </select>
        <Player
          name={chosen ? soundName(chosen) : ""}
          disabled={!chosen}
          sound={() => addressOf(value ?? "")}
        />
        <button type="button" class="button" aria-expanded={isAdding} onClick={() => setAdding(!isAdding)}>
          <Icon name="upload" />
          {t("sounds.upload")}
        </button>
      </div>
      {fault && <p class="fault">{fault}</p>}
      {isAdding && (
        <DropZone
          onAdded={(sound) => {
            forget();
            setAdded([...added, sound]);
            onChange(sound.file);
          }}
        />
      )}
    </div>
  );
}
