/** A form made of a schema: each field with its unit, range, default and moment of effect, and what the server says of it. */

import { useContext, useId } from "preact/hooks";
import { Check } from "../parts/form";
import { Icon } from "../parts/icon";
import { type Key, t } from "../text/index";
import {
  type FieldProps,
  Form,
  LinesField,
  NameField,
  NamesField,
  NumberField,
  SecretField,
  type Table,
  TextField,
  useSaid,
  type Value,
  WordField,
  WordsField,
  YesField,
} from "./fields";
import { Holidays } from "./holidays";
import { isMessage, MessageEditor } from "./message";
import { kindOf, type Schema } from "./schema";
import { defaultOf, labelOf, placeOf, wordOf } from "./words";

/** What peers are used to. */
const HABITS: Group = [
  "set.habits",
  [
    "codecs",
    "dtmf",
    "early_media",
    "identity",
    "reliable_provisionals",
    "rtcp_mux",
    "session_timer_s",
    "srtp",
  ],
];

type Group = [Key, string[]];

/** What few need stands behind the rest, each group on its own. */
const GROUPS: Record<string, Group[]> = {
  agents: [HABITS],
  trunks: [
    [
      "set.numbers",
      [
        "called",
        "caller_id",
        "withhold",
        "trust",
        "country",
        "international_prefix",
        "national_prefix",
        "format",
        "strip",
        "prefix",
      ],
    ],
    ["set.limits", ["max_calls", "calls_per_second", "options_s", "sticky_agent", "whatsapp"]],
    ["set.way", ["expires_s", "realms", "from_domain", "outbound_proxy", "verify"]],
    HABITS,
  ],
};

/** The order in which people think of it; what is not named follows by its kind. */
const ORDER: Record<string, string[]> = {
  agents: ["user", "name", "password", "teams", "wrap_up_s", "record_calls", "record_direction"],
  queues: ["name", "agents", "distribution", "hours", "greeting", "music", "announcement", "max_wait"],
  strategies: ["name", "queues", "senders", "greeting", "music", "announcement", "max_wait"],
  hours: ["name", "zone", "week", "holidays", "away", "codes", "wait_for_response_s"],
  "callback-configurations": ["name", "type", "priority", "retries", "delay_s", "confirmation"],
  "call-link-configurations": [
    "name",
    "routing",
    "strict",
    "queue",
    "types",
    "default_type",
    "expires_after_s",
  ],
  hold: ["music", "announcement", "absence_enabled", "absence", "absence_after_s"],
  "hold-messages": ["name", "enabled", "queues", "music", "announcement"],
  transfer: [
    "music",
    "message_enabled",
    "message",
    "early_media",
    "allow_unlisted_numbers",
    "on_failure",
    "failed_message",
  ],
  trunks: ["name", "server", "transport", "from", "user", "password", "register"],
  "ways-out": ["number", "trunks", "agents"],
  routes: ["number", "to"],
  "wrap-up": ["enabled", "default_s", "extend"],
  recording: [
    "enabled",
    "direction",
    "video",
    "composition",
    "consent",
    "mask_digits_s",
    "retention_days",
    "quota_gb",
    "audit_days",
  ],
  storage: [
    "enabled",
    "kind",
    "host",
    "port",
    "host_key",
    "endpoint",
    "bucket",
    "region",
    "user",
    "password",
    "path",
  ],
  dialling: ["country", "international_prefix", "national_prefix"],
};

/** The same for what is inside of others. */
const INSIDE: Record<string, string[]> = {
  codes: ["digits", "callback"],
  holidays: ["date", "name", "open"],
  week: ["days", "from", "to"],
};

/** Of a storage, what the other kind has. */
const OTHERS: Record<string, string[]> = {
  sftp: ["endpoint", "bucket", "region"],
  s3: ["host", "port", "host_key", "key_file"],
};

/** Whether a field means something beside what else is set. */
function isMeant(section: string, name: string, table: Table): boolean {
  if (section !== "storage" || name in table) return true;
  return !(OTHERS[String(table.kind ?? "sftp")] ?? []).includes(name);
}

