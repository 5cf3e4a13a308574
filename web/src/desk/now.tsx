/** What is now: a call that rings, one that is talked in, after-call work, or nothing. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Control, Controls, Level, Picture, QualityOf } from "../parts/call";
import { Trouble, useSending } from "../parts/form";
import { Icon } from "../parts/icon";
import { clock, useTick } from "../parts/time";
import { type Key, t } from "../text/index";
import type { CallNow } from "../wire/message";
import { serverNow } from "../wire/rest";
import type { Talk } from "../wire/talk";
import type { About } from "./about";
import { quiet, ring, silent, wake } from "./bell";
import { Consulting, saysOf } from "./consult";
import type { Desk, Known, News } from "./desk";
import { TransferDialog } from "./transfer";

export function nameOf(call: CallNow): string {
  return call.with?.name ?? call.with?.number ?? t("call.other");
}

export function Now({ desk, known }: { desk: Desk; known: About }) {
  const ringing = desk.ringing.value;
  const current = desk.current.value;
  const talk = desk.talk.value;
  useBell(ringing?.call ?? null, talk !== null);
  if (ringing)
    return (
      <>
        <Asking desk={desk} />
        <Ringing desk={desk} known={ringing} busy={talk !== null} />
      </>
    );
  return (
    <>
      <Asking desk={desk} />
      <Told news={desk.news.value} />
      {current ? (
        <Current desk={desk} known={current} about={known} talk={talk} />
      ) : talk ? (
        <Begun desk={desk} />
      ) : desk.agent.value?.state === "wrap_up" ? (
        <WrapUp desk={desk} known={known} until={desk.agent.value.until} />
      ) : (
        <Idle desk={desk} />
      )}
    </>
  );
}

/** Rings, and says so in the title and the sign of the tab, until the call is taken or gone. */
function useBell(call: CallNow | null, isTaken: boolean): void {
  const rings = call !== null && !isTaken;
  const name = call ? nameOf(call) : "";
  useEffect(() => {
    if (!rings) return undefined;
    const before = document.title;
    const badge = t("ring.badge", { name });
    let shown = false;
    const blink = () => {
      shown = !shown;
      document.title = shown ? badge : before;
      sign(shown);
    };
    blink();
    const timer = setInterval(blink, 900);
    ring();
    return () => {
      quiet();
      clearInterval(timer);
      document.title = before;
      sign(false);
    };
  }, [rings, name]);
}

function sign(rings: boolean): void {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (!link) return;
  link.dataset.usual ??= link.href;
  link.href = rings ? new URL("../style/icon-ringing.svg", import.meta.url).href : link.dataset.usual;
}

function Ringing({ desk, known: { call, at }, busy }: { desk: Desk; known: Known; busy: boolean }) {
  const now = useTick();
  const accept = useRef<HTMLButtonElement>(null);
  // Enter is enough, unless something is being written.
  useEffect(() => {
    if (!document.activeElement?.matches("input, textarea, select")) accept.current?.focus();
  }, []);
  const left = call.rings_ms === undefined ? null : Math.ceil((call.rings_ms - (now - at)) / 1000);
  const waited = call.waited_ms + (now - at);
  return (
    <section class="card stack ringing" aria-labelledby="ringing">
      <div class="row">
        <span class="pulse">
          <Icon name="phone" />
        </span>
        <div class="grow" role="alert">
          <h2 id="ringing">{t("ring.title", { name: nameOf(call) })}</h2>
          {call.with?.number && call.with.number !== call.with.name && (
            <p class="number">{call.with.number}</p>
          )}
          {call.queue && <p>{t("ring.queue", { queue: call.queue })}</p>}
        </div>
      </div>
      <p class="number">
        {t("ring.waited", { time: clock(waited) })}
        {left !== null && left >= 0 && ` · ${t("ring.left", { seconds: left })}`}
      </p>
      {silent.value && (
        <div class="banner warn">
          <span class="grow">{t("ring.silent")}</span>
          <button type="button" class="button" onClick={wake}>
            {t("ring.enable")}
          </button>
        </div>
      )}
      <div class="row answers">
        <button
          ref={accept}
          type="button"
          class="button good large grow"
          disabled={busy}
          onClick={() => void desk.accept(call.call)}
        >
          <Icon name="phone" />
          {t("ring.accept")}
        </button>
        <button type="button" class="button danger large grow" onClick={() => desk.reject(call.call)}>
          <Icon name="hangup" />
          {t("ring.reject")}
        </button>
      </div>
    </section>
  );
}

interface CurrentProps {
  desk: Desk;
  known: Known;
  about: About;
  talk: Talk | null;
}

