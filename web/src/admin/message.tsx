/** Something that is said or played: a text with a voice, or a sound of the library; to be heard before it is saved. */

import { useContext, useId, useRef, useState } from "preact/hooks";
import { Player } from "../parts/player";
import { find, t } from "../text/index";
import { blob } from "../wire/rest";
import { TableEditor } from "./editor";
import { type FieldProps, Form, type Table } from "./fields";
import { type Form as PlaceForm, useKnown, type Voice } from "./known";
import type { Schema } from "./schema";
import { SoundField } from "./sounds";

const SPEECH = ["text", "file", "voice", "rate", "quality", "position"];

export function isMessage(schema: Schema): boolean {
  const known = schema.properties ?? {};
  return SPEECH.every((name) => name in known);
}

/** Music is a sound, never spoken. */
function isMusic(place: string): boolean {
  return place.endsWith(".music");
}

export function MessageEditor({ schema, value, path, place, onChange }: FieldProps & { place: string }) {
  const table = (value ?? {}) as Table;
  const [kind, setKind] = useState<"text" | "file">(
    isMusic(place) || typeof table.file === "string" ? "file" : "text",
  );
  const { faults } = useContext(Form);
  const id = useId();
  const set = (change: Table) => {
    const next = { ...table, ...change };
    onChange(Object.fromEntries(Object.entries(next).filter(([, each]) => each !== undefined)));
  };
  const turn = (to: "text" | "file") => {
    setKind(to);
    const other =
      to === "text" ? { file: undefined } : Object.fromEntries(SPEECH.map((each) => [each, undefined]));
    set(other);
  };
  const sound = typeof table.file === "string" ? table.file : undefined;
  return (
    <div class="stack">
      {!isMusic(place) && (
        <div class="row" role="radiogroup" aria-label={t("message.kind")}>
          {(["text", "file"] as const).map((each) => (
            <label key={each} class="chip">
              <input type="radio" name={id} checked={kind === each} onChange={() => turn(each)} />
              <span>{t(`message.${each}`)}</span>
            </label>
          ))}
        </div>
      )}
      {kind === "file" ? (
        <SoundField value={sound} fault={faults(`${path}.file`)} onChange={(file) => set({ file })} />
      ) : (
        <Spoken table={table} path={path} set={set} />
      )}
      <TableEditor
        schema={schema}
        value={value}
        path={path}
        onChange={onChange}
        only={(name) => !SPEECH.includes(name)}
      />
    </div>
  );
}

const USUAL = { voice: "en", rate: 160, position: "adaptive" as PlaceForm };
const FORMS: PlaceForm[] = ["ordinal", "cardinal", "adaptive"];

interface SpokenProps {
  table: Table;
  path: string;
  set: (change: Table) => void;
}

