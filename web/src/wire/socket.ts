/**
 * The connection to the server: kept up, and resumed where it was.
 *
 * ```text
 *   begin ─▶ connecting ──hello──▶ open ──lost──▶ waiting ──backoff──▶ connecting …
 *                │                                   ▲
 *                └── superseded, link refused, logged out ─▶ closed: never again
 * ```
 *
 * The resume token is in the tab's own storage, so that a page that is loaded anew goes on with the same calls.
 */

import { CLOSED, type FromPage, type Hello, type Numbered, PATH, PROTOCOL, type ToPage } from "./message";

/** How the connection is. */
export type Line = "connecting" | "open" | "lost" | "closed";

/** Why it is closed for good. */
export type Ended = "superseded" | "not_welcome" | "dismissed" | "left";

export interface Listener {
  /** The server's hello: the calls come after it, unless `resumed`. */
  onHello(hello: Hello): void;
  onMessage(message: ToPage): void;
  onLine(line: Line, ended: Ended | null): void;
}

/** What of a WebSocket is used: tests bring their own. */
export type Socket = Pick<WebSocket, "send" | "close"> & {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
};

/** The world around the connection: tests bring their own. */
export interface World {
  connect(url: string, protocol: string): Socket;
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  random(): number;
}

/** First and longest wait before the next try, milliseconds. */
const SOONEST = 250;
const LATEST = 5_000;
/** How long a hello may take. */
const PATIENCE = 8_000;
/** What is said while there is no connection, at most. */
const SAID = 32;

export class Wire {
  #socket: Socket | null = null;
  #greeted = false;
  #ended: Ended | null = null;
  #tries = 0;
  #seen = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #said: FromPage[] = [];

  constructor(
    private readonly listener: Listener,
    /** Of customers: the token of their link. */
    private readonly link: string | null,
    private readonly world: World = browser(),
    /** It is that by which a supervisor stands beside agents. */
    private readonly supervises = false,
  ) {}

  get isOpen(): boolean {
    return this.#greeted;
  }

  /** Whether this tab was in the middle of something: what it comes back with is kept. */
  get hasPast(): boolean {
    return this.#token() !== null;
  }

  begin(): void {
    this.#connect();
  }

  /** Says something, or keeps it until the connection is back. What would be late then is not kept. */
  say(message: FromPage, isKept = true): void {
    if (this.#greeted && this.#socket) this.#socket.send(JSON.stringify(message));
    else if (isKept && this.#said.length < SAID && !this.#ended) this.#said.push(message);
  }

  /** The network is another one, or has come back: what is there may be dead, and nobody has noticed. */
  renew(): void {
    if (this.#ended) return;
    this.#tries = 0;
    this.#drop();
    this.#connect();
  }

  /** Leaves for good. */
  leave(): void {
    this.world.storage.removeItem(this.#key());
    this.#end("left");
  }

  /** What is kept is of something that is over: the next hello is that of a new page. */
  forget(): void {
    this.world.storage.removeItem(this.#key());
    this.#seen = 0;
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.listener.onLine("connecting", null);
    const url = new URL(PATH, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = this.world.connect(url.href, PROTOCOL);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#lost(socket), PATIENCE);
    socket.onopen = () => this.#hello(socket);
    socket.onmessage = ({ data }) => this.#hear(socket, data);
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      const ended = endOf(code);
      if (ended) this.#end(ended);
      else this.#lost(socket);
    };
  }

  #hello(socket: Socket): void {
    const token = this.#token();
    const hello: FromPage = { type: "hello", seen: token ? this.#seen : 0 };
    if (token) hello.resume = token;
    if (this.link !== null) hello.link = this.link;
    if (this.supervises) hello.supervisor = true;
    socket.send(JSON.stringify(hello));
  }

  #hear(socket: Socket, data: unknown): void {
    if (this.#socket !== socket || typeof data !== "string") return;
    const message = JSON.parse(data) as Numbered;
    if (message.type === "hello") {
      this.#welcome(message);
      return;
    }
    if (message.seq > 0) {
      // Said again, since our word for it was lost.
      if (message.seq <= this.#seen) return;
      this.#seen = message.seq;
    }
    if (message.type === "superseded") this.#end("superseded");
    else this.listener.onMessage(message);
  }

  #welcome(hello: Hello): void {
    clearTimeout(this.#timer);
    this.#tries = 0;
    this.#greeted = true;
    if (!hello.resumed) this.#seen = 0;
    this.world.storage.setItem(this.#key(), hello.resume);
    this.listener.onLine("open", null);
    this.listener.onHello(hello);
    const said = this.#said;
    this.#said = [];
    for (const message of said) this.say(message);
  }

  #lost(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#drop();
    this.listener.onLine("lost", null);
    const wait = Math.min(LATEST, SOONEST * 2 ** this.#tries) * (0.75 + this.world.random() / 2);
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#greeted = false;
    socket?.close();
  }

  #end(ended: Ended): void {
    if (this.#ended) return;
    this.#ended = ended;
    this.#drop();
    this.listener.onLine("closed", ended);
  }

  #key(): string {
    if (this.supervises) return "supervisor";
    return this.link === null ? "desk" : `link ${this.link}`;
  }

  #token(): string | null {
    return this.world.storage.getItem(this.#key());
  }
}

function endOf(code: number): Ended | null {
  if (code === CLOSED.superseded) return "superseded";
  if (code === CLOSED.notWelcome) return "not_welcome";
  if (code === CLOSED.dismissed) return "dismissed";
  return null;
}

function browser(): World {
  return {
    connect: (url, protocol) => new WebSocket(url, protocol) as Socket,
    storage: sessionStorage,
    random: Math.random,
  };
}
