/** A form made of a schema: each field with its unit, range, default and moment of effect, and what the server says of it. */

import { useId } from "preact/hooks";
import { Check, Field } from "../parts/form";
import { Icon } from "../parts/icon";
import { type Key, t } from "../text/index";
import { human, kindOf, type Schema } from "./schema";

export type Value = unknown;
export type Table = Record<string, Value>;

interface EditorProps {
  schema: Schema;
  value: Value;
  /** Where it is in the document that is sent, as the server names it: `announcement.codes[0]`. */
  path: string;
  /** What is wrong with a field, by its path. */
  faults: (path: string) => string | undefined;
  onChange: (value: Value) => void;
}

/** What is said of a name, or the name itself in words. */
export function labelOf(name: string): string {
  const key = `set.${name}`;
  const said = t(key as Key);
  return said === key ? human(name) : said;
}

export function TableEditor({ schema, value, path, faults, onChange }: EditorProps) {
  const table = (value ?? {}) as Table;
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => name !== "id");
  const rank = ([name, of]: [string, Schema]) => rankOf(name, of, schema.required?.includes(name) ?? false);
  fields.sort((one, other) => rank(one) - rank(other));
  const change = (name: string) => (to: Value) => {
    const { [name]: _, ...rest } = table;
    onChange(to === undefined ? rest : { ...rest, [name]: to });
  };
  return (
    <div class="stack">
      {fields.map(([name, of]) => (
        <One
          key={name}
          name={name}
          required={schema.required?.includes(name) ?? false}
          schema={of}
          value={table[name]}
          path={path === "" ? name : `${path}.${name}`}
          faults={faults}
          onChange={change(name)}
        />
      ))}
    </div>
  );
}

/** Names first, then what is needed, then what is said, then what is made of parts. */
function rankOf(name: string, schema: Schema, required: boolean): number {
  if (name === "name" || name === "user") return 0;
  if (required) return 1;
  if (name === "text" || name === "file") return 2;
  return ["table", "tables", "either"].includes(kindOf(schema)) ? 4 : 3;
}

interface OneProps extends EditorProps {
  name: string;
  required: boolean;
}

function One(props: OneProps) {
  const { name, required, schema, value, path, faults, onChange } = props;
  const label = labelOf(name) + (required ? ` (${t("set.needed")})` : "");
  const fault = faults(path);
  const help = helpOf(schema);
  switch (kindOf(schema)) {
    case "yes": {
      const on = typeof value === "boolean" ? value : schema.default === true;
      return <Check label={label} checked={on} onChange={onChange} help={help} />;
    }
    case "number":
      return (
        <Field label={label} fault={fault} help={help}>
          <input
            type="number"
            step={schema.type === "integer" ? 1 : "any"}
            value={typeof value === "number" ? value : ""}
            placeholder={schema.default == null ? "" : String(schema.default)}
            onInput={(event) => {
              const text = event.currentTarget.value;
              onChange(text === "" ? undefined : Number(text));
            }}
          />
        </Field>
      );
    case "word":
      return (
        <Field label={label} fault={fault} help={help}>
          <select
            value={typeof value === "string" ? value : ""}
            onChange={(event) => onChange(event.currentTarget.value || undefined)}
          >
            <option value="">
              {schema.default == null ? "–" : t("set.default", { value: human(String(schema.default)) })}
            </option>
            {schema.enum?.map(
              (word) =>
                word !== null && (
                  <option key={word} value={word}>
                    {human(word)}
                  </option>
                ),
            )}
          </select>
        </Field>
      );
    case "secret":
      return (
        <Field label={label} fault={fault} help={t("set.secret")}>
          <input
            type="password"
            autocomplete="new-password"
            value={typeof value === "string" ? value : ""}
            onInput={(event) => onChange(event.currentTarget.value || undefined)}
          />
        </Field>
      );
    case "text":
      return <Text {...props} label={label} fault={fault} help={help} />;
    case "texts":
    case "words":
      return (
        <Field label={label} fault={fault ?? firstOf(path, value, faults)} help={help ?? t("set.lines")}>
          <textarea
            rows={3}
            value={Array.isArray(value) ? value.join("\n") : ""}
            onInput={(event) => {
              const lines = event.currentTarget.value.split("\n").map((line) => line.trim());
              const kept = lines.filter((line, place) => line !== "" || place === lines.length - 1);
              const isEmpty = kept.every((line) => line === "");
              onChange(isEmpty ? undefined : kept.filter((line) => line !== ""));
            }}
          />
        </Field>
      );
    case "table":
      return <Optional {...props} label={label} />;
    case "tables":
      return <Many {...props} label={label} />;
    case "either":
      return <Either {...props} label={label} fault={fault} />;
  }
}

type Labelled = OneProps & { label: string; fault?: string | undefined; help?: string | undefined };

