/** A dialog: in front of everything, closed with Escape, and the focus goes back to where it was. */

import type { ComponentChild } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../text/index";
import { Icon } from "./icon";

export function Dialog(props: { title: string; onClose: () => void; children: ComponentChild }) {
  const { title, onClose, children } = props;
  const place = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = place.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={place} aria-labelledby={id} onClose={onClose}>
      <div class="stack">
        <div class="row">
          <h2 id={id} class="grow">
            {title}
          </h2>
          <button type="button" class="button quiet icon" onClick={onClose}>
            <Icon name="close" />
            <span class="sr">{t("close")}</span>
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
