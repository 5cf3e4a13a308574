/** Lists behind each other: arrow keys go from one to the next. */

import type { ComponentChild } from "preact";
import { useId, useState } from "preact/hooks";
import "./tabs.css";

export interface Tab {
  key: string;
  name: string;
  show: () => ComponentChild;
}

export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  const [open, setOpen] = useState(tabs[0]?.key ?? "");
  const id = useId();
  const place = tabs.findIndex((tab) => tab.key === open);
  const turn = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step && tabs[(place + step + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    setOpen(next.key);
    document.getElementById(`${id}-${next.key}`)?.focus();
  };
  return (
    <div>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={turn}>
        {tabs.map((tab) => (
          <button
            key={tab.key}
            id={`${id}-${tab.key}`}
            type="button"
            role="tab"
            aria-selected={tab.key === open}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === open ? 0 : -1}
            onClick={() => setOpen(tab.key)}
          >
            {tab.name}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${open}`} class="panel">
        {tabs[place]?.show()}
      </div>
    </div>
  );
}
