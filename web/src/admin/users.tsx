/** Who may log in, as what, which agent they are, and whose supervisors. */

import { useState } from "preact/hooks";
import { useRead } from "../desk/use";
import { Check, Field, Trouble, useSending } from "../parts/form";
import { Head } from "../parts/head";
import { Icon } from "../parts/icon";
import { t } from "../text/index";
import { ask } from "../wire/rest";
import { Asked } from "./sure";

interface User {
  id: number;
  name: string;
  role: "admin" | "supervisor" | "agent";
  agent: number | null;
  /** Of a supervisor: whom they see; none: everybody. */
  teams: string[];
  disabled: boolean;
}

interface Agent {
  id: number;
  user: string;
  name?: string;
  teams?: string[];
}

const ROLES = ["agent", "supervisor", "admin"] as const;
const NOBODY: User = { id: 0, name: "", role: "agent", agent: null, teams: [], disabled: false };

export function Users() {
  const users = useRead(() => ask<User[]>("GET", "/api/v1/users"), "users", 60_000);
  const agents = useRead(() => ask<Agent[]>("GET", "/api/v1/settings/agents"), "agents", 60_000).value ?? [];
  const [open, setOpen] = useState<User | null>(null);
  const name = (id: number | null) => {
    const agent = agents.find((each) => each.id === id);
    return agent ? (agent.name ?? agent.user) : "–";
  };
  if (open) {
    const close = () => {
      setOpen(null);
      users.again();
    };
    return <Form user={open} agents={agents} onClose={close} />;
  }
  return (
    <>
      <div class="row">
        <h1 class="grow">{t("users")}</h1>
        <button type="button" class="button primary" onClick={() => setOpen(NOBODY)}>
          <Icon name="plus" />
          {t("set.add")}
        </button>
      </div>
      <Trouble problem={users.problem} />
      {users.value && (
        <table class="table folds">
          <Head columns={[t("login.name"), t("users.role"), t("users.agent")]} actions={t("users.change")} />
          <tbody>
            {users.value.map((user) => (
              <tr key={user.id}>
                <td data-name={t("login.name")}>
                  {user.name} {user.disabled && <span class="tag warn">{t("users.disabled")}</span>}
                </td>
                <td data-name={t("users.role")}>
                  {t(`users.role.${user.role}`)}{" "}
                  {user.teams.length > 0 && <span class="soft small">{user.teams.join(", ")}</span>}
                </td>
                <td data-name={t("users.agent")}>{name(user.agent)}</td>
                <td data-name="">
                  <button type="button" class="button" onClick={() => setOpen(user)}>
                    {t("users.change")}
                    <span class="sr"> {user.name}</span>
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

const FIELDS = ["name", "role", "teams", "agent", "password"];

function Form({ user, agents, onClose }: { user: User; agents: Agent[]; onClose: () => void }) {
  const [draft, setDraft] = useState(user);
  const [password, setPassword] = useState("");
  const [isAsked, setAsked] = useState(false);
  const { busy, problem, send } = useSending();
  const isNew = user.id === 0;
  const submit = (event: Event) => {
    event.preventDefault();
    const { name, role, agent, disabled } = draft;
    const teams = role === "supervisor" ? draft.teams : [];
    const wanted = { name, role, agent, teams, disabled, ...(password === "" ? {} : { password }) };
    void send(async () => {
      if (isNew) await ask("POST", "/api/v1/users", wanted);
      else await ask("PUT", `/api/v1/users/${user.id}`, wanted);
      onClose();
    });
  };
  const remove = () =>
    send(async () => {
      await ask("DELETE", `/api/v1/users/${user.id}`);
      onClose();
    });
  return (
    <form class="stack" onSubmit={submit}>
      <h1>{isNew ? t("admin.new") : user.name}</h1>
      <Field label={t("login.name")} fault={problem?.of("name")}>
        <input
          required
          maxlength={64}
          autocomplete="off"
          value={draft.name}
          onInput={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        />
      </Field>
      <Field label={t("users.role")} fault={problem?.of("role")}>
        <select
          value={draft.role}
          onChange={(event) => setDraft({ ...draft, role: event.currentTarget.value as User["role"] })}
        >
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {t(`users.role.${role}`)}
            </option>
          ))}
        </select>
      </Field>
      {draft.role === "supervisor" && (
        <Teams
          agents={agents}
          kept={user.teams}
          chosen={draft.teams}
          fault={problem?.of("teams")}
          onChange={(teams) => setDraft({ ...draft, teams })}
        />
      )}
      <Field label={t("users.agent")} help={t("users.agent.help")} fault={problem?.of("agent")}>
        <select
          value={draft.agent ?? ""}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            setDraft({ ...draft, agent: chosen === "" ? null : Number(chosen) });
          }}
        >
          <option value="">–</option>
          {agents.map((agent) => (
            <option key={agent.id} value={agent.id}>
              {agent.name ?? agent.user}
            </option>
          ))}
        </select>
      </Field>
      <Field
        label={t("login.password")}
        help={isNew ? t("users.password.new") : t("users.password.help")}
        fault={problem?.of("password")}
      >
        <input
          type="password"
          autocomplete="new-password"
          required={isNew}
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </Field>
      {!isNew && (
        <Check
          label={t("users.disable")}
          checked={draft.disabled}
          onChange={(disabled) => setDraft({ ...draft, disabled })}
        />
      )}
      <Trouble problem={problem} beside={FIELDS} />
      <div class="row">
        <button type="submit" class="button primary" disabled={busy}>
          {t("save")}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {t("cancel")}
        </button>
        <span class="grow" />
        {!isNew && (
          <Asked
            name={user.name}
            isAsked={isAsked}
            disabled={busy}
            onAsk={() => setAsked(true)}
            onSure={() => void remove()}
          />
        )}
      </div>
    </form>
  );
}

/** The teams that some agent is in, and those of the user in which none is any more. */
function Teams(props: {
  agents: Agent[];
  kept: string[];
  chosen: string[];
  fault: string | undefined;
  onChange: (teams: string[]) => void;
}) {
  const { agents, kept, chosen, fault, onChange } = props;
  const known = new Set([...agents.flatMap((agent) => agent.teams ?? []), ...kept]);
  const turn = (team: string, on: boolean) =>
    onChange(on ? [...chosen, team] : chosen.filter((each) => each !== team));
  return (
    <fieldset class="choices">
      <legend class="label">{t("users.teams")}</legend>
      {[...known].sort().map((team) => (
        <label key={team} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(team)}
            onChange={(event) => turn(team, event.currentTarget.checked)}
          />
          <span>{team}</span>
        </label>
      ))}
      <p class="help">{known.size === 0 ? t("users.teams.none") : t("users.teams.help")}</p>
      {fault && <p class="fault">{fault}</p>}
    </fieldset>
  );
}
