/** `/link#TOKEN`: a customer calls. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Controls, Devices, Level, Picture, QualityOf } from "../parts/call";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/form";
import { Icon } from "../parts/icon";
import { begin, Stage, ThemeSwitch } from "../parts/shell";
import { about, clock, useTick } from "../parts/time";
import link from "../text/en/link.json";
import { type Key, ordinal, t } from "../text/index";
import { watchDevices } from "../wire/devices";
import type { CallNow } from "../wire/message";
import type { Talk } from "../wire/talk";
import "./link.css";
import { Visit } from "./visit";

void begin({ link }, () => {
  void watchDevices();
  // The fragment is sent to no server; it stays, so that the page can be loaded anew.
  const visit = new Visit(decodeURIComponent(location.hash.slice(1)));
  addEventListener("online", () => visit.renew());
  addEventListener("hashchange", () => location.reload());
  return <Page visit={visit} />;
});

function Page({ visit }: { visit: Visit }) {
  const phase = visit.phase.value;
  const title = visit.link.value?.title;
  useEffect(() => {
    document.title = title ? t("link.title", { title }) : t("link.untitled");
  }, [title]);
  return (
    <>
      <div class="corner">
        <ThemeSwitch />
      </div>
      <Stage labelled="title">
        <div class={`card stack visit ${phase}`}>
          <Lost visit={visit} />
          <Screen visit={visit} />
        </div>
      </Stage>
    </>
  );
}

function Screen({ visit }: { visit: Visit }) {
  switch (visit.phase.value) {
    case "arriving":
      return <Wait text={t("loading")} />;
    case "refused":
      return <Refused visit={visit} />;
    case "welcome":
      return <Welcome visit={visit} />;
    case "asking":
      return <Asking video={visit.asked.value === "video"} />;
    case "blocked":
      return <Blocked visit={visit} />;
    case "calling":
      return <Calling visit={visit} />;
    case "over":
      return <Over visit={visit} />;
  }
}

/** The heading of a screen gets the focus, so that those who do not see it hear where they are. */
function Title({ children }: { children: string }) {
  const place = useRef<HTMLHeadingElement>(null);
  useEffect(() => place.current?.focus(), [children]);
  return (
    <h1 id="title" ref={place} tabIndex={-1}>
      {children}
    </h1>
  );
}

function Wait({ text }: { text: string }) {
  return (
    <div class="stack middle">
      <div class="spinner" />
      <Title>{text}</Title>
    </div>
  );
}

/** The browser asks, not we: in its own words, somewhere else on the screen. */
function Asking({ video }: { video: boolean }) {
  return (
    <div class="stack middle">
      <span class="emblem">
        <Icon name={video ? "video" : "mic"} />
      </span>
      <Title>{t(video ? "link.asking.video" : "link.asking")}</Title>
      <p class="soft">{t("link.asking.text")}</p>
      <div class="spinner" />
    </div>
  );
}

function Lost({ visit }: { visit: Visit }) {
  const isLost =
    visit.line.value === "lost" || (visit.line.value === "connecting" && visit.talk.value !== null);
  return (
    <div role="status" class={isLost ? "banner warn" : "sr"}>
      {isLost && t("link.lost")}
    </div>
  );
}

function Welcome({ visit }: { visit: Visit }) {
  const [name, setName] = useState("");
  const [open, setOpen] = useState(false);
  const known = visit.link.value;
  return (
    <>
      <span class="emblem">
        <Icon name="phone" />
      </span>
      <Title>{known ? t("link.title", { title: known.title }) : t("link.untitled")}</Title>
      <p class="soft">{t("link.intro")}</p>
      <Field label={t("link.name")} help={t("link.name.help")}>
        <input
          name="name"
          autocomplete="name"
          maxlength={64}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <div class="stack entries">
        <button
          type="button"
          class="button primary large wide"
          onClick={() => void visit.start("audio", name)}
        >
          <Icon name="phone" />
          {t("link.audio")}
        </button>
        {known?.video !== false && (
          <button type="button" class="button large wide" onClick={() => void visit.start("video", name)}>
            <Icon name="video" />
            {t("link.video")}
          </button>
        )}
      </div>
      <button type="button" class="button quiet" onClick={() => setOpen(true)}>
        <Icon name="settings" />
        {t("link.devices")}
      </button>
      {open && (
        <Dialog title={t("link.devices")} onClose={() => setOpen(false)}>
          <Devices track={null} camera={known?.video !== false} />
        </Dialog>
      )}
    </>
  );
}

function Blocked({ visit }: { visit: Visit }) {
  const blocked = visit.blocked.value;
  const isCamera = blocked?.kind === "video";
  const key = isCamera ? "camera" : (blocked?.why ?? "failed");
  return (
    <>
      <span class="emblem warn">
        <Icon name={isCamera ? "videoOff" : "micOff"} />
      </span>
      <Title>{t(`blocked.${key}` as Key)}</Title>
      <p>{t(`blocked.${key}.help` as Key)}</p>
      {key === "denied" && <p class="soft small">{t("blocked.denied.phone")}</p>}
      <button type="button" class="button primary large wide" onClick={() => void visit.retry()}>
        {t("again")}
      </button>
      {isCamera && (
        <button type="button" class="button wide" onClick={() => void visit.start("audio", "")}>
          {t("blocked.without")}
        </button>
      )}
    </>
  );
}

