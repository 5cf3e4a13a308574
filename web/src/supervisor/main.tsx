/** `/supervisor`: who waits, who talks, how the day goes; what was, and what was recorded. */

import { Bar, begin } from "../parts/shell";
import { Tabs } from "../parts/tabs";
import call from "../text/en/call.json";
import desk from "../text/en/desk.json";
import supervisor from "../text/en/supervisor.json";
import { t } from "../text/index";
import { type Who, whoAmI } from "../wire/rest";
import { Audit } from "./audit";
import { Conversations } from "./conversations";
import { isLive, watch } from "./floor";
import { Histories } from "./history";
import { Recordings } from "./recordings";
import { Standing } from "./supervise";
import { Wall } from "./wall";
import "./supervisor.css";

void begin({ desk, call, supervisor }, async () => {
  const who = await whoAmI().catch(() => null);
  if (!who) {
    location.replace("/login#/supervisor");
    return null;
  }
  if (who.role === "agent") {
    location.replace("/desk");
    return null;
  }
  void watch();
  return <Page who={who} />;
});

function Page({ who }: { who: Who }) {
  const isAdmin = who.role === "admin";
  const tabs = [
    { key: "floor", name: t("floor"), show: () => <Wall self={who.agent ?? null} /> },
    { key: "conversations", name: t("conversations"), show: () => <Conversations /> },
    { key: "recordings", name: t("recordings"), show: () => <Recordings mayDelete={isAdmin} /> },
    { key: "history", name: t("histories"), show: () => <Histories /> },
    ...(isAdmin ? [{ key: "audit", name: t("audit"), show: () => <Audit /> }] : []),
  ];
  return (
    <>
      <Bar who={who}>
        <span class={`tag ${isLive.value ? "good" : "warn"}`} role="status">
          {isLive.value ? t("floor.live") : t("floor.not_live")}
        </span>
      </Bar>
      <main class="floor">
        <h1 class="sr">{t("floor.title")}</h1>
        <Standing mayTakeOver={who.agent != null} />
        <Tabs label={t("floor.title")} tabs={tabs} />
      </main>
    </>
  );
}
