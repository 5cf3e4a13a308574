/** `/admin`: everything that can be set, and who may log in. */

import { useEffect, useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Trouble, useSending } from "../parts/form";
import { Icon } from "../parts/icon";
import { Bar, begin } from "../parts/shell";
import admin from "../text/en/admin.json";
import settings from "../text/en/settings.json";
import { t } from "../text/index";
import { ask, Problem, type Revised, revised, type Who, whoAmI } from "../wire/rest";
import "./admin.css";
import { TableEditor } from "./editor";
import { Exchange } from "./exchange";
import { Form as Editing, type Table } from "./fields";
import { Keys } from "./keys";
import { forget } from "./known";
import { Menu, type Place, titleOf } from "./menu";
import { type Section, sections } from "./schema";
import { Sounds } from "./sounds";
import { StorageTest } from "./storage";
import { Asked } from "./sure";
import { SystemPage, type TrunkHealth, TrunkTag } from "./system";
import { WhatHolds } from "./then";
import { Users } from "./users";
import { Webhooks } from "./webhooks";
import { labelOf, placeOf, wordOf } from "./words";

void begin({ admin, settings }, async () => {
  const who = await whoAmI().catch(() => null);
  if (!who) {
    location.replace("/login#/admin");
    return null;
  }
  if (who.role !== "admin") {
    location.replace("/");
    return null;
  }
  return <Page who={who} known={await sections()} />;
});

/** Pages of their own, beside those that are made of schemas. */
const OWN: Record<string, () => preact.JSX.Element> = {
  users: Users,
  sounds: Sounds,
  keys: Keys,
  webhooks: Webhooks,
  exchange: Exchange,
  system: SystemPage,
};

/** What is shown stands behind the `#`, so that one can go back and give it to others. */
function usePlace(): string {
  const [place, setPlace] = useState(location.hash.slice(1));
  useEffect(() => {
    const turned = () => setPlace(location.hash.slice(1));
    addEventListener("hashchange", turned);
    return () => removeEventListener("hashchange", turned);
  }, []);
  return place;
}

function Page({ who, known }: { who: Who; known: Section[] }) {
  const place = usePlace() || "queues";
  const [key = "", id] = place.split("/");
  const section = known.find((each) => each.key === key);
  const Own = OWN[key];
  const places: Place[] = [...known.map((each) => each.key), ...Object.keys(OWN)];
  useEffect(() => {
    document.title = `${titleOf(key)} – Cordboard`;
    scrollTo(0, 0);
  }, [key, id]);
  return (
    <>
      <Bar who={who} />
      <main class="admin">
        <Menu places={places} now={key} />
        <div class="card stack sheet">
          {Own && <Own />}
          {section && !section.isList && <Single key={key} section={section} />}
          {section?.isList && id === undefined && <List key={key} section={section} />}
          {section?.isList && id !== undefined && <Item key={place} section={section} id={id} />}
        </div>
      </main>
    </>
  );
}

/** What is set, read anew with each turn. */
function useSection<T>(
  path: string | null,
  turn = 0,
): {
  value: T | null;
  revision: string | null;
  problem: Problem | null;
} {
  const [found, setFound] = useState<{ value: T; revision: string | null } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    if (path === null) return;
    revised<T>("GET", path).then(
      ({ body, revision }) => setFound({ value: body, revision }),
      (error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        setProblem(error);
      },
    );
  }, [path, turn]);
  return { value: found?.value ?? null, revision: found?.revision ?? null, problem };
}

function Single({ section }: { section: Section }) {
  const { value, revision, problem } = useSection<Table>(section.path);
  return (
    <>
      <Heading section={section} />
      <Trouble problem={problem} />
      {value && (
        <Form
          section={section}
          value={value}
          revision={revision}
          save={(table, of) => revised<Table>("PUT", section.path, table, of)}
        />
      )}
    </>
  );
}

function nameOf(item: Table, place: number): string {
  for (const key of ["name", "user", "number", "numbers"]) {
    const said = item[key];
    if (typeof said === "string" && said !== "") return said;
  }
  return `${place + 1}`;
}

