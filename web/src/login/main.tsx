/** `/login`: name and password. */

import { useState } from "preact/hooks";
import { Field, Trouble, useSending } from "../parts/form";
import { begin, Mark, Stage, ThemeSwitch } from "../parts/shell";
import { t } from "../text/index";
import { ask, homeOf, type Who } from "../wire/rest";

void begin({}, () => <Login />);

function Login() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { busy, problem, send } = useSending();
  const submit = (event: Event) => {
    event.preventDefault();
    void send(async () => {
      const who = await ask<Who>("POST", "/api/v1/session", { name, password });
      location.replace(wanted() ?? homeOf(who));
    });
  };
  return (
    <Stage labelled="title">
      <form class="card stack" onSubmit={submit}>
        <div class="row">
          <span class="brand grow">
            <Mark />
            Cordboard
          </span>
          <ThemeSwitch />
        </div>
        <h1 id="title">{t("login.title")}</h1>
        <Field label={t("login.name")} fault={problem?.of("name")}>
          <input
            name="name"
            autocomplete="username"
            required
            autofocus
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <Field label={t("login.password")} fault={problem?.of("password")} help={t("login.forgot")}>
          <input
            name="password"
            type="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        </Field>
        <Trouble problem={problem} beside={["name", "password"]} />
        <button type="submit" class="button primary large wide" disabled={busy}>
          {t("login")}
        </button>
      </form>
    </Stage>
  );
}

/** The page that sent here, behind the `#`; never another site's. */
function wanted(): string | null {
  const path = decodeURIComponent(location.hash.slice(1));
  return /^\/[a-z]+$/.test(path) ? path : null;
}
