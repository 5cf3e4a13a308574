/** Who heard, deleted or changed what; and whether the log of it is whole (R110). */

import { useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Field, Trouble, useSending } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { moment } from "../parts/time";
import { t } from "../text/index";
import { ask } from "../wire/rest";
import { TimeFields, useFilter } from "./filters";

interface Noted {
  seq: number;
  at: string;
  who: string;
  action: string;
  subject: string;
  detail: string;
  hash: string;
}

type Checked =
  | { whole: true; records: number; head: number; hash: string }
  | { whole: false; first: number; why: string };

const ALL = { who: "", action: "", subject: "", from: "", until: "" };
const PAGE = 100;

export function Audit() {
  const { filter, set, query } = useFilter(ALL);
  const [before, setBefore] = useState<number[]>([]);
  const page = query({
    limit: String(PAGE),
    ...(before.length > 0 && { before: String(before.at(-1)) }),
  });
  const { value, problem } = useRead(() => ask<Noted[]>("GET", `/api/v1/audit?${page}`), page, 30_000);
  const change: typeof set = (name) => {
    const change = set(name);
    return (event) => {
      setBefore([]);
      change(event);
    };
  };
  const last = value?.at(-1);
  return (
    <section class="card stack" aria-label={t("audit")}>
      <Check />
      <div class="filters">
        <Field label={t("audit.who")}>
          <input type="search" value={filter.who} onChange={change("who")} />
        </Field>
        <Field label={t("audit.action")} help={t("audit.action.help")}>
          <input type="search" value={filter.action} onChange={change("action")} />
        </Field>
        <Field label={t("audit.subject")}>
          <input type="search" value={filter.subject} onChange={change("subject")} />
        </Field>
        <TimeFields from={filter.from} until={filter.until} set={change} />
      </div>
      <Trouble problem={problem} />
      {value?.length === 0 && <p class="nothing">{t("audit.none")}</p>}
      {value && value.length > 0 && (
        <table class="table folds">
          <Head
            columns={[
              t("audit.number"),
              t("conversations.when"),
              t("audit.who"),
              t("audit.action"),
              t("audit.subject"),
              t("audit.detail"),
            ]}
          />
          <tbody>
            {value.map((each) => (
              <tr key={each.seq}>
                <td data-name={t("audit.number")} class="number">
                  {each.seq}
                </td>
                <td data-name={t("conversations.when")} class="when">
                  {moment(each.at)}
                </td>
                <td data-name={t("audit.who")}>{each.who}</td>
                <td data-name={t("audit.action")}>
                  <code>{each.action}</code>
                </td>
                <td data-name={t("audit.subject")} class="long number">
                  {each.subject}
                </td>
                <td data-name={t("audit.detail")} class="long">
                  {each.detail || "–"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div class="row">
        {before.length > 0 && (
          <button type="button" class="button" onClick={() => setBefore(before.slice(0, -1))}>
            {t("filter.newer")}
          </button>
        )}
        {last && value?.length === PAGE && (
          <button type="button" class="button" onClick={() => setBefore([...before, last.seq])}>
            {t("filter.older")}
          </button>
        )}
      </div>
    </section>
  );
}

/** Goes through the chain of hashes: one record altered, removed or put in is found, and named. */
function Check() {
  const [checked, setChecked] = useState<Checked | null>(null);
  const { busy, problem, send } = useSending();
  const check = () => send(async () => setChecked(await ask<Checked>("POST", "/api/v1/audit/checks")));
  return (
    <>
      <div class="row">
        <p class="grow">{t("audit.about")}</p>
        <button type="button" class="button" disabled={busy} onClick={check}>
          <Icon name="check" />
          {busy ? t("loading") : t("audit.check")}
        </button>
      </div>
      <Trouble problem={problem} />
      <div role="status">
        {checked?.whole && (
          <div class="banner good">
            <div>
              <p>{t("audit.whole", { records: checked.records })}</p>
              {checked.records > 0 && (
                <p class="small long">{t("audit.head", { number: checked.head, hash: checked.hash })}</p>
              )}
            </div>
          </div>
        )}
        {checked?.whole === false && (
          <p class="banner danger">{t("audit.broken", { number: checked.first, why: checked.why })}</p>
        )}
      </div>
    </>
  );
}