function List({ section }: { section: Section }) {
  const [turn, setTurn] = useState(0);
  const { value, revision, problem } = useSection<Table[]>(section.path, turn);
  const { busy, problem: refused, send } = useSending();
  const up = (at: number) =>
    send(async () => {
      const next = [...(value ?? [])];
      next.splice(at - 1, 0, ...next.splice(at, 1));
      await ask("PUT", section.path, next, revision);
      setTurn(turn + 1);
    });
  return (
    <>
      <div class="row">
        <Heading section={section} />
        <a class="button primary" href={`#${section.key}/new`}>
          <Icon name="plus" />
          {t("set.add")}
        </a>
      </div>
      <Trouble problem={refused ?? problem} />
      {section.isOrdered && <p class="small soft">{t("admin.ordered")}</p>}
      {value?.length === 0 && <p class="nothing">{t("admin.none")}</p>}
      <ul class="items">
        {value?.map((item, place) => (
          <li key={place} class="row tight">
            <a class="grow" href={`#${section.key}/${item.id ?? place}`}>
              <b>{nameOf(item, place)}</b>
              <span class="small soft">{summary(item, section.key)}</span>
              {section.key === "trunks" && <HealthOf id={item.id} />}
            </a>
            {section.isOrdered && place > 0 && (
              <button type="button" class="button quiet icon" disabled={busy} onClick={() => void up(place)}>
                <Icon name="up" />
                <span class="sr">{t("set.up", { name: nameOf(item, place) })}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A few words of what is set: nothing of what is not. */
function summary(item: Table, section: string): string {
  const shown = Object.entries(item).flatMap(([key, value]) => {
    if (["id", "name", "user"].includes(key)) return [];
    const place = placeOf(section, key);
    const words = told(value, (word) => wordOf(place, word, word));
    return words ? [`${labelOf(place)}: ${words}`] : [];
  });
  return shown.slice(0, 3).join(" · ");
}

/** A value in a few words; without any, it goes without saying. */
function told(value: unknown, name: (word: string) => string): string {
  if (typeof value === "string") return name(value);
  if (typeof value === "number") return value === 0 ? "" : String(value);
  if (!Array.isArray(value)) return "";
  const words = value.filter((each) => typeof each === "string").map(name);
  if (words.length < value.length) return String(value.length);
  return words.length > 2 ? `${words.slice(0, 2).join(", ")}, …` : words.join(", ");
}

/** Whether the trunk works, beside its name. */
function HealthOf({ id }: { id: unknown }) {
  const trunks = useRead(() => ask<TrunkHealth[]>("GET", "/api/v1/trunks"), "trunks", 5_000);
  const trunk = trunks.value?.find((each) => each.id === id);
  return trunk ? <TrunkTag trunk={trunk} /> : null;
}

function Heading({ section }: { section: Section }) {
  const about = t(`about.${section.key}` as Parameters<typeof t>[0]);
  return (
    <div class="grow">
      <h1>{titleOf(section.key)}</h1>
      {!about.startsWith("about.") && <p class="soft">{about}</p>}
    </div>
  );
}

/** What something new begins with, where there is something usual. */
function beginning(section: string): Table {
  if (section !== "hours") return {};
  const days = ["mon", "tue", "wed", "thu", "fri"];
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { zone, week: [{ days, from: "08:00", to: "18:00" }] };
}

function Item({ section, id }: { section: Section; id: string }) {
  const isNew = id === "new";
  const { value, revision, problem } = useSection<Table>(isNew ? null : `${section.path}/${id}`);
  const { busy, problem: refused, send } = useSending();
  const [isAsked, setAsked] = useState(false);
  const back = `#${section.key}`;
  const remove = () =>
    send(async () => {
      setAsked(false);
      await ask("DELETE", `${section.path}/${id}`);
      forget();
      location.hash = back;
    });
  const save = async (table: Table, of: string | null) => {
    if (!isNew) return revised<Table>("PUT", `${section.path}/${id}`, table, of);
    const made = await revised<Table>("POST", section.path, table);
    location.hash = back;
    return made;
  };
  return (
    <>
      <div class="row">
        <a class="button quiet back" href={back}>
          <Icon name="back" />
          {titleOf(section.key)}
        </a>
      </div>
      <h1>{isNew ? t("admin.new") : value ? nameOf(value, Number(id)) : t("loading")}</h1>
      <Trouble problem={problem} />
      {refused?.status === 409 ? <InUse problem={refused} /> : <Trouble problem={refused} />}
      {(value || isNew) && (
        <Form section={section} value={value ?? beginning(section.key)} revision={revision} save={save} />
      )}
      {!isNew && value && (
        <div class="row">
          <Asked
            name={nameOf(value, Number(id))}
            isAsked={isAsked}
            disabled={busy}
            onAsk={() => setAsked(true)}
            onSure={() => void remove()}
          />
        </div>
      )}
    </>
  );
}

interface FormProps {
  section: Section;
  value: Table;
  /** Of the settings as they were read. */
  revision: string | null;
  save: (table: Table, revision: string | null) => Promise<Revised<Table>>;
}

/** What holds while calls are recorded cannot be changed (R92). */
const POLICY = ["direction", "video", "composition"];

function Form({ section, value, revision, save }: FormProps) {
  const [known, setKnown] = useState({ table: value, revision });
  const [draft, setDraft] = useState<Table>(value);
  const [isSaved, setSaved] = useState(false);
  const [isDirty, setDirty] = useState(false);
  const { busy, problem, send } = useSending();
  useEffect(() => {
    if (!isDirty) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", stay);
    return () => removeEventListener("beforeunload", stay);
  }, [isDirty]);
  useEffect(() => {
    // Whoever does not see the whole form is brought to what is wrong.
    if (problem) document.querySelector<HTMLElement>("form [aria-invalid=true]")?.focus();
  }, [problem]);
  const submit = (event: Event) => {
    event.preventDefault();
    setSaved(false);
    void send(async () => {
      const { body, revision } = await save(draft, known.revision);
      setKnown({ table: body, revision });
      forget();
      setSaved(true);
      setDirty(false);
    });
  };
  const editing = {
    section: section.key,
    draft,
    faults: (path: string) => problem?.of(path),
    isFrozen: (path: string) =>
      section.key === "recording" && known.table.enabled === true && POLICY.includes(path),
  };
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <Editing.Provider value={editing}>
        <TableEditor
          schema={section.schema}
          value={draft}
          path=""
          onChange={(to) => {
            setDraft(to as Table);
            setSaved(false);
            setDirty(true);
          }}
        />
      </Editing.Provider>
      {section.key === "hours" && <WhatHolds hours={draft} />}
      {section.key === "storage" && <StorageTest isSaved={!isDirty} />}
      <Trouble problem={problem} beside={besideOf(problem, section)} />
      <div class="row save">
        <button type="submit" class="button primary" disabled={busy}>
          {t("save")}
        </button>
        <span role="status" class={isSaved ? "tag good" : "sr"}>
          {isSaved && t("admin.saved")}
        </span>
        {isDirty && !isSaved && <span class="small soft">{t("admin.unsaved")}</span>}
      </div>
    </form>
  );
}

/** Who uses what was to be deleted, in words. */
function InUse({ problem }: { problem: Problem }) {
  return (
    <div role="alert" class="banner danger">
      <div class="stack">
        <p>{problem.detail}</p>
        <ul>
          {problem.faults.map((fault) => (
            <li key={fault.field}>{fault.mend}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** Faults that stand beside a field of the form. */
function besideOf(problem: Problem | null, { schema }: Section): string[] {
  const known = Object.keys(schema.properties ?? {});
  const fields = problem?.faults.map(({ field }) => field) ?? [];
  return fields.filter((field) => known.includes(field.split(/[.[]/)[0] ?? ""));
}
