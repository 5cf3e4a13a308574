/** How times went, as `GET /api/v1/history` counts them, and what is made of it. */

export interface Row {
  /** The place among the intervals. */
  interval: number;
  queue: string | null;
  calls: number;
  answered: number;
  in_time: number;
  abandoned: number;
  promised: number;
  waited_ms: number;
  longest_ms: number;
  talked_ms: number;
}

export interface History {
  intervals: string[];
  until: string | null;
  in_time_s: number;
  rows: Row[];
}

export type Sum = Omit<Row, "interval" | "queue">;

const NOTHING: Sum = {
  calls: 0,
  answered: 0,
  in_time: 0,
  abandoned: 0,
  promised: 0,
  waited_ms: 0,
  longest_ms: 0,
  talked_ms: 0,
};

/** All of these together. */
export function sum(rows: readonly Sum[]): Sum {
  return rows.reduce(
    (all, row) => ({
      calls: all.calls + row.calls,
      answered: all.answered + row.answered,
      in_time: all.in_time + row.in_time,
      abandoned: all.abandoned + row.abandoned,
      promised: all.promised + row.promised,
      waited_ms: all.waited_ms + row.waited_ms,
      longest_ms: Math.max(all.longest_ms, row.longest_ms),
      talked_ms: all.talked_ms + row.talked_ms,
    }),
    NOTHING,
  );
}

/** The service level: of a hundred who were answered or left, those answered in time; `null`: nobody called. */
export function level({ answered, abandoned, in_time }: Sum): number | null {
  const offered = answered + abandoned;
  return offered === 0 ? null : (100 * in_time) / offered;
}

/** How long those waited who were answered, milliseconds; `null`: nobody was. */
export function waited({ answered, waited_ms }: Sum): number | null {
  return answered === 0 ? null : waited_ms / answered;
}

/** The calls of customers: those of agents to numbers outside are of no queue. */
export function ofQueues(rows: readonly Row[], queue = ""): Row[] {
  return rows.filter((row) => (queue === "" ? row.queue !== null : row.queue === queue));
}

/** The sum of each interval, also where nothing began. */
export function byInterval({ intervals }: History, rows: readonly Row[]): Sum[] {
  return intervals.map((_, place) => sum(rows.filter(({ interval }) => interval === place)));
}

/** The sum of each queue, in the order of their names. */
export function byQueue(rows: readonly Row[]): [string, Sum][] {
  const names = [...new Set(rows.flatMap(({ queue }) => (queue === null ? [] : [queue])))].sort();
  return names.map((name) => [name, sum(rows.filter(({ queue }) => queue === name))]);
}
