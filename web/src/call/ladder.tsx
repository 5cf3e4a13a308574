/** What SIP said (B13): who sent what to whom, each message to be opened. In the words of the peers: text, and no more. */

import { useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Trouble } from "../parts/form";
import { Icon } from "../parts/icon";
import { t } from "../text/index";
import { ask } from "../wire/rest";

interface Party {
  part: "cordboard" | "customer" | "agent" | "outside" | "supervisor" | "peer";
  name: string;
  addresses: string[];
}

interface Step {
  /** Seconds from the first message. */
  at: number;
  time: string;
  /** Indices into the parties; one of the two is 0, which is us. */
  from: number;
  to: number;
  transport: string;
  source: string;
  destination: string;
  what: string;
  cseq: string | null;
  sound: string | null;
  again: number[];
  after_gap: boolean;
  message: string;
}

interface Told {
  parties: Party[];
  steps: Step[];
  missing: number;
}

/** In which column each party stands: the customer first, then we, then whoever we called. */
export function columns(parties: readonly { part: string }[]): number[] {
  const others = parties.map((_, place) => place).filter((place) => place !== 0);
  const left = others.filter((place) => parties[place]?.part === "customer").slice(0, 1);
  const order = [...left, 0, ...others.filter((place) => !left.includes(place))];
  return parties.map((_, place) => order.indexOf(place));
}

export function Ladder({ call, isOver }: { call: string; isOver: boolean }) {
  const path = `/api/v1/calls/${encodeURIComponent(call)}/ladder`;
  const read = () => ask<Told>("GET", path);
  const { value, problem } = useRead(read, `${call} ${isOver}`, isOver ? 3_600_000 : 3_000);
  const [open, setOpen] = useState<number | null>(null);
  if (!value && problem?.status === 404) return <p class="nothing">{problem.detail}</p>;
  if (!value) return problem ? <Trouble problem={problem} /> : <p class="nothing">{t("loading")}</p>;
  const at = columns(value.parties);
  const count = value.parties.length;
  const grid = { gridTemplateColumns: `4.5rem repeat(${count}, minmax(9rem, 1fr))` };
  const drawn = { "--parties": String(count) };
  return (
    <>
      {value.missing > 0 && <p class="banner warn">{t("ladder.missing", { n: value.missing })}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, which the keyboard must do, too */}
      <section class="ladder" tabIndex={0} aria-label={t("ladder.steps")} style={drawn}>
        <div class="parties" style={grid}>
          <span />
          {value.parties.map((party, place) => (
            <span key={place} style={{ gridColumn: String((at[place] ?? 0) + 2), gridRow: "1" }}>
              <b>{t(`ladder.part.${party.part}`)}</b>
              <br />
              <span class="small soft">{party.part === "cordboard" ? "" : party.name}</span>
              <br />
              <span class="small soft number">{party.addresses[0]}</span>
            </span>
          ))}
        </div>
        <ol>
          {value.steps.map((step, number) => {
            const [from, to] = [at[step.from] ?? 0, at[step.to] ?? 0];
            const [left, right] = [Math.min(from, to), Math.max(from, to)];
            const isOpen = open === number;
            return (
              <li key={number}>
                {step.after_gap && <p class="small soft">{t("ladder.gap")}</p>}
                <button
                  type="button"
                  class="step"
                  style={grid}
                  aria-expanded={isOpen}
                  onClick={() => setOpen(isOpen ? null : number)}
                >
                  <span class="number small soft">{step.at.toFixed(3)}</span>
                  <span class="sr">
                    {t("ladder.step", {
                      from: value.parties[step.from]?.name ?? "",
                      to: value.parties[step.to]?.name ?? "",
                    })}
                  </span>
                  <span
                    class={`arrow ${from < to ? "right" : "left"} ${look(step.what)}`}
                    style={{
                      gridColumn: `${left + 2} / ${right + 3}`,
                      "--across": String(right - left + 1),
                    }}
                  >
                    <span class="says">
                      {step.what}
                      {step.sound && <span class="small soft"> {step.sound}</span>}
                      {step.again.length > 0 && <span class="small soft"> × {step.again.length + 1}</span>}
                    </span>
                  </span>
                </button>
                {isOpen && (
                  <div class="opened">
                    <p class="small soft number">
                      {step.time} · {step.transport} {step.source} → {step.destination}
                    </p>
                    <pre>{step.message}</pre>
                  </div>
                )}
              </li>
            );
          })}
        </ol>
      </section>
      <div class="row">
        <a class="button" href={`${path}/pcap`} download>
          <Icon name="download" />
          {t("ladder.pcap")}
        </a>
      </div>
    </>
  );
}

/** Requests, answers that are fine, and refusals are told apart. */
function look(what: string): string {
  const status = Number(what.slice(0, 3));
  if (!Number.isFinite(status)) return "request";
  return status < 300 ? "fine" : "refusal";
}
