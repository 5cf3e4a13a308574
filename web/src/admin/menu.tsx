/** What can be set, in groups. On a phone it is closed until somebody wants to go elsewhere. */

import { useState } from "preact/hooks";
import { Icon } from "../parts/icon";
import { find, t } from "../text/index";
import { human } from "./schema";

/** The last part of an address of settings, or the name of a page of its own. */
export type Place = string;

/** The groups of the page, as people look for things. */
const GROUPS: [string, Place[]][] = [
  ["waiting", ["queues", "strategies", "hours", "callback-configurations", "sounds", "speech"]],
  ["people", ["agents", "users", "reasons", "wrap-up"]],
  ["calls", ["timeouts", "hold", "hold-messages", "transfer", "missed-calls"]],
  ["numbers", ["routes", "trunks", "ways-out", "dialling"]],
  ["links", ["call-link-configurations", "call-links"]],
  ["recording", ["recording", "storage"]],
  ["server", ["account", "keys", "webhooks", "exchange", "system"]],
];

export function titleOf(place: Place): string {
  return find(`section.${place}`) ?? find(place) ?? human(place);
}

/** The groups with what there is; what belongs to none comes last, so that nothing is out of reach. */
export function grouped(places: readonly Place[]): [string, Place[]][] {
  const named = new Set(GROUPS.flatMap(([, all]) => all));
  const rest = places.filter((place) => !named.has(place));
  const all: [string, Place[]][] = [...GROUPS, ["more", rest]];
  const there = all.map(([name, known]): [string, Place[]] => [
    name,
    known.filter((place) => places.includes(place)),
  ]);
  return there.filter(([, known]) => known.length > 0);
}

export function Menu({ places, now }: { places: readonly Place[]; now: Place }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <nav aria-label={t("admin.sections")} class={isOpen ? "menu open" : "menu"}>
      <button
        type="button"
        class="button wide opener"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="settings" />
        {t("admin.menu", { now: titleOf(now) })}
      </button>
      <div class="groups">
        {grouped(places).map(([name, known]) => (
          <section key={name}>
            <h2 class="small soft">{t(`group.${name}` as Parameters<typeof t>[0])}</h2>
            <ul>
              {known.map((place) => (
                <li key={place}>
                  <a
                    href={`#${place}`}
                    aria-current={place === now ? "page" : undefined}
                    onClick={() => setOpen(false)}
                  >
                    {titleOf(place)}
                  </a>
                </li>
              ))}
            </ul>
          </section>
        ))}
        <p class="small">
          <a href="/api/docs">{t("admin.api")}</a>
        </p>
      </div>
    </nav>
  );
}
