/** What cannot be undone is asked for twice, in the same place. */

import { Icon, type IconName } from "../parts/icon";
import { t } from "../text/index";

interface AskedProps {
  name: string;
  isAsked: boolean;
  onAsk: () => void;
  onSure: () => void;
  /** What is done; deleting, if nothing else is said. */
  what?: string;
  disabled?: boolean;
  icon?: IconName;
}

export function Asked({ name, isAsked, onAsk, onSure, what, disabled, icon = "trash" }: AskedProps) {
  const label = what ?? t("admin.delete");
  if (isAsked) {
    return (
      <button type="button" class="button danger" disabled={disabled} onClick={onSure}>
        {t("admin.sure", { what: label })}
        <span class="sr"> {name}</span>
      </button>
    );
  }
  return (
    <button
      type="button"
      class={icon === "trash" ? "button quiet" : "button primary"}
      disabled={disabled}
      onClick={onAsk}
    >
      <Icon name={icon} />
      {label}
      <span class="sr"> {name}</span>
    </button>
  );
}