const REFUSALS = [
  "link_used",
  "link_expired",
  "link_not_yet_valid",
  "link_revoked",
  "link_unknown",
  "too_many",
  "superseded",
];

function Refused({ visit }: { visit: Visit }) {
  const code = REFUSALS.includes(visit.code.value) ? visit.code.value : "unavailable";
  const mayPass = ["link_not_yet_valid", "too_many", "unavailable"].includes(code);
  return (
    <>
      <span class="emblem warn">
        <Icon name={code === "link_not_yet_valid" || code === "link_expired" ? "clock" : "link"} />
      </span>
      <Title>{t(`refused.${code}` as Key)}</Title>
      <p class="soft" data-code={visit.code.value}>
        {t(`refused.${code}.help` as Key)}
      </p>
      {mayPass && (
        <button type="button" class="button primary wide" onClick={() => visit.again()}>
          {t("again")}
        </button>
      )}
    </>
  );
}

function Calling({ visit }: { visit: Visit }) {
  const { talk, call } = { talk: visit.talk.value, call: visit.call.value };
  if (!talk) return <Wait text={t("link.calling")} />;
  return (
    <>
      <Media talk={talk} />
      {call === null ? (
        <Wait text={t("link.calling")} />
      ) : call.state === "waiting" ? (
        <Waiting call={call} at={visit.at.value} />
      ) : (
        <Talking call={call} at={visit.at.value} />
      )}
      {talk.microphone.value && <Level track={talk.microphone.value} />}
      {talk.muted.value && (
        <p class="banner warn" role="status">
          <Icon name="micOff" />
          {t("call.muted")}
        </p>
      )}
      <Troubles talk={talk} />
      <Controls talk={talk} video={visit.link.value?.video !== false} onDrop={() => visit.drop()} />
      <div class="row middle">
        <QualityOf talk={talk} />
      </div>
    </>
  );
}

function Media({ talk }: { talk: Talk }) {
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

function Waiting({ call, at }: { call: CallNow; at: number }) {
  const now = useTick();
  const { position, estimate_s: estimate } = call;
  return (
    <div class="stack middle">
      <Title>{position ? t("link.waiting") : t("link.waiting.soon")}</Title>
      {position && (
        <p class="place number" aria-hidden="true">
          {position}
        </p>
      )}
      <p role="status">
        {position === 1 && t("link.position.first")}
        {position && position > 1 && t("link.position", { position: ordinal(position) })}
        {estimate !== undefined && ` · ${t("link.estimate", { time: about(estimate) })}`}
      </p>
      <p class="soft small number">{t("link.waited", { time: clock(call.waited_ms + now - at) })}</p>
    </div>
  );
}

function Talking({ call, at }: { call: CallNow; at: number }) {
  const now = useTick();
  const name = call.with?.name;
  const isHeld = call.state === "held";
  return (
    <div class="stack middle">
      <span class={`emblem ${isHeld ? "warn" : "good"}`}>
        <Icon name={isHeld ? "pause" : "user"} />
      </span>
      <Title>{name ? t("link.with", { name }) : t("link.talking")}</Title>
      <p class="number soft">{clock(call.talked_ms + now - at)}</p>
      <p role="status" class={isHeld || call.muted ? "banner" : "sr"}>
        {isHeld && t("link.held")}
        {!isHeld && call.muted && t("call.muted.other", { name: name ?? t("call.other") })}
      </p>
    </div>
  );
}

function Troubles({ talk }: { talk: Talk }) {
  const way = talk.media.way.value;
  return (
    <>
      <p role="status" class={way === "shaky" || way === "down" ? "banner warn" : "sr"}>
        {(way === "shaky" || way === "down") && t("link.shaky")}
      </p>
      {talk.media.muffled.value && (
        <div class="banner warn" role="alert">
          <span>{t("call.muffled")}</span>
          <button type="button" class="button" onClick={() => void talk.media.unmuffle()}>
            {t("call.unmuffle")}
          </button>
        </div>
      )}
    </>
  );
}

const NOBODY = ["max_wait", "closed", "not_reached", "refused"];
const FAULTS = ["media_lost", "signalling_lost", "stopped", "interrupted", "fault"];

function Over({ visit }: { visit: Visit }) {
  const call = visit.call.value;
  const why = call?.why ?? "";
  const text = NOBODY.includes(why)
    ? "link.over.nobody"
    : FAULTS.includes(why)
      ? "link.over.fault"
      : why === "callback_promised"
        ? "link.over.callback"
        : "link.over.thanks";
  return (
    <>
      <span class="emblem">
        <Icon name="check" />
      </span>
      <Title>{t("link.over")}</Title>
      <p>{t(text)}</p>
      {call !== null && call.talked_ms > 0 && (
        <p class="soft number">{t("link.over.lasted", { time: clock(call.talked_ms) })}</p>
      )}
      <button type="button" class="button wide" onClick={() => visit.again()}>
        {t("link.again")}
      </button>
    </>
  );
}
