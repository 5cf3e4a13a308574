/** Whether a talk is being recorded, and the button for what is not for the recording: numbers of cards, passwords (B10). */

import { Trouble, useSending } from "../parts/form";
import { Icon } from "../parts/icon";
import { t } from "../text/index";
import type { CallNow } from "../wire/message";
import type { Desk } from "./desk";

export function Recorded({ desk, call }: { desk: Desk; call: CallNow }) {
  const { busy, problem, send } = useSending();
  if (!call.recording) return null;
  const isMasked = call.recording === "masked";
  return (
    <>
      <div class={`banner ${isMasked ? "warn" : ""}`}>
        <Icon name={isMasked ? "pause" : "record"} />
        <span class="grow" role="status">
          {isMasked ? t("mask.on") : t("mask.off")}
        </span>
        <button
          type="button"
          class="button"
          aria-pressed={isMasked}
          disabled={busy}
          onClick={() => send(() => desk.mask(call.call, !isMasked))}
        >
          {isMasked ? t("mask.resume") : t("mask.pause")}
        </button>
      </div>
      <Trouble problem={problem} />
    </>
  );
}
