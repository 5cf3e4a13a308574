/** The frame of a page: how it begins, and the bar at its top. */

import { type ComponentChild, render } from "preact";
import { useState } from "preact/hooks";
import "../style/tokens.css";
import "../style/base.css";
import common from "../text/en/common.json";
import { speak, t } from "../text/index";
import { ask, type Who } from "../wire/rest";
import { Icon, type IconName } from "./icon";
import { chooseTheme, type Theme, theme, wear } from "./theme";

/** Begins a page: its look, its language, and then what it shows. */
export async function begin(
  parts: Parameters<typeof speak>[0],
  page: () => ComponentChild | Promise<ComponentChild>,
): Promise<void> {
  wear(theme());
  await speak({ common, ...parts });
  const place = document.getElementById("page");
  if (place) render(await page(), place);
}

export function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0b6e69" />
      <g fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round">
        <circle cx="9.5" cy="10" r="3.2" />
        <circle cx="22.5" cy="10" r="3.2" stroke="#ffc65c" />
        <path d="M9.5 13.4c0 12.4 13 12.4 13 0" />
      </g>
    </svg>
  );
}

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const LOOKS: Record<Theme, IconName> = { system: "auto", light: "sun", dark: "moon" };

/** Light, dark, or as the system is: each press is the next. */
export function ThemeSwitch() {
  const [worn, setWorn] = useState(theme());
  const change = () => {
    const next = NEXT[worn];
    chooseTheme(next);
    setWorn(next);
  };
  const now = t(`theme.${worn}`);
  return (
    <button type="button" class="button quiet icon" onClick={change} title={t("theme", { now })}>
      <Icon name={LOOKS[worn]} />
      <span class="sr">{t("theme", { now })}</span>
    </button>
  );
}

/** Where else one may go. */
interface Place {
  path: string;
  name: string;
}

function places(who: Who): Place[] {
  const desk = { path: "/desk", name: t("nav.desk") };
  const floor = { path: "/supervisor", name: t("nav.supervisor") };
  const settings = { path: "/admin", name: t("nav.admin") };
  const own = who.agent == null ? [] : [desk];
  if (who.role === "admin") return [...own, floor, settings];
  if (who.role === "supervisor") return [...own, floor];
  return own;
}

/** The bar of those who have logged in. */
export function Bar({ who, children }: { who: Who; children?: ComponentChild }) {
  const known = places(who);
  const leave = async () => {
    await ask("DELETE", "/api/v1/session").catch(() => undefined);
    location.assign("/login");
  };
  return (
    <header class="bar">
      <a class="brand" href="/">
        <Mark />
        <span>Cordboard</span>
      </a>
      {known.length > 1 && (
        <nav aria-label={t("nav")}>
          {known.map(({ path, name }) => (
            <a key={path} href={path} aria-current={location.pathname === path ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
      )}
      <div class="grow">{children}</div>
      <span class="small soft who">{who.name}</span>
      <ThemeSwitch />
      <button type="button" class="button quiet" onClick={leave}>
        {t("logout")}
      </button>
    </header>
  );
}

/** A page with one thing in its middle. */
export function Stage({ children, labelled }: { children: ComponentChild; labelled?: string }) {
  return (
    <main class="stage" aria-labelledby={labelled}>
      {children}
    </main>
  );
}
