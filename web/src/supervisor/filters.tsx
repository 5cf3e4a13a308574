/** Fields by which lists are searched. */

import { useState } from "preact/hooks";
import { Field } from "../parts/form";
import { t } from "../text/index";
import { floor } from "./floor";

type Change = (event: Event) => void;

/** What is searched for, and how the API is asked for it: what is empty is not asked for. */
export function useFilter<T extends Record<string, string>>(all: T) {
  const [filter, setFilter] = useState(all);
  const set = (name: keyof T & string): Change => {
    return (event) => setFilter({ ...filter, [name]: (event.currentTarget as HTMLInputElement).value });
  };
  const query = (more: Record<string, string>) => asked({ ...filter, ...more });
  return { filter, set, query };
}

/** The parameters; moments are those of the clock on the wall here. */
export function asked(values: Record<string, string>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === "") continue;
    const isMoment = name === "from" || name === "until";
    query.set(name, isMoment ? new Date(value).toISOString() : value.trim());
  }
  return query.toString();
}

export function QueueField({ value, onChange }: { value: string; onChange: Change }) {
  return (
    <Field label={t("floor.queue")}>
      <select value={value} onChange={onChange}>
        <option value="">{t("filter.all")}</option>
        {floor.value?.queues.map(({ queue, name }) => (
          <option key={queue} value={name}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}

export function AgentField({ value, onChange }: { value: string; onChange: Change }) {
  return (
    <Field label={t("recordings.agent")}>
      <select value={value} onChange={onChange}>
        <option value="">{t("filter.all")}</option>
        {floor.value?.agents.map(({ agent, name }) => (
          <option key={agent} value={String(agent)}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}

export function DirectionField({ value, onChange }: { value: string; onChange: Change }) {
  return (
    <Field label={t("recordings.direction")}>
      <select value={value} onChange={onChange}>
        <option value="">{t("recordings.direction.all")}</option>
        <option value="inbound">{t("conversations.in")}</option>
        <option value="outbound">{t("conversations.out")}</option>
      </select>
    </Field>
  );
}

export function TimeFields(props: { from: string; until: string; set: (name: "from" | "until") => Change }) {
  const { from, until, set } = props;
  return (
    <>
      <Field label={t("recordings.from")}>
        <input type="datetime-local" value={from} onInput={set("from")} />
      </Field>
      <Field label={t("recordings.until")}>
        <input type="datetime-local" value={until} onInput={set("until")} />
      </Field>
    </>
  );
}
