/** One value each: a text, a number, a choice, a name of something else, or several of them. */

import { createContext } from "preact";
import { useContext, useId, useState } from "preact/hooks";
import { Check, Field } from "../parts/form";
import { Icon } from "../parts/icon";
import { t } from "../text/index";
import { type Choice, useChoices } from "./known";
import type { Schema } from "./schema";
import { defaultOf, factsOf, foundAt, labelOf, lengthOf, placeOf, unitOf, wordOf } from "./words";

export type Value = unknown;
export type Table = Record<string, Value>;

/** What a whole form is about. */
export interface Editing {
  /** The last part of the section's address: `queues`. */
  section: string;
  /** All that is set so far. */
  draft: Table;
  /** What is wrong with a field, by its path as the server names it. */
  faults: (path: string) => string | undefined;
  /** Whether a field cannot be changed as things are. */
  isFrozen: (path: string) => boolean;
}

export const Form = createContext<Editing>({
  section: "",
  draft: {},
  faults: () => undefined,
  isFrozen: () => false,
});

export interface FieldProps {
  schema: Schema;
  value: Value;
  /** Where it is in the document that is sent, as the server names it: `announcement.codes[0]`. */
  path: string;
  onChange: (value: Value) => void;
  required?: boolean;
  /** Its facts are said by what is in it. */
  quiet?: boolean;
}

/** What is said of a field: its name, its help with the facts, and what is wrong with it. */
export function useSaid({ schema, path, required, quiet }: FieldProps) {
  const { section, faults } = useContext(Form);
  const place = placeOf(section, path);
  const about = foundAt("help", place);
  const facts = quiet ? [] : factsOf(schema, place);
  const help = (about || facts.length > 0) && (
    <>
      {about && <>{about} </>}
      {facts.length > 0 && <span class="facts">{facts.join(" · ")}</span>}
    </>
  );
  const label = labelOf(place) + (required ? ` (${t("set.needed")})` : "");
  return { place, label, help, fault: faults(path) };
}

export function YesField(props: FieldProps) {
  const { label, help, fault } = useSaid(props);
  const { value, schema, onChange } = props;
  const on = typeof value === "boolean" ? value : schema.default === true;
  return <Check label={label} checked={on} onChange={onChange} help={help} fault={fault} />;
}

export function NumberField(props: FieldProps) {
  const { label, help, fault } = useSaid(props);
  const { value, schema, onChange } = props;
  const unit = unitOf(schema);
  const id = useId();
  const length = unit === "s" && typeof value === "number" ? lengthOf(value) : undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="row tight">
        <input
          id={id}
          class="number narrow"
          type="number"
          inputMode="decimal"
          step={schema.type === "integer" ? 1 : "any"}
          value={typeof value === "number" ? value : ""}
          placeholder={schema.default == null ? "" : String(schema.default)}
          aria-invalid={fault ? "true" : undefined}
          aria-describedby={`${id}-help ${id}-fault`}
          onInput={(event) => {
            const text = event.currentTarget.value;
            onChange(text === "" ? undefined : Number(text));
          }}
        />
        {unit && <span class="soft">{unit}</span>}
        {length && <span class="soft small">= {length}</span>}
        {schema.default != null && value !== undefined && value !== schema.default && (
          <button type="button" class="button quiet" onClick={() => onChange(undefined)}>
            {t("set.reset")}
            <span class="sr"> {label}</span>
          </button>
        )}
      </div>
      <p class="help" id={`${id}-help`}>
        {help}
      </p>
      <p class="fault" id={`${id}-fault`}>
        {fault}
      </p>
    </div>
  );
}

export function WordField(props: FieldProps) {
  const { place, label, help, fault } = useSaid(props);
  const { value, schema, onChange } = props;
  const usual = defaultOf(schema, place);
  return (
    <Field label={label} fault={fault} help={help}>
      <select
        value={typeof value === "string" ? value : ""}
        onChange={(event) => onChange(event.currentTarget.value || undefined)}
      >
        <option value="">{usual ? t("set.default", { value: usual }) : "–"}</option>
        {schema.enum?.map(
          (word) =>
            word !== null && (
              <option key={word} value={word}>
                {wordOf(place, word)}
              </option>
            ),
        )}
      </select>
    </Field>
  );
}