function Text({ name, value, label, fault, help, schema, onChange }: Labelled) {
  const shown = typeof value === "string" ? value : "";
  const placeholder = typeof schema.default === "string" ? schema.default : "";
  if (name === "text") {
    return (
      <Field label={label} fault={fault} help={help}>
        <textarea value={shown} onInput={(event) => onChange(event.currentTarget.value || undefined)} />
      </Field>
    );
  }
  return (
    <Field label={label} fault={fault} help={help}>
      <input
        value={shown}
        placeholder={placeholder}
        onInput={(event) => onChange(event.currentTarget.value || undefined)}
      />
    </Field>
  );
}

/** Something that is there or not: a greeting, an announcement. */
function Optional({ label, required, schema, value, path, faults, onChange }: Labelled) {
  const isOn = value !== undefined || required;
  const fault = faults(path);
  return (
    <fieldset class="part">
      <legend>{label}</legend>
      {!required && (
        <Check label={t("set.on")} checked={isOn} onChange={(on) => onChange(on ? {} : undefined)} />
      )}
      {fault && <p class="fault">{fault}</p>}
      {isOn && <TableEditor schema={schema} value={value} path={path} faults={faults} onChange={onChange} />}
    </fieldset>
  );
}

function Many({ label, schema, value, path, faults, onChange }: Labelled) {
  const all = Array.isArray(value) ? value : [];
  const fault = faults(path);
  const set = (next: Value[]) => onChange(next.length === 0 ? undefined : next);
  return (
    <fieldset class="part">
      <legend>{label}</legend>
      {fault && <p class="fault">{fault}</p>}
      {all.map((each, place) => (
        <div key={place} class="item">
          <div class="grow">
            <TableEditor
              schema={schema.items ?? {}}
              value={each}
              path={`${path}[${place}]`}
              faults={faults}
              onChange={(to) => set(all.map((known, at) => (at === place ? to : known)))}
            />
          </div>
          <button
            type="button"
            class="button quiet icon"
            onClick={() => set(all.filter((_, at) => at !== place))}
          >
            <Icon name="trash" />
            <span class="sr">{t("set.remove", { name: `${label} ${place + 1}` })}</span>
          </button>
        </div>
      ))}
      <button type="button" class="button" onClick={() => set([...all, {}])}>
        <Icon name="plus" />
        {t("set.add")}
      </button>
    </fieldset>
  );
}

/** A word, or a table: what happens after the longest wait. */
function Either({ label, schema, value, path, faults, fault, onChange }: Labelled) {
  const table = schema.oneOf?.find((each) => each.type === "object") ?? {};
  const words = schema.oneOf?.find((each) => each.enum)?.enum ?? [];
  const isTable = typeof value === "object" && value !== null;
  const id = useId();
  return (
    <fieldset class="part">
      <legend>{label}</legend>
      <div class="field">
        <label for={id}>{t("set.choice")}</label>
        <select
          id={id}
          value={isTable ? "{}" : ((value as string | undefined) ?? "")}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            onChange(chosen === "{}" ? {} : chosen || undefined);
          }}
        >
          <option value="">
            {schema.default == null ? "–" : t("set.default", { value: human(String(schema.default)) })}
          </option>
          {words.map(
            (word) =>
              word !== null && (
                <option key={word} value={word}>
                  {human(word)}
                </option>
              ),
          )}
          <option value="{}">
            {Object.keys(table.properties ?? {})
              .map(human)
              .join(" / ")}
          </option>
        </select>
        {fault && <p class="fault">{fault}</p>}
      </div>
      {isTable && (
        <TableEditor schema={table} value={value} path={path} faults={faults} onChange={onChange} />
      )}
    </fieldset>
  );
}

/** Range, unit, default, and when a change takes effect. */
function helpOf(schema: Schema): string | undefined {
  const parts: string[] = [];
  const unit = schema["x-unit"] ?? "";
  if (schema.description) parts.push(schema.description);
  if (schema.minimum !== undefined && schema.maximum !== undefined) {
    parts.push(t("set.range", { from: schema.minimum, to: schema.maximum, unit }).trim());
  }
  const known = schema.default;
  if (known != null && typeof known !== "object")
    parts.push(t("set.default", { value: `${known} ${unit}`.trim() }));
  const effect = schema["x-effect"];
  if (effect) {
    const key = `effect.${effect}`;
    const said = t(key as Key);
    parts.push(t("set.effect", { when: said === key ? human(effect).toLowerCase() : said }));
  }
  return parts.length > 0 ? parts.join(" · ") : undefined;
}

function firstOf(
  path: string,
  value: Value,
  faults: (path: string) => string | undefined,
): string | undefined {
  const all = Array.isArray(value) ? value : [];
  return all.map((_, place) => faults(`${path}[${place}]`)).find((fault) => fault !== undefined);
}
