/** What working hours lead to, as they stand in the form: open or closed, now or at a time, and until when. */

import { useEffect, useState } from "preact/hooks";
import { Field } from "../parts/form";
import { region, t } from "../text/index";
import { ask, Problem } from "../wire/rest";
import type { Table } from "./fields";

interface Then {
  local: string;
  open: boolean;
  holiday: string | null;
  until_local: string | null;
  away: boolean;
}

/** While somebody types, the server is not asked. */
const PAUSE = 400;

export function WhatHolds({ hours }: { hours: Table }) {
  const [at, setAt] = useState("");
  const [then, setThen] = useState<Then | null>(null);
  const [fault, setFault] = useState("");
  const asked = JSON.stringify({ hours, ...(at === "" ? {} : { at }) });
  useEffect(() => {
    let isCurrent = true;
    const look = () =>
      ask<Then>("POST", "/api/v1/settings/hours/preview", JSON.parse(asked)).then(
        (found) => {
          if (!isCurrent) return;
          setThen(found);
          setFault("");
        },
        (error: unknown) => {
          if (!(error instanceof Problem)) throw error;
          if (!isCurrent) return;
          setThen(null);
          setFault(error.faults.map(({ field, mend }) => `${field} ${mend}`).join("; ") || error.detail);
        },
      );
    const timer = setTimeout(() => void look(), PAUSE);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [asked]);
  return (
    <section class="part" aria-label={t("then")}>
      <h2>{t("then")}</h2>
      <Field label={t("then.at")} help={t("then.at.help")}>
        <input type="datetime-local" value={at} onInput={(event) => setAt(event.currentTarget.value)} />
      </Field>
      <p
        role="status"
        class={then ? (then.open ? "banner good" : "banner warn") : fault ? "small soft" : "sr"}
      >
        {then ? <span>{wordsOf(then)}</span> : fault && t("then.fault", { why: fault })}
      </p>
    </section>
  );
}

function wordsOf(then: Then): string {
  const shown = (local: string) =>
    new Intl.DateTimeFormat(region(), {
      weekday: "short",
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
      timeZone: "UTC",
    }).format(new Date(`${local.slice(0, 19)}Z`));
  const when = shown(then.local);
  const until = then.until_local ? shown(then.until_local) : null;
  const day = then.holiday !== null ? ` ${t("then.holiday", { name: then.holiday || "–" })}` : "";
  if (then.open) return (until ? t("then.open", { when, until }) : t("then.always", { when })) + day;
  const message = then.away ? "" : ` ${t("then.silent")}`;
  return (until ? t("then.closed", { when, until }) : t("then.never", { when })) + day + message;
}