export function WordsField(props: FieldProps) {
  const { place, label, help, fault } = useSaid(props);
  const { value, schema, onChange } = props;
  const words = (schema.items?.enum ?? []).filter((word) => word !== null);
  const chosen = Array.isArray(value) ? (value as string[]) : [];
  const turn = (word: string, on: boolean) => {
    // Days stay in the order of the week; where the order counts, the one chosen last comes last.
    const next = on ? [...chosen, word] : chosen.filter((each) => each !== word);
    const sorted = place.endsWith("codecs") ? next : words.filter((each) => next.includes(each));
    onChange(sorted.length > 0 ? sorted : undefined);
  };
  return (
    <fieldset class="choices">
      <legend class="label">{label}</legend>
      <div class="row tight">
        {words.map((word) => {
          const rank = place.endsWith("codecs") ? chosen.indexOf(word) : -1;
          return (
            <label key={word} class="chip">
              <input
                type="checkbox"
                checked={chosen.includes(word)}
                onChange={(event) => turn(word, event.currentTarget.checked)}
              />
              <span>{wordOf(place, word) + (rank >= 0 ? ` (${rank + 1})` : "")}</span>
            </label>
          );
        })}
      </div>
      {help && <p class="help">{help}</p>}
      {fault && <p class="fault">{fault}</p>}
    </fieldset>
  );
}

export function SecretField(props: FieldProps) {
  const { place, label, help, fault } = useSaid(props);
  const { value, onChange } = props;
  const { section, draft } = useContext(Form);
  const isKept = "id" in draft || section === "storage";
  const said = (
    <>
      {help} {t(isKept ? "set.secret" : "set.secret.new")}
    </>
  );
  return (
    <>
      <Field label={label} fault={fault} help={said}>
        <input
          type="password"
          autocomplete="new-password"
          disabled={value === ""}
          value={typeof value === "string" ? value : ""}
          onInput={(event) => onChange(event.currentTarget.value || undefined)}
        />
      </Field>
      {place === "trunks.password" && isKept && (
        <Check
          label={t("set.no_secret")}
          checked={value === ""}
          onChange={(none) => onChange(none ? "" : undefined)}
        />
      )}
    </>
  );
}

