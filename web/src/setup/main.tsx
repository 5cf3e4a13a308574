/** `/setup/TOKEN`: from nothing to the first call, step by step. */

import { useState } from "preact/hooks";
import { AddressTest } from "../admin/addresses";
import type { System } from "../admin/system";
import { useRead } from "../desk/use";
import { Field, Trouble, useSending } from "../parts/form";
import { Icon } from "../parts/icon";
import { begin, Mark, Stage, ThemeSwitch } from "../parts/shell";
import admin from "../text/en/admin.json";
import settings from "../text/en/settings.json";
import setup from "../text/en/setup.json";
import { languages, speakFromNowOn, t, tongue } from "../text/index";
import { ask } from "../wire/rest";
import { FirstQueue } from "./queue";
import "../admin/admin.css";
import "./setup.css";
import { prepare, type Ready } from "./yourself";

void begin({ setup, admin, settings }, () => <Setup />);

interface Login {
  name: string;
  password: string;
}

const STEPS = 4;

function Setup() {
  const [login, setLogin] = useState<Login | null>(null);
  const [step, setStep] = useState(1);
  const next = () => setStep(step + 1);
  return (
    <Stage labelled="title">
      <div class="card stack wizard">
        <div class="row">
          <span class="brand grow">
            <Mark />
            Cordboard
          </span>
          <span class="small soft">{t("setup.step", { n: step, of: STEPS })}</span>
          <ThemeSwitch />
        </div>
        <progress class="wide" aria-label={t("setup.progress")} value={step} max={STEPS} />
        {step === 1 && (
          <Administrator
            onMade={(made) => {
              setLogin(made);
              next();
            }}
          />
        )}
        {step === 2 && <Addresses onNext={next} />}
        {step === 3 && <FirstQueue onNext={next} />}
        {step === 4 && login && <CallYourself login={login} />}
      </div>
    </Stage>
  );
}

/** Each language in its own words. */
function Languages() {
  const nameOf = (tag: string) => new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
  return (
    <Field label={t("setup.language")}>
      <select value={tongue()} onChange={(event) => speakFromNowOn(event.currentTarget.value)}>
        {languages().map((tag) => (
          <option key={tag} value={tag} lang={tag}>
            {nameOf(tag)}
          </option>
        ))}
      </select>
    </Field>
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
      <Languages />
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

/** What is wrong here keeps calls from working later, so it is told before anything else is set. */
function Addresses({ onNext }: { onNext: () => void }) {
  const system = useRead(() => ask<System>("GET", "/api/v1/system"), "system", 60_000);
  return (
    <div class="stack">
      <h1 id="title">{t("setup.addresses")}</h1>
      <p class="soft">{t("setup.addresses.intro")}</p>
      <Trouble problem={system.problem} />
      {system.value && <AddressTest system={system.value} />}
      <p class="small soft">{t("setup.addresses.local")}</p>
      <button type="button" class="button primary large wide" onClick={onNext}>
        {t("setup.next")}
      </button>
    </div>
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
