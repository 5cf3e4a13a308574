/** How well each party was heard (B12). */

import { Head } from "../parts/head";
import { t } from "../text/index";
import { loss, opinion, type Quality, type Role, type Story } from "./story";

const LOOKS = { unknown: "", good: "good", fair: "warn", poor: "danger" };

interface Line {
  key: number;
  role: Role;
  codec: string | null;
  cause: string | null;
  quality: Quality;
}

function lines({ conversation, now }: Story): Line[] {
  const over = (conversation?.legs ?? []).map((leg) => ({
    key: leg.id,
    role: leg.role,
    codec: null,
    cause: leg.cause ? [leg.cause.protocol, leg.cause.cause, leg.cause.text].filter(Boolean).join(" ") : null,
    quality: leg.quality,
  }));
  const goingOn = (now?.legs ?? []).map((leg) => ({ ...leg, key: leg.leg, cause: null }));
  return [...over, ...goingOn.filter(({ key }) => !over.some((leg) => leg.key === key))];
}

export function Legs({ story }: { story: Story }) {
  const all = lines(story);
  if (all.length === 0) return <p class="nothing">{t("story.legs.none")}</p>;
  return (
    <table class="table folds">
      <Head
        columns={[
          t("story.party"),
          t("story.quality"),
          t("story.loss"),
          t("story.jitter"),
          t("story.trip"),
          t("story.packets"),
          t("story.cause"),
        ]}
      />
      <tbody>
        {all.map(({ key, role, codec, cause, quality }) => (
          <tr key={key}>
            <td data-name={t("story.party")}>
              {t(`story.role.${role}`)} {codec && <span class="soft small">{codec}</span>}
            </td>
            <td data-name={t("story.quality")}>
              <Score quality={quality} />
            </td>
            <td data-name={t("story.loss")} class="number">
              {loss(quality).toFixed(1)} %
            </td>
            <td data-name={t("story.jitter")} class="number">
              {quality.jitter_ms.toFixed(1)} ms
            </td>
            <td data-name={t("story.trip")} class="number">
              {quality.round_trip_ms === null ? "–" : `${quality.round_trip_ms.toFixed(0)} ms`}
            </td>
            <td data-name={t("story.packets")} class="number">
              {quality.received} / {quality.sent}
            </td>
            <td data-name={t("story.cause")}>{cause ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** One number, and what it means. */
export function Score({ quality }: { quality: Quality }) {
  const means = opinion(quality.mos);
  return (
    <span class={`tag ${LOOKS[means]}`}>
      {quality.mos === null ? t("story.mos.unknown") : `${quality.mos.toFixed(1)} ${t(`story.mos.${means}`)}`}
    </span>
  );
}