function Current({ desk, known: { call, at }, about, talk }: CurrentProps) {
  const now = useTick();
  const [transferring, setTransferring] = useState(false);
  const masking = useSending();
  const name = nameOf(call);
  const isTalk = call.state === "talking" || call.state === "holding" || call.state === "held";
  return (
    <section class={`card stack current ${call.state}`} aria-labelledby="current">
      <div class="row">
        <div class="grow">
          <div role="status">
            <h2 id="current">{call.consult ? saysOf(call, call.consult, name) : headline(call, name)}</h2>
          </div>
          {call.with?.number && call.with.number !== name && <p class="number">{call.with.number}</p>}
          {call.queue && <p class="soft">{t("ring.queue", { queue: call.queue })}</p>}
        </div>
        <p class="clock number">{clock((isTalk ? call.talked_ms : call.waited_ms) + now - at)}</p>
      </div>
      {call.recording === "masked" && <p class="banner warn">{t("masked")}</p>}
      <Trouble problem={masking.problem} />
      {call.muted && <p class="banner">{t("call.muted.other", { name })}</p>}
      {talk && (
        <>
          <Pictures talk={talk} />
          {talk.microphone.value && <Level track={talk.microphone.value} />}
          {talk.media.muffled.value && (
            <div class="banner warn" role="alert">
              <span class="grow">{t("call.muffled")}</span>
              <button type="button" class="button" onClick={() => void talk.media.unmuffle()}>
                {t("call.unmuffle")}
              </button>
            </div>
          )}
          <Controls talk={talk} video onDrop={() => desk.hangUp()}>
            {isTalk && !call.consult && (
              <Control
                icon={call.state === "holding" ? "play" : "pause"}
                label={call.state === "holding" ? t("unhold") : t("hold")}
                pressed={call.state === "holding"}
                onClick={() => desk.hold(call.state !== "holding")}
              />
            )}
            {isTalk && !call.consult && (
              <Control icon="transfer" label={t("transfer")} onClick={() => setTransferring(true)} />
            )}
            {isTalk && call.recording && (
              <Control
                icon={call.recording === "masked" ? "recordOff" : "record"}
                label={call.recording === "masked" ? t("unmask") : t("mask")}
                pressed={call.recording === "masked"}
                onClick={() => void masking.send(() => desk.mask(call.call, call.recording !== "masked"))}
              />
            )}
          </Controls>
          {call.consult && <Consulting desk={desk} consult={call.consult} />}
          <div class="row">
            <QualityOf talk={talk} />
          </div>
        </>
      )}
      {transferring && (
        <TransferDialog
          desk={desk}
          about={about}
          call={call}
          name={name}
          onClose={() => setTransferring(false)}
        />
      )}
    </section>
  );
}

function headline(call: CallNow, name: string): string {
  switch (call.state) {
    case "dialling":
    case "waiting":
      return t("dialling", { name });
    case "holding":
      return t("holding", { name });
    case "held":
      return t("held", { name });
    case "ringing":
    case "talking":
    case "over":
      return call.with ? t("talking", { name }) : t("talking.unknown");
  }
}

function Pictures({ talk }: { talk: Talk }) {
  const theirs = talk.media.picture.value;
  const ours = talk.preview.value;
  if (!theirs && !ours) return null;
  return (
    <div class="pictures">
      {theirs && <Picture stream={theirs} label={t("call.other")} />}
      {ours && <Picture stream={ours} label={t("call.you")} small={theirs !== null} />}
    </div>
  );
}

function WrapUp({ desk, known, until }: { desk: Desk; known: About; until: string | null }) {
  useTick(250);
  const { problem, busy, send } = useSending();
  const left = until === null ? 0 : Math.max(0, Math.ceil((Date.parse(until) - serverNow()) / 1000));
  return (
    <section class="card stack" aria-labelledby="wrapup">
      <div class="row">
        <div class="grow" role="status">
          <h2 id="wrapup">{t("wrapup")}</h2>
        </div>
        <p class="clock number" role="timer">
          {t("wrapup.left", { seconds: left })}
        </p>
      </div>
      <Trouble problem={problem} />
      <div class="row">
        {known.extend_wrap_up && (
          <button
            type="button"
            class="button"
            disabled={busy}
            onClick={() => send(() => desk.extendWrapUp())}
          >
            {t("wrapup.more")}
          </button>
        )}
        <button
          type="button"
          class="button primary"
          disabled={busy}
          onClick={() => send(() => desk.endWrapUp())}
        >
          {t("wrapup.end")}
        </button>
      </div>
    </section>
  );
}

function Idle({ desk }: { desk: Desk }) {
  const isReady = desk.agent.value?.state === "available";
  return (
    <section class="card stack idle" aria-labelledby="idle">
      <h2 id="idle">{t("idle.title")}</h2>
      <p class="soft">{isReady ? t("idle.ready") : t("idle.not_ready")}</p>
    </section>
  );
}

/** A call is on its way, and the server has not said yet how it is. */
function Begun({ desk }: { desk: Desk }) {
  return (
    <section class="card stack current" aria-labelledby="begun">
      <div role="status">
        <h2 id="begun">{t("begun")}</h2>
      </div>
      <div class="row">
        <button type="button" class="button danger" onClick={() => desk.hangUp()}>
          <Icon name="hangup" />
          {t("call.drop")}
        </button>
      </div>
    </section>
  );
}

/** The browser asks for the microphone: without it nobody is heard. */
function Asking({ desk }: { desk: Desk }) {
  return (
    <div role="status" class={desk.asking.value ? "banner warn" : "sr"}>
      {desk.asking.value && t("asking")}
    </div>
  );
}

/** What has just happened. */
function Told({ news }: { news: News | null }) {
  return (
    <div role="status" class={news === null ? "sr" : `banner ${looks(news)}`}>
      {news && sentence(news)}
    </div>
  );
}

function looks(news: News): string {
  if (news.what === "over") return "";
  return news.what === "transferred" ? "good" : "warn";
}

function sentence(news: News): string {
  switch (news.what) {
    case "over": {
      const why = news.call.why ? t(`end.${news.call.why}` as Key) : "";
      return t("over", { name: nameOf(news.call), why });
    }
    case "missed":
      return t("missed", { name: nameOf(news.call) });
    case "transferred":
      return t("transfer.done", { name: news.name });
    case "blocked":
      return t("blocked", { why: t(`why.${news.why.why}`) });
    case "trouble":
      return news.trouble.message;
  }
}