export function TextField(props: FieldProps) {
  const { place, label, help, fault } = useSaid(props);
  const { value, schema, onChange } = props;
  const usual = typeof schema.default === "string" ? schema.default : "";
  const zones = place.endsWith(".zone") ? Intl.supportedValuesOf("timeZone") : [];
  const id = useId();
  return (
    <>
      <Field label={label} fault={fault} help={help}>
        <input
          type={place.endsWith("holidays.date") ? "date" : "text"}
          value={typeof value === "string" ? value : ""}
          placeholder={usual}
          list={zones.length > 0 ? id : undefined}
          autocomplete="off"
          onInput={(event) => onChange(event.currentTarget.value || undefined)}
        />
      </Field>
      {zones.length > 0 && (
        <datalist id={id}>
          {zones.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** Texts, a line each. */
export function LinesField(props: FieldProps) {
  const { label, help, fault } = useSaid(props);
  const { faults } = useContext(Form);
  const { value, path, onChange } = props;
  const all = Array.isArray(value) ? (value as string[]) : [];
  // What is being typed keeps its empty line.
  const [typed, setTyped] = useState(all.join("\n"));
  const inside = all.map((_, place) => faults(`${path}[${place}]`)).find((each) => each !== undefined);
  const said = (
    <>
      {help} {t("set.lines")}
    </>
  );
  return (
    <Field label={label} fault={fault ?? inside} help={said}>
      <textarea
        rows={3}
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          const lines = event.currentTarget.value.split("\n").map((line) => line.trim());
          const kept = lines.filter((line) => line !== "");
          onChange(kept.length > 0 ? kept : undefined);
        }}
      />
    </Field>
  );
}

/** The name of something else. */
export function NameField(props: FieldProps) {
  const { label, help, fault } = useSaid(props);
  const { value, schema, onChange } = props;
  const choices = withOwn(useChoices(schema["x-names"]), value);
  return (
    <Field label={label} fault={fault} help={help}>
      <select
        value={typeof value === "string" ? value : ""}
        onChange={(event) => onChange(event.currentTarget.value || undefined)}
      >
        <option value="">–</option>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.shown}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** Where nobody is named, everybody is meant. */
const ALL_BY_DEFAULT = ["queues.agents", "ways-out.agents"];

/** Several names, in an order. */
export function NamesField(props: FieldProps) {
  const { place, label, help, fault } = useSaid(props);
  const { faults } = useContext(Form);
  const { value, path, schema, onChange } = props;
  const known = useChoices(schema["x-names"]);
  const chosen = Array.isArray(value) ? (value as string[]) : [];
  const mayAll = ALL_BY_DEFAULT.includes(place);
  const isAll = mayAll && value === undefined;
  const left = known.filter((choice) => !chosen.includes(choice.value));
  const id = useId();
  const set = (next: string[]) => onChange(next.length === 0 && !mayAll ? undefined : next);
  const up = (at: number) => {
    const next = [...chosen];
    next.splice(at - 1, 0, ...next.splice(at, 1));
    set(next);
  };
  const shown = (name: string) => known.find((choice) => choice.value === name)?.shown ?? name;
  const inside = chosen.map((_, at) => faults(`${path}[${at}]`)).find((each) => each !== undefined);
  return (
    <fieldset class="choices">
      <legend class="label">{label}</legend>
      {mayAll && (
        <Check
          label={t("set.all")}
          checked={isAll}
          onChange={(on) => onChange(on ? undefined : known.map((choice) => choice.value))}
        />
      )}
      {!isAll && (
        <>
          {chosen.length > 0 && (
            <ul class="names">
              {chosen.map((name, at) => (
                <li key={name} class="row tight">
                  <span class="grow">{shown(name)}</span>
                  {at > 0 && (
                    <button type="button" class="button quiet icon" onClick={() => up(at)}>
                      <Icon name="up" />
                      <span class="sr">{t("set.up", { name: shown(name) })}</span>
                    </button>
                  )}
                  <button
                    type="button"
                    class="button quiet icon"
                    onClick={() => set(chosen.filter((each) => each !== name))}
                  >
                    <Icon name="close" />
                    <span class="sr">{t("set.remove", { name: shown(name) })}</span>
                  </button>
                </li>
              ))}
            </ul>
          )}
          {left.length > 0 && (
            <>
              <label for={id} class="sr">
                {t("set.add")}: {label}
              </label>
              <select
                id={id}
                value=""
                onChange={(event) => {
                  set([...chosen, event.currentTarget.value]);
                  event.currentTarget.value = "";
                }}
              >
                <option value="">{t("set.choose")}</option>
                {left.map((choice) => (
                  <option key={choice.value} value={choice.value}>
                    {choice.shown}
                  </option>
                ))}
              </select>
            </>
          )}
          {known.length === 0 && <p class="small soft">{t("admin.none")}</p>}
        </>
      )}
      {help && <p class="help">{help}</p>}
      {(fault ?? inside) && <p class="fault">{fault ?? inside}</p>}
    </fieldset>
  );
}

/** What is set stays to be seen, even if it is none of the choices. */
function withOwn(choices: Choice[], value: Value): Choice[] {
  const isOther =
    typeof value === "string" && value !== "" && !choices.some((choice) => choice.value === value);
  return isOther ? [...choices, { value, shown: value }] : choices;
}
