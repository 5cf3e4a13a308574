/** Fields and what is wrong with them, in the server's words. */

import { type ComponentChild, cloneElement, type VNode } from "preact";
import { useId, useState } from "preact/hooks";
import { t } from "../text/index";
import { Problem } from "../wire/rest";

interface FieldProps {
  label: string;
  /** What to know before one writes. */
  help?: ComponentChild;
  /** What is wrong with what was written. */
  fault?: string | undefined;
  /** One input, select or textarea. */
  children: VNode<Record<string, unknown>>;
}

/** A labelled field, with its help and its fault tied to it for those who do not see them. */
export function Field({ label, help, fault, children }: FieldProps) {
  const id = useId();
  const described = [help ? `${id}-help` : "", fault ? `${id}-fault` : ""].filter(Boolean).join(" ");
  const input = cloneElement(children, {
    id,
    "aria-invalid": fault ? "true" : undefined,
    "aria-describedby": described || undefined,
  });
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {input}
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {fault && (
        <p class="fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
}

/** A yes or no. */
export function Check(props: {
  label: string;
  checked: boolean;
  onChange: (on: boolean) => void;
  help?: ComponentChild;
  fault?: string | undefined;
}) {
  const { label, checked, onChange, help, fault } = props;
  const id = useId();
  const described = [help ? id : "", fault ? `${id}-fault` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          checked={checked}
          onChange={(event) => onChange(event.currentTarget.checked)}
          aria-invalid={fault ? "true" : undefined}
          aria-describedby={described || undefined}
        />
        <span>{label}</span>
      </label>
      {help && (
        <p class="help" id={id}>
          {help}
        </p>
      )}
      {fault && (
        <p class="fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
}

/** Something that is sent to the server, and what came of it. */
export interface Sending {
  busy: boolean;
  problem: Problem | null;
  /** Does it, unless it is being done. Gives whether it was done. */
  send: (work: () => Promise<void>) => Promise<boolean>;
  clear: () => void;
}

export function useSending(): Sending {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async (work: () => Promise<void>) => {
    if (busy) return false;
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, send, clear: () => setProblem(null) };
}

/** In words, and read out: what went wrong, unless it stands beside a field already. */
export function Trouble({ problem, beside = [] }: { problem: Problem | null; beside?: readonly string[] }) {
  if (!problem || problem.isBeside(beside)) return <div role="alert" class="sr" />;
  const others = problem.faults.filter((fault) => !beside.includes(fault.field));
  return (
    <div role="alert" class="banner danger">
      <div>
        <p>{wording(problem)}</p>
        {others.map((fault) => (
          <p key={fault.field} class="small">
            <b>{fault.field}</b> {fault.mend}
          </p>
        ))}
      </div>
    </div>
  );
}

export function wording(problem: Problem): string {
  if (problem.status === 0) return t("problem.offline");
  const wait = problem.after === null ? "" : ` ${t("problem.after", { seconds: problem.after })}`;
  return `${problem.detail}${wait}`;
}
