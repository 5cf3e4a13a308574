/** Which time a history is of. */

const HOUR = 3_600_000;
/** Times that one can choose. */
export const PERIODS = ["today", "yesterday", "week", "month", "own"] as const;
export type Period = (typeof PERIODS)[number];

/** From when until when, and what is counted together: enough points to see something, few enough to read. */
export function range(period: Period, now: number, from: string, until: string) {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const days = (count: number) => new Date(new Date(midnight).setDate(new Date(midnight).getDate() + count));
  const [begin, end] = {
    today: [new Date(midnight), days(1)],
    yesterday: [days(-1), new Date(midnight)],
    week: [days(-6), days(1)],
    month: [days(-29), days(1)],
    own: [from ? new Date(from) : new Date(midnight), until ? new Date(until) : days(1)],
  }[period] as [Date, Date];
  const length = end.getTime() - begin.getTime();
  const interval = length <= 6 * HOUR ? "quarter" : length <= 8 * 24 * HOUR ? "hour" : "day";
  return { from: begin.toISOString(), until: end.toISOString(), interval };
}
