/** Everything that is set as a file: taken out, put in after a look at what would change, and as it was before. */

import { useId, useRef, useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Trouble, useSending } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { moment } from "../parts/time";
import { t } from "../text/index";
import { ask, blob, sent } from "../wire/rest";
import { forget, personOf } from "./known";
import { Asked } from "./sure";

const TOML = "application/toml";
const ROOT = "/api/v1/settings";
/** A longer file is refused. */
const LARGEST = 4 * 1024 * 1024;

interface Change {
  field: string;
  before: unknown;
  after: unknown;
}

interface Difference {
  revision: number;
  changes: Change[];
}

interface Revision {
  revision: number;
  by: string;
  at: string;
}

/** What would be put in force, and what that changes. */
interface Draft {
  name: string;
  difference: Difference;
  apply: () => Promise<unknown>;
}

export function Exchange() {
  const history = useRead(() => ask<Revision[]>("GET", `${ROOT}/history`), "history", 30_000);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [done, setDone] = useState("");
  const { busy, problem, send } = useSending();
  const look = (name: string, text: string) =>
    send(async () => {
      setDone("");
      const difference = await sent<Difference>("POST", `${ROOT}/compare`, text, TOML);
      const apply = () => sent("PUT", ROOT, text, TOML, `"${difference.revision}"`);
      setDraft({ name, difference, apply });
    });
  const restore = ({ revision }: Revision) =>
    send(async () => {
      setDone("");
      const then = await ask("GET", `${ROOT}/revisions/${revision}`);
      const difference = await ask<Difference>("POST", `${ROOT}/compare`, then);
      const path = `${ROOT}/revisions/${revision}/restore`;
      const apply = () => ask("POST", path, undefined, `"${difference.revision}"`);
      setDraft({ name: t("history.name", { n: revision }), difference, apply });
    });
  const apply = () =>
    send(async () => {
      await draft?.apply();
      forget();
      setDone(t("exchange.done", { name: draft?.name ?? "" }));
      setDraft(null);
      history.again();
    });
  return (
    <>
      <h1>{t("exchange")}</h1>
      <p class="soft">{t("exchange.about")}</p>
      <div class="row">
        <button type="button" class="button" onClick={() => void send(save)} disabled={busy}>
          <Icon name="download" />
          {t("exchange.out")}
        </button>
        <Choose disabled={busy} onText={(name, text) => void look(name, text)} />
      </div>
      <Trouble problem={problem} />
      <p role="status" class={done ? "banner good" : "sr"}>
        {done}
      </p>
      {draft && (
        <Changes draft={draft} busy={busy} onApply={() => void apply()} onCancel={() => setDraft(null)} />
      )}
      <h2>{t("history")}</h2>
      <Trouble problem={history.problem} />
      {history.value && (
        <table class="table folds">
          <Head columns={[t("history.number"), t("history.at"), t("history.by")]} actions={t("history.do")} />
          <tbody>
            {history.value.map((each, place) => (
              <tr key={each.revision}>
                <td data-name={t("history.number")} class="number">
                  {each.revision} {place === 0 && <span class="tag good">{t("history.now")}</span>}
                </td>
                <td data-name={t("history.at")} class="when">
                  {moment(each.at)}
                </td>
                <td data-name={t("history.by")}>{personOf(each.by)}</td>
                <td data-name="">
                  {place > 0 && (
                    <button type="button" class="button" disabled={busy} onClick={() => void restore(each)}>
                      {t("history.compare")}
                      <span class="sr"> {each.revision}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** The file is made here, so that a log-in that has ended is told of, and not saved as a file. */
async function save(): Promise<void> {
  const file = await blob("GET", ROOT, undefined, TOML);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `cordboard-${new Date().toISOString().slice(0, 10)}.toml`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function Choose({ disabled, onText }: { disabled: boolean; onText: (name: string, text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState("");
  const id = useId();
  return (
    <>
      <label for={id} class="sr">
        {t("exchange.in")}
      </label>
      <input
        ref={input}
        id={id}
        type="file"
        class="sr"
        tabIndex={-1}
        accept=".toml,text/plain"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (!file) return;
          const isLarge = file.size > LARGEST;
          setFault(isLarge ? t("sounds.large", { name: file.name }) : "");
          if (!isLarge) void file.text().then((text) => onText(file.name, text));
        }}
      />
      <button type="button" class="button" disabled={disabled} onClick={() => input.current?.click()}>
        <Icon name="upload" />
        {t("exchange.in")}
      </button>
      <span role="status" class={fault ? "fault" : "sr"}>
        {fault}
      </span>
    </>
  );
}

interface ChangesProps {
  draft: Draft;
  busy: boolean;
  onApply: () => void;
  onCancel: () => void;
}

function Changes({ draft, busy, onApply, onCancel }: ChangesProps) {
  const [isAsked, setAsked] = useState(false);
  const { changes } = draft.difference;
  return (
    <section class="part" aria-label={t("changes")}>
      <h2>{t("changes.of", { name: draft.name })}</h2>
      {changes.length === 0 ? (
        <p>{t("changes.none")}</p>
      ) : (
        <ul class="changes">
          {changes.map((change) => (
            <li key={change.field}>
              <code>{change.field}</code>
              {change.before !== null && <del>{shown(change.before)}</del>}
              {change.after !== null && <ins>{shown(change.after)}</ins>}
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        {changes.length > 0 && (
          <Asked
            name=""
            what={t("changes.apply")}
            isAsked={isAsked}
            disabled={busy}
            icon="check"
            onAsk={() => setAsked(true)}
            onSure={onApply}
          />
        )}
        <button type="button" class="button" onClick={onCancel}>
          {t("cancel")}
        </button>
      </div>
    </section>
  );
}

/** A value in one line. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
