/** To whom a customer goes on: an agent, a queue, or a number, found while one types. */

import { useId, useState } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { t } from "../text/index";
import type { Target } from "../wire/message";
import { type About, type Contact, contacts } from "./about";
import { type Desk, number } from "./desk";
import { useRead } from "./use";

interface Found {
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

export function TransferDialog(props: { desk: Desk; about: About; name: string; onClose: () => void }) {
  const { desk, about, name, onClose } = props;
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const outside = useRead(() => contacts(typed.trim()), typed.trim(), 600_000).value ?? [];
  const found = find(typed, about, outside);
  const chosen = found[at];
  const choose = (target: Found | undefined) => {
    if (!target) return;
    desk.transfer(target.to, target.name);
    onClose();
  };
  const move = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t("transfer.title", { name })} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          choose(chosen);
        }}
      >
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
            onInput={(event) => {
              setTyped(event.currentTarget.value);
              setAt(0);
            }}
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
              onClick={() => choose(target)}
            >
              <span class="grow">{target.name}</span>
              <span class="small soft">{target.kind}</span>
            </div>
          ))}
        </div>
        {found.length === 0 && <p class="soft">{t("transfer.nothing")}</p>}
        <button type="submit" class="button primary" disabled={!chosen}>
          <Icon name="transfer" />
          {t("transfer")}
        </button>
      </form>
    </Dialog>
  );
}