/** First who speaks, then what they say: which forms there are depends on the voice (R42, R43). */
function Spoken({ table, path, set }: SpokenProps) {
  const { faults } = useContext(Form);
  const voices = useKnown<{ voices: Voice[] }>("/api/v1/voices")?.voices ?? [];
  const account = useKnown<{ neural?: boolean }>("/api/v1/settings/speech");
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const said = typeof table.text === "string" ? table.text : "";
  const name = typeof table.voice === "string" ? table.voice : USUAL.voice;
  const voice = voiceOf(voices, name);
  const language = languageOf(voice?.language ?? name);
  const languages = [...new Set(voices.map((each) => languageOf(each.language)))];
  const speakers = voices.filter((each) => languageOf(each.language) === language);
  const rate = typeof table.rate === "number" ? table.rate : USUAL.rate;
  const form = (table.position as PlaceForm | undefined) ?? USUAL.position;
  const choose = (wanted: string) => {
    const found = voiceOf(voices, wanted);
    set({ voice: wanted, quality: found?.quality === "neural" ? "neural" : undefined });
  };
  const insert = (mark: string) => {
    const at = area.current?.selectionStart ?? said.length;
    set({ text: `${said.slice(0, at)}${mark}${said.slice(at)}` });
    area.current?.focus();
  };
  const body = () => {
    const { voice, rate, quality, position } = table;
    return Object.fromEntries(
      Object.entries({ text: said, voice, rate, quality, position }).filter(([, each]) => each !== undefined),
    );
  };
  const fault = (key: string) => {
    const told = faults(`${path}.${key}`);
    return told && <p class="fault">{told}</p>;
  };
  return (
    <>
      <div class="columns">
        <div class="field">
          <label for={`${id}-language`}>{t("message.language")}</label>
          <select
            id={`${id}-language`}
            value={language}
            onChange={(event) => {
              const wanted = event.currentTarget.value;
              const first = voices.find((each) => languageOf(each.language) === wanted);
              if (first) choose(voices.some((each) => each.name === wanted) ? wanted : first.name);
            }}
          >
            {!languages.includes(language) && <option value={language}>{nameOf(language)}</option>}
            {languages
              .map((tag) => [tag, nameOf(tag)] as const)
              .sort((one, other) => one[1].localeCompare(other[1]))
              .map(([tag, shown]) => (
                <option key={tag} value={tag}>
                  {shown}
                </option>
              ))}
          </select>
        </div>
        <div class="field">
          <label for={`${id}-voice`}>{find("label.voice")}</label>
          <select
            id={`${id}-voice`}
            value={name}
            aria-invalid={faults(`${path}.voice`) ? "true" : undefined}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {!speakers.some((each) => each.name === name) && <option value={name}>{name}</option>}
            {speakers.map((each) => (
              <option
                key={`${each.name} ${each.quality}`}
                value={each.name}
                disabled={each.quality === "neural" && account?.neural === false}
              >
                {speakerOf(each)}
              </option>
            ))}
          </select>
          {fault("voice")}
          {fault("quality")}
        </div>
      </div>
      <div class="field">
        <label for={`${id}-rate`}>
          {find("label.rate")}: <span class="number">{rate}</span>
        </label>
        <input
          id={`${id}-rate`}
          type="range"
          min={80}
          max={450}
          step={10}
          value={rate}
          onInput={(event) => set({ rate: Number(event.currentTarget.value) })}
        />
        <p class="help facts">{t("message.rate.help")}</p>
        {fault("rate")}
      </div>
      <div class="field">
        <label for={`${id}-text`}>{find("label.text")}</label>
        <textarea
          id={`${id}-text`}
          ref={area}
          value={said}
          aria-invalid={faults(`${path}.text`) ? "true" : undefined}
          onInput={(event) => set({ text: event.currentTarget.value || undefined })}
        />
        {fault("text")}
        {path.endsWith("announcement") && (
          <div class="row tight">
            <button
              type="button"
              class="button small"
              disabled={voice !== undefined && voice.positions.length === 0}
              onClick={() => insert("{position}")}
            >
              {t("message.position")}
            </button>
            <button
              type="button"
              class="button small"
              disabled={voice?.wait === false}
              onClick={() => insert("{wait}")}
            >
              {t("message.wait")}
            </button>
          </div>
        )}
      </div>
      {said.includes("{position") && (
        <fieldset class="choices">
          <legend class="label">{find("label.position")}</legend>
          <div class="row tight">
            {FORMS.map((each) => (
              <label key={each} class="chip">
                <input
                  type="radio"
                  name={`${id}-position`}
                  checked={form === each}
                  disabled={voice !== undefined && !voice.positions.includes(each)}
                  onChange={() => set({ position: each })}
                />
                <span>{find(`word.position.${each}`)}</span>
              </label>
            ))}
          </div>
          {voice && voice.positions.length < FORMS.length && (
            <p class="help">{t("message.forms", { voice: speakerOf(voice) })}</p>
          )}
          {fault("position")}
        </fieldset>
      )}
      <div class="row">
        <Player
          name={find("label.text") ?? ""}
          label={t("message.listen")}
          disabled={said === ""}
          sound={() => blob("POST", "/api/v1/speech/preview", body(), "audio/wav")}
        />
      </div>
    </>
  );
}

/** The voice of a name; a language alone is spoken by the first that speaks it. */
export function voiceOf(voices: readonly Voice[], name: string): Voice | undefined {
  return (
    voices.find((voice) => voice.name === name) ??
    voices.find((voice) => languageOf(voice.language) === languageOf(name))
  );
}

/** `en-gb-scotland` is English. */
function languageOf(tag: string): string {
  return tag.split(/[-_]/)[0]?.toLowerCase() ?? tag;
}

function nameOf(tag: string): string {
  try {
    return (
      new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "language" }).of(tag) ?? tag
    );
  } catch {
    return tag;
  }
}

function speakerOf(voice: Voice): string {
  const gender = voice.gender && t(`voice.${voice.gender}`);
  const quality = find(`word.quality.${voice.quality}`) ?? voice.quality;
  return `${voice.name} (${[gender, quality].filter(Boolean).join(", ")})`;
}
