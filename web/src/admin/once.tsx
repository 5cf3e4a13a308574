/** A secret that is shown this once. */

import { useState } from "preact/hooks";
import { Icon } from "../parts/icon";
import { t } from "../text/index";

export function Once({ what, secret }: { what: string; secret: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(secret).then(
      () => setCopied(true),
      // Where it may not be copied it can be marked.
      () => setCopied(false),
    );
  };
  return (
    <div class="banner good once" role="status">
      <div class="grow stack">
        <p>{what}</p>
        <code class="secret">{secret}</code>
      </div>
      <button type="button" class="button" onClick={() => void copy()}>
        <Icon name={isCopied ? "check" : "copy"} />
        {t(isCopied ? "once.copied" : "once.copy")}
      </button>
    </div>
  );
}
