/** `/setup/TOKEN`: the first administrator, and then the first call. */

import { useState } from "preact/hooks";
import { Field, Trouble, useSending } from "../parts/form";
import { Icon } from "../parts/icon";
import { begin, Mark, Stage, ThemeSwitch } from "../parts/shell";
import setup from "../text/en/setup.json";
import { t } from "../text/index";
import { ask } from "../wire/rest";
import "./setup.css";
import { prepare, type Ready } from "./yourself";

void begin({ setup }, () => <Setup />);

interface Login {
  name: string;
  password: string;
}

function Setup() {
  const [login, setLogin] = useState<Login | null>(null);
  return (
    <Stage labelled="title">
      <div class="card stack">
        <div class="row">
          <span class="brand grow">
            <Mark />
            Cordboard
          </span>
          <span class="small soft">{t("setup.step", { n: login ? 2 : 1, of: 2 })}</span>
          <ThemeSwitch />
        </div>
        {login ? <CallYourself login={login} /> : <Administrator onMade={setLogin} />}
      </div>
    </Stage>
  );
}

function Administrator({ onMade }: { onMade: (login: Login) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [repeat, setRepeat] = useState("");
  const [differs, setDiffers] = useState(false);
  const { busy, problem, send } = useSending();
  const submit = (event: Event) => {
    event.preventDefault();
    setDiffers(password !== repeat);
    if (password !== repeat) return;
    void send(async () => {
      await ask("POST", location.pathname, { name, password });
      // The address is good for nothing now: it does not stay in the history.
      history.replaceState(null, "", "/");
      onMade({ name, password });
    });
  };
  return (
    <form class="stack" onSubmit={submit}>
      <h1 id="title">{t("setup.title")}</h1>
      <p class="soft">{t("setup.intro")}</p>
      <Field label={t("setup.name")} fault={problem?.of("name")}>
        <input
          name="name"
          autocomplete="username"
          required
          maxlength={64}
          autofocus
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <Field label={t("setup.password")} help={t("setup.password.help")} fault={problem?.of("password")}>
        <input
          name="password"
          type="password"
          autocomplete="new-password"
          required
          minlength={12}
          maxlength={128}
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </Field>
      <Field label={t("setup.repeat")} fault={differs ? t("setup.repeat.fault") : undefined}>
        <input
          name="repeat"
          type="password"
          autocomplete="new-password"
          required
          value={repeat}
          onInput={(event) => setRepeat(event.currentTarget.value)}
        />
      </Field>
      <Trouble problem={problem} beside={["name", "password"]} />
      <button type="submit" class="button primary large wide" disabled={busy}>
        {t("setup.create")}
      </button>
    </form>
  );
}

function CallYourself({ login }: { login: Login }) {
  const [ready, setReady] = useState<Ready | null>(null);
  const { busy, problem, send } = useSending();
  const begin = () => send(async () => setReady(await prepare(login.name, login.password)));
  return (
    <div class="stack">
      <h1 id="title">{t("setup.call.title")}</h1>
      <p class="soft">{t("setup.call.intro")}</p>
      {problem && <Trouble problem={problem} />}
      {ready ? (
        <>
          <p role="status" class="banner good">
            <Icon name="check" />
            {t("setup.call.agent", { name: ready.agent, queue: ready.queue })}
          </p>
          <ol class="steps">
            <li>
              <a class="button primary" href="/desk" target="_blank" rel="noopener">
                {t("setup.call.desk")}
              </a>
              <p class="small soft">{t("setup.call.desk.how")}</p>
            </li>
            <li>
              <a class="button primary" href={ready.link} target="_blank" rel="noopener">
                {t("setup.call.link")}
              </a>
              <p class="small soft">{t("setup.call.link.how")}</p>
            </li>
          </ol>
        </>
      ) : (
        <button type="button" class="button primary large wide" onClick={begin} disabled={busy}>
          <Icon name="phone" />
          {t("setup.call.prepare")}
        </button>
      )}
      <a class="button quiet" href="/admin">
        {ready ? t("setup.done") : t("setup.later")}
      </a>
    </div>
  );
}
