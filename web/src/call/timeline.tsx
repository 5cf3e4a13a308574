/** What happened when: as lanes for the eye, and as a list for everybody. */

import { useState } from "preact/hooks";
import { clock, useTick } from "../parts/time";
import { t } from "../text/index";
import { serverNow } from "../wire/rest";
import { type Happened, type Story, tell, timeline } from "./story";

/** Events of one sort that follow each other are one line: music and announcements go on for a while. */
const DULL = ["call.music", "call.message", "call.digit"];

/** Who was there, and what was heard, over the time of the call. The list below says the same. */
export function Lanes({ story }: { story: Story }) {
  useTick(story.now ? 1_000 : 3_600_000);
  const { from, until, lanes } = timeline(story, serverNow());
  const place = (at: number) => `${((100 * (at - from)) / (until - from)).toFixed(3)}%`;
  const steps = [0, 0.25, 0.5, 0.75, 1];
  return (
    <div class="lanes" aria-hidden="true">
      {lanes.map((lane) => (
        <div key={lane.key} class="lane">
          <span class="small soft">{lane.name}</span>
          <div class="track">
            {lane.spans.map((span) => (
              <span
                key={`${span.kind} ${span.from}`}
                class={`span ${span.kind}`}
                title={`${span.name} ${clock(span.from - from)}–${clock(span.until - from)}`}
                style={{ left: place(span.from), width: place(from + span.until - span.from) }}
              />
            ))}
            {lane.dots.map((at, number) => (
              <span
                key={`${at} ${number}`}
                class="dot"
                title={`${t("player.mark.digit")} ${clock(at - from)}`}
                style={{ left: place(at) }}
              />
            ))}
          </div>
        </div>
      ))}
      <div class="lane axis">
        <span />
        <div class="small soft number">
          {steps.map((step) => (
            <span key={step}>{clock(step * (until - from))}</span>
          ))}
        </div>
      </div>
      <p class="small soft legend">
        {(["rings", "talks", "music", "message", "hold", "recorded"] as const).map((kind) => (
          <span key={kind} class="row">
            <span class={`swatch span ${kind}`} /> {t(`story.span.${kind}`)}
          </span>
        ))}
      </p>
    </div>
  );
}

/** A line of the list: an event, and how many of its sort came right after it. */
interface Line {
  event: Happened;
  times: number;
}

/** What follows itself is said once: what callers hear while they wait, and keys. */
export function gathered(events: readonly Happened[]): Line[] {
  const lines: Line[] = [];
  for (const event of events) {
    const last = lines.at(-1);
    const isSame = last?.event.type === event.type && DULL.includes(event.type);
    if (last && isSame && last.event.data.message === event.data.message) last.times += 1;
    else lines.push({ event, times: 1 });
  }
  return lines;
}

/** Each event in words, with the reason where somebody has decided it. */
export function Events({ story }: { story: Story }) {
  const [isWhole, setWhole] = useState(false);
  const first = Date.parse(story.events[0]?.at ?? "");
  const lines = gathered(story.events.filter((event) => tell(event, story.names)));
  const shown = isWhole ? lines : lines.slice(0, 60);
  if (lines.length === 0) return <p class="nothing">{t("story.events.none")}</p>;
  return (
    <>
      <ol class="events">
        {shown.map(({ event, times }) => {
          const told = tell(event, story.names);
          return (
            <li key={event.seq}>
              <time class="number small soft" dateTime={event.at} title={event.at}>
                {clock(Date.parse(event.at) - first)}
              </time>
              <span>
                {told?.what}
                {times > 1 && <span class="soft"> × {times}</span>}
                {told?.why && (
                  <span class="because">
                    <span class="sr">{t("story.because")} </span>
                    {told.why}
                  </span>
                )}
              </span>
            </li>
          );
        })}
      </ol>
      {shown.length < lines.length && (
        <button type="button" class="button quiet" onClick={() => setWhole(true)}>
          {t("story.events.all", { n: lines.length })}
        </button>
      )}
      {story.more && <p class="banner warn">{t("story.events.more")}</p>}
    </>
  );
}
