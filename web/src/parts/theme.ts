/** Dark, light, or as the system is. */

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
