/** A server of a test's own, at the other end of a page's WebSocket. */

import type { FromPage, Numbered } from "../src/wire/message";
import type { Socket, World } from "../src/wire/socket";

export class Line implements Socket {
  readonly said: FromPage[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  send(text: string): void {
    this.said.push(JSON.parse(text) as FromPage);
  }

  close(): void {
    this.readyState = 3;
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  hears(message: Numbered): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  breaks(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

export class Net implements World {
  readonly lines: Line[] = [];
  readonly kept = new Map<string, string>();
  readonly storage = {
    getItem: (key: string) => this.kept.get(key) ?? null,
    setItem: (key: string, value: string) => void this.kept.set(key, value),
    removeItem: (key: string) => void this.kept.delete(key),
  };

  connect(): Socket {
    const line = new Line();
    this.lines.push(line);
    return line;
  }

  random(): number {
    return 0.5;
  }

  get line(): Line {
    const last = this.lines.at(-1);
    if (!last) throw new Error("nobody has connected");
    return last;
  }
}
