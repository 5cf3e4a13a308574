/** `/call#CALL-ID`: the story of one call, whether it goes on or is over. */

import { useEffect, useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Trouble } from "../parts/form";
import { Icon } from "../parts/icon";
import { Bar, begin } from "../parts/shell";
import { clock, useTick } from "../parts/time";
import call from "../text/en/call.json";
import desk from "../text/en/desk.json";
import { region, t } from "../text/index";
import { beside, first, type Recording } from "../wire/recording";
import { ask, serverNow, type Who, whoAmI } from "../wire/rest";
import { Ladder } from "./ladder";
import { Legs } from "./legs";
import { SegmentPlayer, voice } from "./player";
import { ending, type Story, standing } from "./story";
import { Events, Lanes } from "./timeline";
import "./call.css";

/** How often a call that goes on is looked at. */
const LOOK = 2_000;

void begin({ desk, call }, async () => {
  const who = await whoAmI().catch(() => null);
  if (!who) {
    location.replace(`/login#/call${location.hash}`);
    return null;
  }
  return <Page who={who} />;
});

/** Which call is in the address: other pages lead here, and it may change while the page is open. */
function useHash(): string {
  const [hash, setHash] = useState(location.hash.slice(1));
  useEffect(() => {
    const changed = () => setHash(location.hash.slice(1));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return hash;
}

function Page({ who }: { who: Who }) {
  const id = useHash();
  return (
    <>
      <Bar who={who} />
      <main class="story stack">
        <Whole key={id} id={id} isAbove={who.role !== "agent"} />
      </main>
    </>
  );
}

function Whole({ id, isAbove }: { id: string; isAbove: boolean }) {
  const [isOver, setOver] = useState(false);
  const { value: story, problem } = useRead(
    () => ask<Story>("GET", `/api/v1/calls/${encodeURIComponent(id)}/story`),
    id,
    isOver ? 60_000 : LOOK,
  );
  const over = story !== null && story.now === null;
  useEffect(() => setOver(over), [over]);
  if (problem && !story) {
    return (
      <>
        <h1>{t("story.title")}</h1>
        {problem.status === 404 ? <p class="nothing">{t("story.none")}</p> : <Trouble problem={problem} />}
      </>
    );
  }
  if (!story) return <p class="nothing">{t("loading")}</p>;
  return (
    <>
      <Head story={story} />
      <section class="card stack" aria-labelledby="lanes">
        <h2 id="lanes">{t("story.time")}</h2>
        <Lanes story={story} />
        <Events story={story} />
      </section>
      <Heard recordings={story.recordings} />
      <section class="card stack" aria-labelledby="legs">
        <h2 id="legs">{t("story.legs")}</h2>
        <Legs story={story} />
      </section>
      {isAbove && (
        <section class="card stack" aria-labelledby="ladder">
          <h2 id="ladder">{t("ladder")}</h2>
          <Ladder call={story.call} isOver={over} />
        </section>
      )}
    </>
  );
}

function Head({ story }: { story: Story }) {
  useTick(1_000);
  const { conversation, now } = story;
  const known = conversation ?? now;
  if (!known) return <h1>{t("story.title")}</h1>;
  const agent = now?.agent?.name ?? conversation?.agent?.name;
  const began = Date.parse(conversation?.began ?? now?.since ?? "");
  const talks = now?.talking_since ? serverNow() - Date.parse(now.talking_since) : null;
  const facts: [string, string | undefined | null][] = [
    [t("story.began"), exact(began)],
    [t("conversations.queue"), known.queue],
    [t("story.role.agent"), agent],
    [t("conversations.waited"), conversation?.connected || !now ? clock(conversation?.waited_ms ?? 0) : null],
    [t("conversations.talked"), talks === null ? clock(conversation?.talked_ms ?? 0) : clock(talks)],
    [t("story.trunk"), conversation?.trunk],
    [t("story.diverted_by"), conversation?.diverted_by],
    [t("story.assigned"), conversation?.assigned?.name],
    [t("story.end"), conversation?.end ? ending(conversation.end) : null],
    [t("story.id"), story.call],
  ];
  return (
    <section class="stack">
      <div class="row">
        <h1 class="grow">
          {t(known.direction === "outbound" ? "story.title.out" : "story.title.in", {
            from: known.from,
            called: known.called,
          })}
        </h1>
        {now && (
          <span class="tag danger" role="status">
            {t(`story.state.${now.state}`)}
          </span>
        )}
        {conversation && <span class="tag">{standing(conversation.status)}</span>}
      </div>
      <dl class="facts card">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd class="number">{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}

function exact(at: number): string {
  return new Intl.DateTimeFormat(region(), { dateStyle: "medium", timeStyle: "medium" }).format(at);
}

/** What was recorded, by segment: one press and one hears it. */
function Heard({ recordings }: { recordings: Recording[] }) {
  const segments = [...new Set(recordings.map(({ segment }) => segment))];
  const [open, setOpen] = useState<number | null>(null);
  return (
    <section class="card stack" aria-labelledby="heard">
      <h2 id="heard">{t("story.recordings")}</h2>
      {segments.length === 0 && <p class="nothing">{t("story.recordings.none")}</p>}
      <ul class="stack">
        {segments.map((segment) => {
          const files = beside(recordings, recordings.find((each) => each.segment === segment) as Recording);
          const one = first(files) ?? files[0];
          return (
            <li key={segment} class="segment stack">
              <div class="row">
                <span class="grow">
                  <b>{t("story.segment", { number: segment })}</b>{" "}
                  <span class="soft">
                    {one?.agent.name}, {clock(one?.milliseconds ?? 0)}
                  </span>
                </span>
                {files
                  .filter(({ deleted }) => deleted)
                  .map((file) => (
                    <span key={file.id} class="tag">
                      {t("story.deleted", { voice: voice(file.content), by: file.deleted?.by ?? "" })}
                    </span>
                  ))}
                <button
                  type="button"
                  class="button"
                  aria-expanded={open === segment}
                  disabled={!first(files)}
                  onClick={() => setOpen(open === segment ? null : segment)}
                >
                  <Icon name={open === segment ? "close" : "play"} />
                  {open === segment ? t("close") : t("player.listen")}
                </button>
              </div>
              {open === segment && <SegmentPlayer files={files} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
