/** Beside an agent: the button that begins it, and what one can do there (B1). */

import { useEffect, useRef } from "preact/hooks";
import { Trouble } from "../parts/form";
import { Icon } from "../parts/icon";
import { type Key, t } from "../text/index";
import { Refusal } from "../wire/devices";
import type { AgentNow, Supervises } from "../wire/message";
import { Problem } from "../wire/rest";
import { Beside } from "./beside";
import { floor } from "./floor";
import "./supervise.css";

const MODES: Supervises[] = ["listen", "whisper", "barge"];

let known: Beside | null = null;

/** There is one for the page, from its first look on. */
function beside(): Beside {
  known ??= new Beside();
  return known;
}

/** Listens to an agent who talks; for others, and for oneself, there is none. */
export function Listen({ agent, self }: { agent: AgentNow; self: number | null }) {
  const { call } = agent;
  if (agent.state !== "talking" || call === null || agent.agent === self) return null;
  const isHere = beside().at.value !== null;
  return (
    <button
      type="button"
      class="button"
      disabled={isHere}
      aria-label={t("beside.listen_to", { name: agent.name })}
      onClick={() => void beside().begin(call)}
    >
      <Icon name="signal" />
      {t("beside.begin")}
    </button>
  );
}

/** Where one stands, and what one can do there. Says it to those who do not see it. */
export function Standing({ mayTakeOver }: { mayTakeOver: boolean }) {
  const { at, media } = beside();
  const place = at.value;
  const end = useRef<HTMLButtonElement>(null);
  const call = place?.call;
  // The button that was pressed is disabled from now on.
  useEffect(() => {
    if (call !== undefined) end.current?.focus();
  }, [call]);
  const agent = floor.value?.agents.find((each) => each.call === place?.call)?.name ?? "";
  const says = place ? t(`beside.${place.does}` as Key, { name: agent, customer: place.customer }) : "";
  const isBeside = place !== null && MODES.includes(place.does as Supervises);
  return (
    <section class={place ? "card beside stack" : "stack"} aria-label={t("beside.title")}>
      <p role="status" class={place ? "" : "sr"}>
        {place && <span class={`dot ${place.does}`} aria-hidden="true" />}
        {says}
      </p>
      {place && (
        <div class="row" role="toolbar" aria-label={t("beside.controls")}>
          {isBeside &&
            MODES.map((mode) => (
              <button
                key={mode}
                type="button"
                class="button"
                aria-pressed={place.does === mode}
                onClick={() => void beside().change(mode)}
              >
                <Icon name={mode === "listen" ? "micOff" : "mic"} />
                {t(`beside.${mode}.button` as Key)}
              </button>
            ))}
          {isBeside && mayTakeOver && (
            <button type="button" class="button" onClick={() => void beside().takeOver()}>
              <Icon name="transfer" />
              {t("beside.take_over")}
            </button>
          )}
          {(place.does === "talking" || place.does === "holding") && (
            <button
              type="button"
              class="button"
              aria-pressed={place.does === "holding"}
              onClick={() => beside().hold(place.does === "talking")}
            >
              <Icon name="pause" />
              {t("beside.hold")}
            </button>
          )}
          <button ref={end} type="button" class="button danger" onClick={() => beside().end()}>
            <Icon name="hangup" />
            {isBeside || place.does === "asked" ? t("beside.end") : t("call.drop")}
          </button>
        </div>
      )}
      {media.value?.muffled.value && (
        <button type="button" class="button" onClick={() => void media.value?.unmuffle()}>
          {t("call.unmuffle")}
        </button>
      )}
      <Wrong />
    </section>
  );
}

/** What went wrong, until the next thing is done. */
function Wrong() {
  const trouble = beside().trouble.value;
  if (trouble === null) return null;
  if (trouble instanceof Problem) return <Trouble problem={trouble} />;
  return (
    <p role="alert" class="banner warn">
      {trouble instanceof Refusal ? t("devices.refused", { why: t(`why.${trouble.why}`) }) : trouble.message}
    </p>
  );
}
