/** Whether this browser, and others, reach the server as a call needs it. */

import { useEffect, useState } from "preact/hooks";
import { Icon } from "../parts/icon";
import { t } from "../text/index";
import type { System } from "./system";

export interface Finding {
  what: "secure" | "line" | "sound" | "links" | "phones";
  state: "well" | "mind" | "bad";
  words: string;
}

/** An address that means the machine on which it is read. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, "");
  return (
    plain === "localhost" || plain === "::1" || /^127\./.test(plain) || plain === "0.0.0.0" || plain === "::"
  );
}

/** Of a network that others cannot see (RFC 1918, RFC 4193, RFC 6598). */
export function isPrivate(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, "").toLowerCase();
  return (
    /^10\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(
      plain,
    ) || /^f[cd][0-9a-f]{2}:|^fe80:/.test(plain)
  );
}

/** What can be said of addresses without trying them. */
export function judge(system: System, page: { isSecure: boolean; host: string }): Finding[] {
  const others = t("address.private");
  // Whoever tries things out on one machine has nothing to mend.
  const near = isLoopback(page.host) ? "mind" : "bad";
  const here = t("address.loopback");
  const of = (what: Finding["what"], addresses: string[], well: string): Finding => {
    if (addresses.length === 0 || addresses.every(isLoopback)) return { what, state: near, words: here };
    const seen = addresses.filter((each) => !isLoopback(each));
    if (seen.every(isPrivate)) return { what, state: "mind", words: `${seen.join(", ")}: ${others}` };
    return { what, state: "well", words: `${seen.join(", ")}: ${well}` };
  };
  const link = system.public_url ?? "";
  const host = link ? new URL(link).hostname : page.host;
  const phones = system.listeners.map((each) => each.advertised.replace(/:\d+$/, ""));
  return [
    page.isSecure
      ? { what: "secure", state: "well", words: t("address.secure") }
      : { what: "secure", state: "bad", words: t("address.insecure") },
    of("sound", system.browsers, t("address.sound")),
    link
      ? of("links", [host], t("address.links"))
      : { what: "links", state: "mind", words: t("address.links.none", { host: page.host }) },
    of("phones", [...new Set(phones)], t("address.phones")),
  ];
}

/** Whether a WebSocket opens: calls of browsers are signalled so. */
function useLine(): Finding {
  const [state, setState] = useState<Finding["state"]>("mind");
  useEffect(() => {
    const address = new URL("/api/v1/page", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address, "cordboard.page.1");
    socket.onopen = () => {
      setState("well");
      socket.close();
    };
    socket.onerror = () => setState((before) => (before === "well" ? before : "bad"));
    return () => socket.close();
  }, []);
  const words = { well: t("address.line"), mind: t("loading"), bad: t("address.line.fault") }[state];
  return { what: "line", state, words };
}

const TAGS = { well: "tag good", mind: "tag warn", bad: "tag danger" };

export function AddressTest({ system }: { system: System }) {
  const line = useLine();
  const page = { isSecure: isSecureContext, host: location.hostname };
  const [secure, ...rest] = judge(system, page);
  const all = [...(secure ? [secure] : []), line, ...rest];
  return (
    <dl class="facts-list" aria-label={t("addresses")}>
      {all.map((each) => (
        <div key={each.what}>
          <dt>{t(`address.of.${each.what}`)}</dt>
          <dd data-state={each.state}>
            <span class={TAGS[each.state]}>
              <Icon name={each.state === "well" ? "check" : "warn"} />
              {t(`address.${each.state}`)}
            </span>
            <span>{each.words}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
