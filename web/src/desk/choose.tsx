/** Somebody is chosen while one types: with the arrows and Enter, or with the mouse. */

import { useId, useState } from "preact/hooks";
import { t } from "../text/index";
import type { Target } from "../wire/message";
import { type About, type Contact, contacts } from "./about";
import { number } from "./desk";
import { useRead } from "./use";

export interface Found {
  key: string;
  name: string;
  kind: string;
  to: Target;
}

/** Whoever fits what was typed, numbers first. */
export function find(typed: string, about: About, outside: readonly Contact[] = []): Found[] {
  const wanted = typed.trim().toLocaleLowerCase();
  const fits = (name: string) => name.toLocaleLowerCase().includes(wanted);
  const called = number(typed);
  const numbers: Found[] =
    called === null ? [] : [{ key: called, name: called, kind: t("dial.number"), to: { number: called } }];
  const agents = about.agents
    .filter(({ name }) => fits(name))
    .map(({ id, name }) => ({ key: `agent ${id}`, name, kind: t("transfer.agents"), to: { agent: id } }));
  const queues = about.queues
    .filter(({ name }) => fits(name))
    .map(({ id, name }) => ({ key: `queue ${id}`, name, kind: t("transfer.queues"), to: { queue: id } }));
  const contacts = outside.map(({ id, name, number }) => ({
    key: `contact ${id}`,
    name,
    kind: number,
    to: { number },
  }));
  return [...numbers, ...agents, ...queues, ...contacts].slice(0, 50);
}

/** What was found for what was typed, and which of it is chosen. */
export function useChoice(about: About) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const outside = useRead(() => contacts(typed.trim()), typed.trim(), 600_000).value ?? [];
  const found = find(typed, about, outside);
  const type = (text: string) => {
    setTyped(text);
    setAt(0);
  };
  return { typed, type, at, setAt, found, chosen: found[at] };
}

export function Choice({ choice }: { choice: ReturnType<typeof useChoice> }) {
  const { typed, type, at, setAt, found, chosen } = choice;
  const id = useId();
  const move = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div class="field">
        <label for={`${id}-to`}>{t("transfer.to")}</label>
        <input
          id={`${id}-to`}
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen ? `${id}-${at}` : undefined}
          aria-autocomplete="list"
          aria-describedby={`${id}-help`}
          autocomplete="off"
          autofocus
          value={typed}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={move}
        />
        <p class="help" id={`${id}-help`}>
          {t("transfer.to.help")}
        </p>
      </div>
      <div id={`${id}-list`} role="listbox" aria-label={t("transfer.to")} class="choices">
        {found.map((target, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard is in the field above
          // biome-ignore lint/a11y/useFocusableInteractive: the same
          <div
            key={target.key}
            id={`${id}-${place}`}
            role="option"
            aria-selected={place === at}
            onClick={() => setAt(place)}
          >
            <span class="grow">{target.name}</span>
            <span class="small soft">{target.kind}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p class="soft">{t("transfer.nothing")}</p>}
    </>
  );
}
