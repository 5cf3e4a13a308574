/** Calls a number outside, or a colleague. */

import { useState } from "preact/hooks";
import { Field } from "../parts/form";
import { Icon } from "../parts/icon";
import { t } from "../text/index";
import type { Named } from "./about";
import { type Desk, number } from "./desk";

export function Dial({ desk }: { desk: Desk }) {
  const [typed, setTyped] = useState("");
  const [isWrong, setWrong] = useState(false);
  const isBusy = desk.talk.value !== null;
  const call = (event: Event) => {
    event.preventDefault();
    const called = number(typed);
    setWrong(called === null);
    if (called === null) return;
    void desk.dial(called);
    setTyped("");
  };
  return (
    <form class="card stack" onSubmit={call} aria-labelledby="dial">
      <h2 id="dial">{t("dial")}</h2>
      <div class="inline">
        <Field
          label={t("dial.number")}
          help={t("dial.number.help")}
          fault={isWrong ? t("dial.fault") : undefined}
        >
          <input
            type="tel"
            autocomplete="off"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </Field>
        <button type="submit" class="button primary" disabled={isBusy || typed === ""}>
          <Icon name="phone" />
          {t("dial.call")}
        </button>
      </div>
    </form>
  );
}

export function Colleague({ desk, agents }: { desk: Desk; agents: Named[] }) {
  const [chosen, choose] = useState("");
  const isBusy = desk.talk.value !== null;
  const call = (event: Event) => {
    event.preventDefault();
    void desk.dialColleague(Number(chosen));
    choose("");
  };
  return (
    <form class="card stack" onSubmit={call} aria-labelledby="colleague">
      <h2 id="colleague">{t("dial.colleague")}</h2>
      <div class="inline">
        <Field label={t("dial.colleague.who")}>
          <select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
            <option value="">{t("dial.colleague.choose")}</option>
            {agents.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
        <button type="submit" class="button" disabled={isBusy || chosen === ""}>
          <Icon name="phone" />
          {t("dial.colleague.call")}
        </button>
      </div>
    </form>
  );
}