export function TableEditor(props: FieldProps & { only?: (name: string) => boolean }) {
  const { schema, value, path, onChange, only } = props;
  const { section, faults } = useContext(Form);
  const table = (value ?? {}) as Table;
  const all = Object.entries(schema.properties ?? {});
  const fields = all.filter(
    ([name]) => name !== "id" && (only?.(name) ?? true) && isMeant(section, name, table),
  );
  const order = (path === "" ? ORDER[section] : INSIDE[path.replace(/^.*\.|\[\d+\]$/g, "")]) ?? [];
  const rank = ([name, of]: [string, Schema]) => {
    const place = order.indexOf(name);
    return place >= 0 ? place - 100 : rankOf(name, of, schema.required?.includes(name) ?? false);
  };
  fields.sort((one, other) => rank(one) - rank(other));
  const change = (name: string) => (to: Value) => {
    const { [name]: _, ...rest } = table;
    onChange(to === undefined ? rest : { ...rest, [name]: to });
  };
  const under = (name: string) => (path === "" ? name : `${path}.${name}`);
  const one = ([name, of]: [string, Schema]) => (
    <One
      key={name}
      required={schema.required?.includes(name) ?? false}
      schema={of}
      value={table[name]}
      path={under(name)}
      onChange={change(name)}
    />
  );
  const groups = path === "" ? (GROUPS[section] ?? []) : [];
  const behind = new Set(groups.flatMap(([, names]) => names));
  return (
    <div class="stack">
      {fields.filter(([name]) => !behind.has(name)).map(one)}
      {groups.map(([title, names]) => {
        const own = names.flatMap((name) => fields.filter(([other]) => other === name));
        if (own.length === 0) return null;
        return (
          <details key={title} class="part" open={names.some((name) => faults(under(name)))}>
            <summary>{t(title)}</summary>
            <div class="stack">{own.map(one)}</div>
          </details>
        );
      })}
    </div>
  );
}

/** Names first, then what is needed, then what is made of parts. */
function rankOf(name: string, schema: Schema, required: boolean): number {
  if (name === "name" || name === "user") return 0;
  if (required) return 1;
  return ["table", "tables", "either"].includes(kindOf(schema)) ? 4 : 3;
}

function One(props: FieldProps) {
  const { isFrozen } = useContext(Form);
  if (!isFrozen(props.path)) return <Any {...props} />;
  return (
    <fieldset class="choices" disabled>
      <Any {...props} />
    </fieldset>
  );
}

function Any(props: FieldProps) {
  switch (kindOf(props.schema)) {
    case "yes":
      return <YesField {...props} />;
    case "number":
      return <NumberField {...props} />;
    case "word":
      return <WordField {...props} />;
    case "secret":
      return <SecretField {...props} />;
    case "text":
      return props.schema["x-names"] ? <NameField {...props} /> : <TextField {...props} />;
    case "texts":
      return props.schema["x-names"] ? <NamesField {...props} /> : <LinesField {...props} />;
    case "words":
      return <WordsField {...props} />;
    case "table":
      return <Optional {...props} />;
    case "tables":
      return <Many {...props} />;
    case "either":
      return <Either {...props} />;
  }
}

/** Something that is there or not: a greeting, an announcement. */
function Optional(props: FieldProps) {
  const { required, schema, value, path, onChange } = props;
  const isOn = value !== undefined || (required ?? false);
  const quiet = isOn && !isMessage(schema);
  const { place, label, help, fault } = useSaid({ ...props, required: false, quiet });
  return (
    <fieldset class="part">
      <legend>{label}</legend>
      {help && <p class="help">{help}</p>}
      {!required && (
        <Check label={t("set.on")} checked={isOn} onChange={(on) => onChange(on ? {} : undefined)} />
      )}
      {fault && <p class="fault">{fault}</p>}
      {isOn &&
        (isMessage(schema) ? (
          <MessageEditor {...props} place={place} />
        ) : (
          <TableEditor schema={schema} value={value} path={path} onChange={onChange} />
        ))}
    </fieldset>
  );
}

