/** `/desk`: where an agent works. */

import { useEffect, useState } from "preact/hooks";
import { Devices } from "../parts/call";
import { Dialog } from "../parts/dialog";
import { Trouble, useSending } from "../parts/form";
import { Icon } from "../parts/icon";
import { Bar, begin, Stage } from "../parts/shell";
import { Tabs } from "../parts/tabs";
import desk from "../text/en/desk.json";
import { t } from "../text/index";
import { watchDevices } from "../wire/devices";
import { type Who, whoAmI } from "../wire/rest";
import { type About, about } from "./about";
import { chime, wake } from "./bell";
import { Callbacks } from "./callbacks";
import { Conversations } from "./conversations";
import { Desk } from "./desk";
import "./desk.css";
import { Colleague, Dial } from "./dial";
import { Links, Share } from "./links";
import { Now } from "./now";

void begin({ desk }, async () => {
  const who = await whoAmI().catch(() => null);
  if (!who) {
    location.replace("/login#/desk");
    return null;
  }
  if (who.agent == null) return <NoAgent who={who} />;
  const known = await about(who.agent).catch(() => null);
  if (!known) return <NoAgent who={who} />;
  void watchDevices();
  // The first touch lets the page ring.
  addEventListener("pointerdown", wake, { once: true });
  addEventListener("keydown", wake, { once: true });
  const own = new Desk(who.agent);
  addEventListener("online", () => own.renew());
  return <Page who={who} known={known} desk={own} />;
});

function NoAgent({ who }: { who: Who }) {
  return (
    <>
      <Bar who={who} />
      <Stage labelled="title">
        <div class="card stack">
          <h1 id="title">{t("desk.none")}</h1>
          <p>{t("desk.none.help")}</p>
        </div>
      </Stage>
    </>
  );
}

function Page({ who, known, desk }: { who: Who; known: About; desk: Desk }) {
  const ended = desk.ended.value;
  useEffect(() => {
    if (ended === "dismissed") location.replace("/login#/desk");
  }, [ended]);
  return (
    <>
      <Bar who={who}>{ended === null && <StatusChoice desk={desk} known={known} />}</Bar>
      {ended === "superseded" ? <Superseded /> : <Work known={known} desk={desk} />}
    </>
  );
}

function Superseded() {
  return (
    <Stage labelled="title">
      <div class="card stack" role="alert">
        <h1 id="title">{t("desk.superseded")}</h1>
        <p>{t("desk.superseded.help")}</p>
        <button type="button" class="button primary" onClick={() => location.reload()}>
          {t("desk.superseded.back")}
        </button>
      </div>
    </Stage>
  );
}

function Work({ known, desk }: { known: About; desk: Desk }) {
  const [open, setOpen] = useState(false);
  const line = desk.line.value;
  const tabs = [
    { key: "conversations", name: t("conversations"), show: () => <Conversations desk={desk} /> },
    { key: "callbacks", name: t("callbacks"), show: () => <Callbacks desk={desk} known={known} /> },
    { key: "links", name: t("link.mine"), show: () => <Links desk={desk} /> },
  ];
  return (
    <main class="work">
      <h1 class="sr">{t("desk.title", { name: known.agent.name })}</h1>
      <div role="status" class={line === "lost" ? "banner warn wide" : "sr"}>
        {line === "lost" && t("desk.lost")}
        {line === "connecting" && t("desk.connecting")}
      </div>
      <div class="stack">
        <Now desk={desk} known={known} />
        {known.calls_out && <Dial desk={desk} />}
        {known.agents.length > 0 && <Colleague desk={desk} agents={known.agents} />}
        <Share desk={desk} />
        <button type="button" class="button quiet" onClick={() => setOpen(true)}>
          <Icon name="settings" />
          {t("desk.devices")}
        </button>
      </div>
      <section class="card lists" aria-label={t("tabs")}>
        <Tabs label={t("tabs")} tabs={tabs} />
      </section>
      {open && (
        <Dialog title={t("desk.devices")} onClose={() => setOpen(false)}>
          <Devices track={desk.talk.value?.microphone.value ?? null} camera onBeep={chime} />
        </Dialog>
      )}
    </main>
  );
}

/** What the agent says of themselves; what they do is beside it. */
function StatusChoice({ desk, known }: { desk: Desk; known: About }) {
  const { problem, send } = useSending();
  const agent = desk.agent.value;
  const status = agent?.status ?? "offline";
  const reason = agent?.reason == null ? undefined : known.reasons[agent.reason];
  const value = status === "not_ready" && reason !== undefined ? `not_ready ${reason}` : status;
  const change = (wanted: string) => {
    const [status = "", ...rest] = wanted.split(" ");
    const reason = rest.length > 0 ? rest.join(" ") : undefined;
    void send(() => desk.setStatus(status, reason));
  };
  return (
    <div class="status">
      <span class={`dot ${agent?.state ?? "away"}`} aria-hidden="true" />
      <select aria-label={t("status")} value={value} onChange={(event) => change(event.currentTarget.value)}>
        <option value="available">{t("status.available")}</option>
        {known.reasons.length === 0 && <option value="not_ready">{t("status.not_ready")}</option>}
        {known.reasons.map((reason) => (
          <option key={reason} value={`not_ready ${reason}`}>
            {t("status.not_ready.because", { reason })}
          </option>
        ))}
        {status === "paused" && (
          <option value="paused" disabled>
            {t("status.paused")}
          </option>
        )}
        <option value="offline">{t("status.offline")}</option>
      </select>
      {agent && (
        <span class="small soft" role="status">
          {t(`state.${agent.state}`)}
        </span>
      )}
      <Trouble problem={problem} />
    </div>
  );
}
