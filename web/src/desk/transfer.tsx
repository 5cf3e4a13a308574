/** To whom a customer goes on, at once or after they have been asked: an agent, a queue, or a number. */

import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/form";
import { Icon } from "../parts/icon";
import { t } from "../text/index";
import type { CallNow } from "../wire/message";
import type { About } from "./about";
import { Choice, type Found, useChoice } from "./choose";
import type { Desk } from "./desk";

interface Props {
  desk: Desk;
  about: About;
  call: CallNow;
  name: string;
  onClose: () => void;
}

export function TransferDialog({ desk, about, call, name, onClose }: Props) {
  const choice = useChoice(about);
  const [from, setFrom] = useState("");
  const chosen = choice.chosen;
  const isNumber = chosen !== undefined && "number" in chosen.to;
  // R128: of a call by telephone the number is that which the customer has called.
  const choosesFrom = isNumber && call.any_from === true && about.numbers.length > 0;
  const shown = (target: Found) => ("number" in target.to && choosesFrom && from !== "" ? from : undefined);
  const pass = (target: Found | undefined) => {
    if (!target) return;
    desk.transfer(target.to, target.name, shown(target));
    onClose();
  };
  const consult = () => {
    if (!chosen) return;
    desk.consult(chosen.to, shown(chosen));
    onClose();
  };
  return (
    <Dialog title={t("transfer.title", { name })} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          pass(chosen);
        }}
      >
        <Choice choice={choice} />
        {choosesFrom && (
          <Field label={t("transfer.from")} help={t("transfer.from.help")}>
            <select value={from} onChange={(event) => setFrom(event.currentTarget.value)}>
              <option value="">{t("transfer.from.usual")}</option>
              {about.numbers.map((number) => (
                <option key={number} value={number}>
                  {number}
                </option>
              ))}
            </select>
          </Field>
        )}
        <div class="row">
          <button type="submit" class="button primary grow" disabled={!chosen}>
            <Icon name="transfer" />
            {t("transfer")}
          </button>
          <button type="button" class="button grow" disabled={!chosen} onClick={consult}>
            <Icon name="phone" />
            {t("consult")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