/** Lists whose entries have so few keys that they stand beside each other. */
const IN_A_ROW = ["queues.announcement.codes", "strategies.announcement.codes", "hours.codes", "hours.week"];

function Many(props: FieldProps) {
  const { schema, value, path, onChange } = props;
  const { faults } = useContext(Form);
  const all = Array.isArray(value) ? value : [];
  const { place, label, help, fault } = useSaid({ ...props, quiet: all.length > 0 });
  const set = (next: Value[]) => onChange(next.length === 0 ? undefined : next);
  return (
    <fieldset class="part">
      <legend>{label}</legend>
      {help && <p class="help">{help}</p>}
      {fault && <p class="fault">{fault}</p>}
      {place === "hours.holidays" && <Holidays value={all} onChange={set} />}
      {all.map((each, at) => (
        <div key={at} class="item">
          <div class={IN_A_ROW.includes(place) ? "grow pair" : "grow"}>
            <TableEditor
              schema={schema.items ?? {}}
              value={each}
              path={`${path}[${at}]`}
              onChange={(to) => set(all.map((known, other) => (other === at ? to : known)))}
            />
            <p class="fault">{faults(`${path}[${at}]`)}</p>
          </div>
          <button
            type="button"
            class="button quiet icon"
            onClick={() => set(all.filter((_, other) => other !== at))}
          >
            <Icon name="trash" />
            <span class="sr">{t("set.remove", { name: `${label} ${at + 1}` })}</span>
          </button>
        </div>
      ))}
      <button type="button" class="button self" onClick={() => set([...all, {}])}>
        <Icon name="plus" />
        {t("set.add")}
        <span class="sr"> {label}</span>
      </button>
    </fieldset>
  );
}

/** A word, or one key of a table: what happens after the longest wait. */
function Either(props: FieldProps) {
  const { place, label, help, fault } = useSaid(props);
  const { draft, section } = useContext(Form);
  const { schema, value, path, onChange } = props;
  const table = schema.oneOf?.find((each) => each.type === "object") ?? {};
  const words = schema.oneOf?.find((each) => each.enum)?.enum ?? [];
  const keys = Object.keys(table.properties ?? {});
  const own = typeof value === "object" && value !== null ? (value as Table) : undefined;
  const chosen = own ? `.${Object.keys(own)[0] ?? keys[0]}` : ((value as string | undefined) ?? "");
  // Whoever called a number has no queue of their own that others could follow (R26).
  const isBarred = (key: string) =>
    section === "strategies" && key === "queue" && Array.isArray(draft.senders);
  const usual = defaultOf(schema, place);
  const id = useId();
  return (
    <fieldset class="part">
      <legend>{label}</legend>
      <div class="field">
        <label for={id} class="sr">
          {label}
        </label>
        <select
          id={id}
          value={chosen}
          aria-invalid={fault ? "true" : undefined}
          onChange={(event) => {
            const to = event.currentTarget.value;
            onChange(to.startsWith(".") ? { [to.slice(1)]: undefined } : to || undefined);
          }}
        >
          <option value="">{usual ? t("set.default", { value: usual }) : "–"}</option>
          {words.map(
            (word) =>
              word !== null && (
                <option key={word} value={word}>
                  {wordOf(place, word)}
                </option>
              ),
          )}
          {keys.map((key) => (
            <option key={key} value={`.${key}`} disabled={isBarred(key)}>
              {labelOf(placeOf(section, `${path}.${key}`))}
            </option>
          ))}
        </select>
        {keys.some(isBarred) && <p class="help">{t("set.barred")}</p>}
        {help && <p class="help">{help}</p>}
        {fault && <p class="fault">{fault}</p>}
      </div>
      {own &&
        keys
          .filter((key) => chosen === `.${key}`)
          .map((key) => (
            <One
              key={key}
              schema={table.properties?.[key] ?? {}}
              value={own[key]}
              path={`${path}.${key}`}
              onChange={(to) => onChange({ [key]: to })}
            />
          ))}
    </fieldset>
  );
}
