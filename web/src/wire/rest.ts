/** The REST API: JSON in and out, errors as problem documents (RFC 9457) that name each field that is wrong. */

/** One field that is wrong, and the mend, in the server's words. */
export interface Fault {
  field: string;
  mend: string;
}

/** What went wrong. `status` 0: the server could not be reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly faults: readonly Fault[] = [],
    /** Seconds until one may come again. */
    readonly after: number | null = null,
  ) {
    super(detail);
    this.name = "Problem";
  }

  /** What is wrong with a field, for beside it. */
  of(field: string): string | undefined {
    const found = this.faults.filter((fault) => fault.field === field);
    return found.length > 0 ? found.map((fault) => fault.mend).join("; ") : undefined;
  }

  /** Whether everything that is wrong stands beside one of these fields. */
  isBeside(fields: readonly string[]): boolean {
    return this.faults.length > 0 && this.faults.every((fault) => fields.includes(fault.field));
  }
}

/** An answer with the revision that `If-Match` wants. */
export interface Revised<T> {
  body: T;
  revision: string | null;
}

/** How much later the server's clock is than this one, milliseconds; to a second. */
let ahead = 0;

/** What the server's clock says now. */
export function serverNow(): number {
  return Date.now() + ahead;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Asks, and gives what was answered. */
export async function ask<T>(
  method: Method,
  path: string,
  body?: unknown,
  revision?: string | null,
): Promise<T> {
  return (await revised<T>(method, path, body, revision)).body;
}

/** The same, with the revision of what was answered. */
export async function revised<T>(
  method: Method,
  path: string,
  body?: unknown,
  revision?: string | null,
): Promise<Revised<T>> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return request<T>(method, path, text, "application/json", revision);
}

/** Sends a text of another kind, and gives what was answered. */
export async function sent<T>(
  method: Method,
  path: string,
  text: string,
  kind: string,
  revision?: string | null,
): Promise<T> {
  return (await request<T>(method, path, text, kind, revision)).body;
}

async function request<T>(
  method: Method,
  path: string,
  body: string | undefined,
  kind: string,
  revision?: string | null,
): Promise<Revised<T>> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = kind;
  if (revision) headers["if-match"] = revision;
  let answer: Response;
  try {
    const request: RequestInit = { method, headers, credentials: "same-origin" };
    answer = await fetch(path, body === undefined ? request : { ...request, body });
  } catch {
    throw new Problem(0, "");
  }
  const date = Date.parse(answer.headers.get("date") ?? "");
  // A second of rounding is no other clock.
  if (Number.isFinite(date)) ahead = Math.abs(date - Date.now()) > 1_500 ? date - Date.now() : 0;
  if (!answer.ok) throw await problem(answer);
  const told = await answer.text();
  const known = told === "" ? undefined : JSON.parse(told);
  return { body: known as T, revision: answer.headers.get("etag") };
}

/** Asks for something that is no JSON: a sound, a file. */
export async function blob(method: Method, path: string, body?: unknown, accept = "*/*"): Promise<Blob> {
  const headers: Record<string, string> = { accept };
  if (body !== undefined) headers["content-type"] = "application/json";
  const request: RequestInit = { method, headers, credentials: "same-origin" };
  const answer = await fetch(
    path,
    body === undefined ? request : { ...request, body: JSON.stringify(body) },
  ).catch(() => {
    throw new Problem(0, "");
  });
  if (!answer.ok) throw await problem(answer);
  return answer.blob();
}

/** Sends a file as it is; `progress` hears how much of it has gone, from 0 to 1. */
export function upload<T>(path: string, file: Blob, progress: (share: number) => void): Promise<T> {
  return new Promise((done, failed) => {
    // `fetch` does not tell how far it is.
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
    request.onerror = () => failed(new Problem(0, ""));
    request.onload = () => {
      const answer = new Response(request.responseText, { status: request.status });
      if (answer.ok) done(JSON.parse(request.responseText) as T);
      else void problem(answer).then(failed);
    };
    request.send(file);
  });
}

async function problem(answer: Response): Promise<Problem> {
  const after = Number(answer.headers.get("retry-after"));
  const told: unknown = await answer.json().catch(() => null);
  const document = (told ?? {}) as { detail?: string; errors?: Fault[] };
  const detail = document.detail ?? answer.statusText;
  return new Problem(answer.status, detail, document.errors ?? [], after > 0 ? after : null);
}

/** Who somebody is. */
export interface Who {
  kind: "nobody" | "user" | "key";
  id?: number;
  name?: string;
  role?: "admin" | "supervisor" | "agent";
  agent?: number | null;
}

/** Who looks at the page; `null`: nobody has logged in. */
export async function whoAmI(): Promise<Who | null> {
  try {
    return await ask<Who>("GET", "/api/v1/session");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** Where somebody belongs. */
export function homeOf(who: Who): string {
  if (who.role === "admin") return "/admin";
  if (who.role === "supervisor") return "/supervisor";
  return "/desk";
}
