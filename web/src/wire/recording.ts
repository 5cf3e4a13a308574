/** Whose voice, or pictures. */
type Voice = "customer" | "agent" | "outside" | "supervisor";

/** A file of a recording, as `GET /api/v1/recordings` has it. */
export interface Recording {
  id: string;
  call: string;
  /** From 1: each transfer begins another. */
  segment: number;
  /** Whose voice, in stereo the customer is on the left; or whose pictures, without sound, at the same time. */
  content: Voice | "stereo" | `${Voice}_video`;
  /** Of the file. */
  name: string;
  agent: { id: number; name: string };
  customer: string;
  called: string;
  queue: string | null;
  direction: "inbound" | "outbound";
  began: string;
  milliseconds: number;
  bytes: number;
  /** Sound was lost; silence stands in its place. */
  gaps: boolean;
  /** The server died while it was recorded. */
  interrupted: boolean;
  encrypted: boolean;
  /** That it was deleted; nothing can be heard any more. */
  deleted: { at: string; by: string } | null;
}

/** Which files belong together: those of one segment of one call. */
export function beside(all: readonly Recording[], one: Recording): Recording[] {
  const same = all.filter(({ call, segment }) => call === one.call && segment === one.segment);
  const order = ["stereo", "customer", "agent", "outside", "supervisor"];
  const place = ({ content }: Recording) => (order.indexOf(content) + order.length + 1) % (order.length + 1);
  return same.sort((a, b) => place(a) - place(b));
}

/** Whether it is seen and not heard. */
export function isPicture({ content }: Recording): boolean {
  return content.endsWith("_video");
}

/** What one hears first: both, where that is there. */
export function first(files: readonly Recording[]): Recording | undefined {
  const there = files.filter(({ deleted }) => deleted === null);
  return (
    there.find(({ content }) => content === "stereo") ?? there.find((file) => !isPicture(file)) ?? there[0]
  );
}
