/** Dark, light, or as the system is; and the colours of either, for what is drawn on canvases. */

export type Theme = "system" | "light" | "dark";

const KEY = "theme";

/** What was chosen here. */
export function theme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

/** Shows the page so. */
export function wear(chosen: Theme): void {
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

/** Shows the page so, and the next ones. */
export function chooseTheme(chosen: Theme): void {
  wear(chosen);
  try {
    if (chosen === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen);
  } catch {
    // Nothing is kept here.
  }
}

/** A colour of the page as it is worn now. Canvases do not know `light-dark()`. */
export function colour(box: HTMLElement, token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${token})`;
  box.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** Does it whenever the colours are others, until what it gives is called. */
export function whenRepainted(again: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", again);
  const worn = new MutationObserver(again);
  worn.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    dark.removeEventListener("change", again);
    worn.disconnect();
  };
}
