/** How the server is: its parts, its trunks, its certificates, and where others reach it. */

import { useRead } from "../desk/use";
import { Trouble } from "../parts/form";
import { Head } from "../parts/head";
import { moment } from "../parts/time";
import { many, t } from "../text/index";
import { ask } from "../wire/rest";
import { AddressTest } from "./addresses";
import { lengthOf } from "./words";

export interface System {
  health: {
    status: "ok" | "failing";
    version: string;
    uptime_seconds: number;
    draining: boolean;
    switch_ok: boolean;
    store_ok: boolean;
    recordings_ok: boolean;
    recordings_encrypted: boolean;
    storage_ok: boolean;
  };
  database: string;
  disk: { bytes: number; free: number } | null;
  public_url: string | null;
  https: boolean;
  media: string | null;
  browsers: string[];
  listeners: { name: string; transport: string; address: string; advertised: string }[];
  certificates: {
    at: string[];
    own: boolean;
    file: string;
    expires: string | null;
    days: number;
    trouble: string | null;
  }[];
}

export interface TrunkHealth {
  id: number;
  name: string;
  health: "well" | "doubtful" | "resting";
  calls: number;
  tried: number;
  failed: number;
}

const OFTEN = 5_000;
/** From here on before its end a certificate has to be seen to. */
const SOON = 21;

export function SystemPage() {
  const system = useRead(() => ask<System>("GET", "/api/v1/system"), "system", OFTEN);
  const trunks = useRead(() => ask<TrunkHealth[]>("GET", "/api/v1/trunks"), "trunks", OFTEN);
  const now = system.value;
  return (
    <>
      <h1>{t("system")}</h1>
      <Trouble problem={system.problem} />
      {now && (
        <>
          <Parts now={now} />
          <h2>{t("system.trunks")}</h2>
          <Trunks all={trunks.value ?? []} />
          <h2>{t("system.certificates")}</h2>
          <Certificates now={now} />
          <h2>{t("addresses")}</h2>
          <AddressTest system={now} />
          <Listeners now={now} />
        </>
      )}
    </>
  );
}

function Parts({ now }: { now: System }) {
  const { health, disk } = now;
  const free = disk ? Math.round((disk.free / disk.bytes) * 100) : null;
  const rows: [string, boolean | "warn", string][] = [
    [t("system.switch"), health.switch_ok, t(health.switch_ok ? "system.lives" : "system.stuck")],
    [
      t("system.database"),
      health.store_ok,
      `${now.database}: ${t(health.store_ok ? "system.writes" : "system.fails")}`,
    ],
    [
      t("system.recordings"),
      health.recordings_ok,
      t(health.recordings_ok ? "system.writes" : "system.fails"),
    ],
    [
      t("system.encryption"),
      health.recordings_encrypted || "warn",
      t(health.recordings_encrypted ? "system.encrypted" : "system.plain"),
    ],
    [
      t("system.storage"),
      health.storage_ok || "warn",
      t(health.storage_ok ? "system.storage.well" : "system.storage.waits"),
    ],
  ];
  if (disk && free !== null) {
    rows.push([
      t("system.disk"),
      free > 10 || "warn",
      t("system.free", { free: gigabytes(disk.free), all: gigabytes(disk.bytes) }),
    ]);
  }
  return (
    <>
      <p class="row">
        <span class={health.status === "ok" ? "tag good" : "tag danger"}>
          {t(health.status === "ok" ? "system.ok" : "system.failing")}
        </span>
        {health.draining && <span class="tag warn">{t("system.draining")}</span>}
        <span class="soft">
          {t("system.version", {
            version: health.version,
            since: lengthOf(health.uptime_seconds) ?? `${health.uptime_seconds} s`,
          })}
        </span>
      </p>
      <dl class="facts-list">
        {rows.map(([name, well, words]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <span class={well === true ? "tag good" : well === "warn" ? "tag warn" : "tag danger"}>
                {t(well === true ? "system.well" : well === "warn" ? "system.mind" : "system.bad")}
              </span>
              <span>{words}</span>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** Each trunk, and whether calls go by it. */
export function Trunks({ all }: { all: TrunkHealth[] }) {
  if (all.length === 0) return <p class="soft">{t("system.trunks.none")}</p>;
  return (
    <table class="table folds">
      <Head columns={[t("system.name"), t("system.state"), t("system.calls"), t("system.failed")]} />
      <tbody>
        {all.map((trunk) => (
          <tr key={trunk.id}>
            <td data-name={t("system.name")}>{trunk.name}</td>
            <td data-name={t("system.state")}>
              <TrunkTag trunk={trunk} />
            </td>
            <td data-name={t("system.calls")} class="number">
              {trunk.calls}
            </td>
            <td data-name={t("system.failed")} class="number">
              {trunk.failed} / {trunk.tried}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function TrunkTag({ trunk }: { trunk: TrunkHealth }) {
  const look = { well: "tag good", doubtful: "tag danger", resting: "tag warn" }[trunk.health];
  return <span class={look}>{t(`trunk.${trunk.health}`)}</span>;
}

function Certificates({ now }: { now: System }) {
  if (now.certificates.length === 0) return <p class="soft">{t("system.certificates.none")}</p>;
  return (
    <ul class="stack">
      {now.certificates.map((each) => (
        <li key={each.file} class="part">
          <p class="row">
            <span class={each.days > SOON ? "tag good" : each.days > 0 ? "tag warn" : "tag danger"}>
              {many("system.days" as Parameters<typeof many>[0], each.days)}
            </span>
            <b>{each.at.join(", ")}</b>
            {each.own && <span class="tag">{t("system.own")}</span>}
          </p>
          <p class="small soft">
            {each.file}
            {each.expires && `, ${t("system.until", { when: moment(each.expires) })}`}
          </p>
          {each.trouble && <p class="fault">{t("system.trouble", { why: each.trouble })}</p>}
          {each.own && <p class="small soft">{t("system.own.about")}</p>}
        </li>
      ))}
    </ul>
  );
}

function Listeners({ now }: { now: System }) {
  return (
    <table class="table folds">
      <Head columns={[t("system.name"), t("system.transport"), t("system.address"), t("system.told")]} />
      <tbody>
        {now.listeners.map((each) => (
          <tr key={`${each.name} ${each.transport}`}>
            <td data-name={t("system.name")}>{each.name}</td>
            <td data-name={t("system.transport")}>{each.transport}</td>
            <td data-name={t("system.address")} class="number">
              {each.address}
            </td>
            <td data-name={t("system.told")} class="number">
              {each.advertised}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function gigabytes(bytes: number): string {
  const size = bytes / 2 ** 30;
  return `${size.toFixed(size < 10 ? 1 : 0)} GiB`;
}
