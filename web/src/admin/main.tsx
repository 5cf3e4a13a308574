/** `/admin`: everything that can be set, and who may log in. */

import { useEffect, useState } from "preact/hooks";
import { Trouble, useSending } from "../parts/form";
import { Icon } from "../parts/icon";
import { Bar, begin } from "../parts/shell";
import admin from "../text/en/admin.json";
import { type Key, t } from "../text/index";
import { ask, Problem, revised, type Who, whoAmI } from "../wire/rest";
import "./admin.css";
import { labelOf, type Table, TableEditor } from "./editor";
import { human, type Section, sections } from "./schema";
import { Users } from "./users";

void begin({ admin }, async () => {
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

function titleOf(section: Section): string {
  const key = `section.${section.key}`;
  const said = t(key as Key);
  return said === key ? human(section.key) : said;
}

function Page({ who, known }: { who: Who; known: Section[] }) {
  const place = usePlace() || known[0]?.key || "";
  const [key = "", id] = place.split("/");
  const section = known.find((each) => each.key === key);
  return (
    <>
      <Bar who={who} />
      <main class="admin">
        <nav aria-label={t("admin.sections")}>
          <ul>
            {[...known.map((each) => [each.key, titleOf(each)] as const), ["users", t("users")] as const].map(
              ([each, name]) => (
                <li key={each}>
                  <a href={`#${each}`} aria-current={each === key ? "page" : undefined}>
                    {name}
                  </a>
                </li>
              ),
            )}
          </ul>
          <p class="small">
            <a href="/api/docs">{t("admin.api")}</a>
          </p>
        </nav>
        <div class="card stack sheet">
          {key === "users" && <Users />}
          {section && !section.isList && <Single key={key} section={section} />}
          {section?.isList && id === undefined && <List key={key} section={section} />}
          {section?.isList && id !== undefined && <Item key={place} section={section} id={id} />}
        </div>
      </main>
    </>
  );
}

function useSection<T>(path: string | null): {
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
  }, [path]);
  return { value: found?.value ?? null, revision: found?.revision ?? null, problem };
}

function Single({ section }: { section: Section }) {
  const { value, revision, problem } = useSection<Table>(section.path);
  return (
    <>
      <h1>{titleOf(section)}</h1>
      <Trouble problem={problem} />
      {value && (
        <Form
          section={section}
          value={value}
          save={(table) => revised<Table>("PUT", section.path, table, revision)}
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
  const { value, problem } = useSection<Table[]>(section.path);
  return (
    <>
      <div class="row">
        <h1 class="grow">{titleOf(section)}</h1>
        <a class="button primary" href={`#${section.key}/new`}>
          <Icon name="plus" />
          {t("set.add")}
        </a>
      </div>
      <Trouble problem={problem} />
      {value?.length === 0 && <p class="nothing">{t("admin.none")}</p>}
      <ul class="items">
        {value?.map((item, place) => (
          <li key={place}>
            <a href={`#${section.key}/${item.id ?? place}`}>
              <b>{nameOf(item, place)}</b>
              <span class="small soft">{summary(item)}</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

/** A few words of what is set. */
function summary(item: Table): string {
  const words = Object.entries(item).filter(([key]) => !["id", "name", "user"].includes(key));
  const plain = words.filter(
    ([, value]) => ["string", "number"].includes(typeof value) || Array.isArray(value),
  );
  const shown = plain.map(
    ([key, value]) => `${labelOf(key)}: ${Array.isArray(value) ? value.length : value}`,
  );
  return shown.slice(0, 3).join(" · ");
}

function Item({ section, id }: { section: Section; id: string }) {
  const isNew = id === "new";
  const { value, revision, problem } = useSection<Table>(isNew ? null : `${section.path}/${id}`);
  const { busy, problem: refused, send } = useSending();
  const [isSure, setSure] = useState(false);
  const back = `#${section.key}`;
  const remove = () =>
    send(async () => {
      await ask("DELETE", `${section.path}/${id}`);
      location.hash = back;
    });
  const save = async (table: Table) => {
    if (!isNew) return revised<Table>("PUT", `${section.path}/${id}`, table, revision);
    const made = await revised<Table>("POST", section.path, table);
    location.hash = back;
    return made;
  };
  return (
    <>
      <div class="row">
        <a class="button quiet" href={back}>
          <Icon name="back" />
          {titleOf(section)}
        </a>
      </div>
      <h1>{isNew ? t("admin.new") : value ? nameOf(value, Number(id)) : t("loading")}</h1>
      <Trouble problem={problem} />
      <Trouble problem={refused} />
      {(value || isNew) && <Form section={section} value={value ?? {}} save={save} />}
      {!isNew && value && (
        <div class="row">
          {isSure ? (
            <button type="button" class="button danger" disabled={busy} onClick={() => void remove()}>
              {t("admin.delete.sure")}
            </button>
          ) : (
            <button type="button" class="button quiet" onClick={() => setSure(true)}>
              <Icon name="trash" />
              {t("admin.delete")}
            </button>
          )}
        </div>
      )}
    </>
  );
}

interface FormProps {
  section: Section;
  value: Table;
  save: (table: Table) => Promise<unknown>;
}

function Form({ section, value, save }: FormProps) {
  const [draft, setDraft] = useState<Table>(value);
  const [isSaved, setSaved] = useState(false);
  const { busy, problem, send } = useSending();
  const submit = (event: Event) => {
    event.preventDefault();
    setSaved(false);
    void send(async () => {
      await save(draft);
      setSaved(true);
    });
  };
  return (
    <form class="stack" onSubmit={submit} noValidate>
      <TableEditor
        schema={section.schema}
        value={draft}
        path=""
        faults={(path) => problem?.of(path)}
        onChange={(to) => {
          setDraft(to as Table);
          setSaved(false);
        }}
      />
      <Trouble problem={problem} beside={besideOf(problem, section)} />
      <div class="row save">
        <button type="submit" class="button primary" disabled={busy}>
          {t("save")}
        </button>
        <span role="status" class={isSaved ? "tag good" : "sr"}>
          {isSaved && t("admin.saved")}
        </span>
      </div>
    </form>
  );
}

/** Faults that stand beside a field of the form. */
function besideOf(problem: Problem | null, { schema }: Section): string[] {
  const known = Object.keys(schema.properties ?? {});
  const fields = problem?.faults.map(({ field }) => field) ?? [];
  return fields.filter((field) => known.includes(field.split(/[.[]/)[0] ?? ""));
}
