/** Who is told of what happens: how far each has got, what was sent lately, and what could not be delivered. */

import { useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Check, Field, Trouble, useSending } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { moment } from "../parts/time";
import { t } from "../text/index";
import { ask } from "../wire/rest";
import { useWords } from "./known";
import { Once } from "./once";
import { Asked } from "./sure";

interface Webhook {
  id: number;
  url: string;
  kinds: string[];
  disabled: boolean;
  /** Events up to this number are dealt with. */
  delivered: number;
  /** Of the event that is next. */
  tries: number;
  next: string | null;
  error: string | null;
  /** Events that were forgotten undelivered. */
  lost: number;
  /** Told once, when it is made. */
  secret?: string | null;
}

interface Delivery {
  at: string;
  event: number;
  kind: string;
  took_ms: number;
  error: string | null;
}

interface Letter {
  event: { seq: number; type: string };
  tries: number;
  error: string;
  replay: boolean;
}

const ROOT = "/api/v1/webhooks";
const OFTEN = 5_000;

export function Webhooks() {
  const all = useRead(() => ask<Webhook[]>("GET", ROOT), "webhooks", OFTEN);
  const [open, setOpen] = useState<Webhook | "new" | null>(null);
  const [made, setMade] = useState<Webhook | null>(null);
  const close = (webhook?: Webhook) => {
    setOpen(null);
    if (webhook?.secret) setMade(webhook);
    all.again();
  };
  if (open !== null) return <One webhook={open === "new" ? null : open} onClose={close} />;
  return (
    <>
      <div class="row">
        <h1 class="grow">{t("hooks")}</h1>
        <button type="button" class="button primary" onClick={() => setOpen("new")}>
          <Icon name="plus" />
          {t("set.add")}
        </button>
      </div>
      <p class="soft">{t("hooks.about")}</p>
      {made?.secret && <Once what={t("hooks.once", { url: made.url })} secret={made.secret} />}
      <Trouble problem={all.problem} />
      {all.value?.length === 0 && <p class="nothing">{t("admin.none")}</p>}
      {all.value && all.value.length > 0 && (
        <table class="table folds">
          <Head columns={[t("hooks.url"), t("hooks.state")]} actions={t("hooks.open")} />
          <tbody>
            {all.value.map((webhook) => (
              <tr key={webhook.id}>
                <td data-name={t("hooks.url")} class="long">
                  {webhook.url}
                </td>
                <td data-name={t("hooks.state")}>
                  <State webhook={webhook} />
                </td>
                <td data-name="">
                  <button type="button" class="button" onClick={() => setOpen(webhook)}>
                    {t("hooks.open")}
                    <span class="sr"> {webhook.url}</span>
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function State({ webhook }: { webhook: Webhook }) {
  if (webhook.disabled) return <span class="tag">{t("hooks.off")}</span>;
  if (webhook.tries > 0) return <span class="tag warn">{t("hooks.failing", { n: webhook.tries })}</span>;
  return <span class="tag good">{t("hooks.well")}</span>;
}

function One({ webhook, onClose }: { webhook: Webhook | null; onClose: (made?: Webhook) => void }) {
  const [draft, setDraft] = useState({
    url: webhook?.url ?? "",
    kinds: webhook?.kinds ?? [],
    disabled: webhook?.disabled ?? false,
  });
  const [isAsked, setAsked] = useState(false);
  const { busy, problem, send } = useSending();
  const known = useWords("WebhookToBe", "kinds");
  const families = known.filter((kind) => kind.endsWith(".*"));
  const submit = (event: Event) => {
    event.preventDefault();
    void send(async () => {
      if (webhook) await ask("PUT", `${ROOT}/${webhook.id}`, draft);
      onClose(webhook ? undefined : await ask<Webhook>("POST", ROOT, draft));
    });
  };
  const remove = () =>
    send(async () => {
      await ask("DELETE", `${ROOT}/${webhook?.id}`);
      onClose();
    });
  return (
    <>
      <div class="row">
        <button type="button" class="button quiet back" onClick={() => onClose()}>
          <Icon name="back" />
          {t("hooks")}
        </button>
      </div>
      <h1 class="long">{webhook?.url ?? t("admin.new")}</h1>
      <form class="stack" onSubmit={submit} noValidate>
        <Field label={t("hooks.url")} help={t("hooks.url.help")} fault={problem?.of("url")}>
          <input
            type="url"
            autocomplete="off"
            value={draft.url}
            onInput={(event) => setDraft({ ...draft, url: event.currentTarget.value })}
          />
        </Field>
        <fieldset class="choices">
          <legend class="label">{t("hooks.kinds")}</legend>
          <div class="row tight">
            {families.map((family) => (
              <label key={family} class="chip">
                <input
                  type="checkbox"
                  checked={draft.kinds.includes(family)}
                  onChange={(event) => {
                    const others = draft.kinds.filter((each) => each !== family);
                    const kinds = event.currentTarget.checked ? [...others, family] : others;
                    setDraft({ ...draft, kinds });
                  }}
                />
                <span>{family}</span>
              </label>
            ))}
          </div>
          <p class="help">{t("hooks.kinds.help")}</p>
          {problem?.of("kinds") && <p class="fault">{problem.of("kinds")}</p>}
        </fieldset>
        <Check
          label={t("hooks.disable")}
          checked={draft.disabled}
          onChange={(disabled) => setDraft({ ...draft, disabled })}
        />
        <Trouble problem={problem} beside={["url", "kinds"]} />
        <div class="row">
          <button type="submit" class="button primary" disabled={busy}>
            {t("save")}
          </button>
          <span class="grow" />
          {webhook && (
            <Asked
              name={webhook.url}
              isAsked={isAsked}
              disabled={busy}
              onAsk={() => setAsked(true)}
              onSure={() => void remove()}
            />
          )}
        </div>
      </form>
      {webhook && <Letters id={webhook.id} />}
      {webhook && <Deliveries id={webhook.id} />}
    </>
  );
}

/** What could not be delivered, until somebody sends it once more. */
function Letters({ id }: { id: number }) {
  const path = `${ROOT}/${id}/dead-letters`;
  const letters = useRead(() => ask<Letter[]>("GET", path), path, OFTEN);
  const { busy, problem, send } = useSending();
  const replay = (event?: number) =>
    send(async () => {
      await ask("POST", `${ROOT}/${id}/replays`, event === undefined ? {} : { event });
      letters.again();
    });
  const all = letters.value ?? [];
  return (
    <section class="stack" aria-label={t("letters")}>
      <div class="row">
        <h2 class="grow">{t("letters")}</h2>
        {all.length > 0 && (
          <button type="button" class="button" disabled={busy} onClick={() => void replay()}>
            {t("letters.all")}
          </button>
        )}
      </div>
      <Trouble problem={problem ?? letters.problem} />
      {all.length === 0 && <p class="soft">{t("letters.none")}</p>}
      {all.length > 0 && (
        <table class="table folds">
          <Head columns={[t("letters.event"), t("letters.why")]} actions={t("letters.again")} />
          <tbody>
            {all.map((letter) => (
              <tr key={letter.event.seq}>
                <td data-name={t("letters.event")}>
                  {letter.event.seq} <span class="soft">{letter.event.type}</span>
                </td>
                <td data-name={t("letters.why")}>{letter.error}</td>
                <td data-name="">
                  {letter.replay ? (
                    <span class="tag">{t("letters.waits")}</span>
                  ) : (
                    <button
                      type="button"
                      class="button"
                      disabled={busy}
                      onClick={() => void replay(letter.event.seq)}
                    >
                      {t("letters.again")}
                      <span class="sr"> {letter.event.seq}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** The latest tries. */
function Deliveries({ id }: { id: number }) {
  const path = `${ROOT}/${id}/deliveries`;
  const tries = useRead(() => ask<Delivery[]>("GET", path), path, OFTEN);
  return (
    <section class="stack" aria-label={t("deliveries")}>
      <h2>{t("deliveries")}</h2>
      <Trouble problem={tries.problem} />
      {tries.value?.length === 0 && <p class="soft">{t("deliveries.none")}</p>}
      {tries.value && tries.value.length > 0 && (
        <table class="table folds">
          <Head
            columns={[t("deliveries.at"), t("letters.event"), t("deliveries.took"), t("deliveries.end")]}
          />
          <tbody>
            {tries.value.map((each) => (
              <tr key={`${each.at} ${each.event}`}>
                <td data-name={t("deliveries.at")} class="when">
                  {moment(each.at)}
                </td>
                <td data-name={t("letters.event")}>
                  {each.event} <span class="soft">{each.kind}</span>
                </td>
                <td data-name={t("deliveries.took")} class="number">
                  {each.took_ms} ms
                </td>
                <td data-name={t("deliveries.end")}>
                  {each.error ?? <span class="tag good">{t("deliveries.taken")}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
