/** What it takes to call oneself: an agent of one's own, a queue that they serve, and a call link. */

import { ask, revised } from "../wire/rest";

export interface Ready {
  agent: string;
  queue: string;
  /** The call link, for one call. */
  link: string;
}

interface Agent {
  id: number;
  user: string;
  name?: string;
}

interface Queue {
  id: number;
  name: string;
  agents?: string[];
}

interface User {
  id: number;
  name: string;
  role: string;
  agent: number | null;
}

/** A user of telephones: `Ada Lovelace` becomes `ada.lovelace`. */
export function userOf(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const user = plain.replace(/[^a-z0-9]+/g, ".").replace(/^\.+|\.+$/g, "");
  return user.slice(0, 32) || "admin";
}

/**
 * Makes whatever of it is missing. The settings of a user end their sessions, so the password is needed to log in
 * anew.
 */
export async function prepare(name: string, password: string): Promise<Ready> {
  const me = await ask<{ id: number; agent: number | null }>("GET", "/api/v1/session");
  const agents = await ask<Agent[]>("GET", "/api/v1/settings/agents");
  const user = userOf(name);
  const own = agents.find((agent) => agent.id === me.agent) ?? agents.find((agent) => agent.user === user);
  const agent =
    own ?? (await ask<Agent>("POST", "/api/v1/settings/agents", { user, name, password: secret() }));
  const queue = await serve(agent.user);
  if (me.agent !== agent.id) {
    const known = await ask<User>("GET", `/api/v1/users/${me.id}`);
    const linked = { name: known.name, role: known.role, agent: agent.id };
    await ask<User>("PUT", `/api/v1/users/${me.id}`, linked);
    await ask("POST", "/api/v1/session", { name, password });
  }
  const wanted = { type: "one_time", agent: agent.id };
  const link = await ask<{ url: string }>("POST", "/api/v1/links", wanted);
  return { agent: agent.name ?? agent.user, queue, link: link.url };
}

/** The queue that the agent serves from now on: the first there is. */
async function serve(user: string): Promise<string> {
  const { body: queues } = await revised<Queue[]>("GET", "/api/v1/settings/queues");
  const serving = queues.find((queue) => !queue.agents || queue.agents.includes(user));
  if (serving) return serving.name;
  const first = queues[0];
  if (!first) {
    const queue = await ask<Queue>("POST", "/api/v1/settings/queues", { name: "Support", agents: [user] });
    return queue.name;
  }
  const agents = [...(first.agents ?? []), user];
  await ask("PUT", `/api/v1/settings/queues/${first.id}`, { ...first, agents });
  return first.name;
}

/** For the agent's telephone, should there be one: an administrator gives it another. */
function secret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes));
}
