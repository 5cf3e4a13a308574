/** Whom the agent asks before the customer goes on to them, and what becomes of it. */

import { Control } from "../parts/call";
import { t } from "../text/index";
import type { CallNow, Consult } from "../wire/message";
import type { Desk } from "./desk";

export function saysOf(call: CallNow, consult: Consult, name: string): string {
  const values = { name, who: consult.who.name };
  switch (consult.with) {
    case "dialling":
      return t("consult.dialling", values);
    case "asked":
      return t("consult.asked", values);
    case "customer":
      return call.state === "holding" ? t("consult.nobody", values) : t("consult.customer", values);
    case "all":
      return t("consult.all", values);
  }
}

export function Consulting({ desk, consult }: { desk: Desk; consult: Consult }) {
  const answered = consult.with !== "dialling";
  return (
    <div class="controls" role="toolbar" aria-label={t("consult.controls", { who: consult.who.name })}>
      {answered && (
        <>
          <Control
            icon="transfer"
            label={t("consult.complete")}
            onClick={() => desk.consultation("complete")}
          />
          <Control icon="swap" label={t("consult.swap")} onClick={() => desk.consultation("swap")} />
          {consult.with !== "all" && (
            <Control icon="people" label={t("consult.join")} onClick={() => desk.consultation("join")} />
          )}
        </>
      )}
      <Control icon="close" label={t("consult.cancel")} onClick={() => desk.consultation("cancel")} />
    </div>
  );
}
