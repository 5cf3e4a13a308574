/** Call links: made, copied, listed and taken back (R3–R8). */

import { useRef, useState } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { Field, Trouble, useSending } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { moment } from "../parts/time";
import { type Key, t } from "../text/index";
import { ask } from "../wire/rest";
import { type CallLink, type LinkConfiguration, type LinkType, links } from "./about";
import type { Desk } from "./desk";
import { useRead } from "./use";

export function Share({ desk }: { desk: Desk }) {
  const [open, setOpen] = useState(false);
  return (
    <section class="card stack" aria-labelledby="share">
      <h2 id="share">{t("link.create")}</h2>
      <p class="soft">{t("link.create.help")}</p>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        <Icon name="link" />
        {t("link.create")}
      </button>
      {open && (
        <Dialog title={t("link.create")} onClose={() => setOpen(false)}>
          <NewLink agent={desk.id} />
        </Dialog>
      )}
    </section>
  );
}

function NewLink({ agent }: { agent: number }) {
  const read = () => ask<LinkConfiguration[]>("GET", "/api/v1/links/configurations");
  const { value, problem } = useRead(read, "configurations", 600_000);
  if (problem) return <Trouble problem={problem} />;
  if (value === null) return <p class="nothing">{t("loading")}</p>;
  return <LinkForm agent={agent} configurations={value} />;
}

function LinkForm({ agent, configurations }: { agent: number; configurations: LinkConfiguration[] }) {
  const first = configurations.find(({ selected }) => selected) ?? configurations[0];
  const [id, setId] = useState(first?.id ?? 0);
  const configuration = configurations.find((each) => each.id === id) ?? first;
  const [type, setType] = useState<LinkType>(first?.default_type ?? "one_time");
  const [from, setFrom] = useState(local(0));
  const [until, setUntil] = useState(local((first?.expires_after_s ?? 3_600) * 1000));
  const [made, setMade] = useState<CallLink | null>(null);
  const { busy, problem, send } = useSending();
  const types = configuration?.types ?? ["one_time"];
  const kind = types.includes(type) ? type : (configuration?.default_type ?? "one_time");
  const submit = (event: Event) => {
    event.preventDefault();
    const wanted: Record<string, unknown> = { type: kind, agent };
    if (configuration) wanted.configuration = configuration.id;
    if (kind === "time_frame") wanted.from = new Date(from).toISOString();
    if (kind !== "one_time") wanted.until = new Date(until).toISOString();
    void send(async () => setMade(await ask<CallLink>("POST", "/api/v1/links", wanted)));
  };
  if (made?.url) return <Made url={made.url} />;
  return (
    <form class="stack" onSubmit={submit}>
      {configurations.length > 1 && (
        <Field label={t("link.configuration")} fault={problem?.of("configuration")}>
          <select value={id} onChange={(event) => setId(Number(event.currentTarget.value))}>
            {configurations.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </select>
        </Field>
      )}
      <Field label={t("link.type")} fault={problem?.of("type")}>
        <select value={kind} onChange={(event) => setType(event.currentTarget.value as LinkType)}>
          {types.map((each) => (
            <option key={each} value={each}>
              {t(`link.type.${each}`)}
            </option>
          ))}
        </select>
      </Field>
      {kind === "time_frame" && (
        <Field label={t("link.from")} fault={problem?.of("from")}>
          <input
            type="datetime-local"
            required
            value={from}
            onInput={(event) => setFrom(event.currentTarget.value)}
          />
        </Field>
      )}
      {kind !== "one_time" && (
        <Field label={t("link.until")} fault={problem?.of("until")}>
          <input
            type="datetime-local"
            required
            value={until}
            onInput={(event) => setUntil(event.currentTarget.value)}
          />
        </Field>
      )}
      <Trouble problem={problem} beside={["configuration", "type", "from", "until"]} />
      <button type="submit" class="button primary" disabled={busy}>
        {t("link.make")}
      </button>
    </form>
  );
}

function Made({ url }: { url: string }) {
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const copy = () => {
    field.current?.select();
    // Without a secure address there is no clipboard: it is selected, for Ctrl-C.
    void navigator.clipboard?.writeText(url).then(() => setCopied(true));
  };
  return (
    <div class="stack">
      <span class="sr" role="status">
        {copied && t("link.copied")}
      </span>
      <div class="inline">
        <Field label={t("link.address")} help={t("link.once")}>
          <input ref={field} readOnly value={url} onFocus={(event) => event.currentTarget.select()} />
        </Field>
        <button type="button" class="button primary" onClick={copy}>
          <Icon name={copied ? "check" : "copy"} />
          {copied ? t("link.copied") : t("link.copy")}
        </button>
      </div>
    </div>
  );
}

/** A moment as `datetime-local` has it: of this clock, to the minute. */
function local(later: number): string {
  const when = new Date(Date.now() + later);
  return new Date(when.getTime() - when.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function Links({ desk }: { desk: Desk }) {
  const { value, problem, again } = useRead(() => links(desk.id), `${desk.id}`);
  const { busy, problem: refused, send } = useSending();
  if (problem) return <Trouble problem={problem} />;
  if (value === null) return <p class="nothing">{t("loading")}</p>;
  if (value.length === 0) return <p class="nothing">{t("link.create.help")}</p>;
  const revoke = (id: number) =>
    send(async () => {
      await ask("DELETE", `/api/v1/links/${id}`);
      again();
    });
  return (
    <>
      <Trouble problem={refused} />
      <table class="table folds">
        <Head
          columns={[t("link.configuration"), t("link.type"), t("link.until"), t("conversations.status")]}
          actions={t("callbacks.actions")}
        />
        <tbody>
          {value.map((link) => (
            <tr key={link.id}>
              <td data-name={t("link.configuration")}>{link.title}</td>
              <td data-name={t("link.type")}>{t(`link.type.${link.type}`)}</td>
              <td data-name={t("link.until")} class="when">
                {link.until ? moment(link.until) : "–"}
              </td>
              <td data-name={t("conversations.status")}>
                <span class={`tag ${link.state === "usable" ? "good" : ""}`}>
                  {t(`link.state.${link.state}` as Key)}
                </span>
              </td>
              <td data-name="">
                {(link.state === "usable" || link.state === "link_not_yet_valid") && (
                  <button
                    type="button"
                    class="button quiet"
                    disabled={busy}
                    onClick={() => void revoke(link.id)}
                  >
                    {t("link.revoke")}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
