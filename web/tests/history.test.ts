import { expect, test } from "vitest";
import { asked } from "../src/supervisor/filters";
import { range } from "../src/supervisor/range";
import { byInterval, byQueue, level, ofQueues, type Row, sum, waited } from "../src/wire/history";

function row(change: Partial<Row>): Row {
  return {
    interval: 0,
    queue: "Support",
    calls: 4,
    answered: 2,
    in_time: 1,
    abandoned: 1,
    promised: 1,
    waited_ms: 30_000,
    longest_ms: 20_000,
    talked_ms: 60_000,
    ...change,
  };
}

const ROWS = [
  row({}),
  row({ interval: 2, longest_ms: 50_000 }),
  row({ queue: "Sales", answered: 3, in_time: 3, abandoned: 0 }),
  row({ queue: null, calls: 9, answered: 9 }),
];

test("b11 the service level counts those who were answered or left, and no calls out", () => {
  const all = sum(ofQueues(ROWS));
  expect([all.calls, all.answered, all.abandoned, all.longest_ms]).toEqual([12, 7, 2, 50_000]);
  expect(level(all)).toBeCloseTo(500 / 9);
  expect(waited(all)).toBeCloseTo(90_000 / 7);
  expect(level(sum([]))).toBeNull();
  expect(waited(sum([]))).toBeNull();
});

test("each interval has a sum, also an empty one, and each queue", () => {
  const history = { intervals: ["a", "b", "c"], until: "d", in_time_s: 20, rows: ROWS };
  expect(byInterval(history, ofQueues(ROWS, "Support")).map(({ calls }) => calls)).toEqual([4, 0, 4]);
  expect(byQueue(ROWS).map(([name, { calls }]) => [name, calls])).toEqual([
    ["Sales", 4],
    ["Support", 8],
  ]);
});

test("a longer time is counted in longer intervals", () => {
  const now = Date.parse("2026-03-10T12:00:00");
  expect(range("today", now, "", "").interval).toBe("hour");
  expect(range("week", now, "", "").interval).toBe("hour");
  expect(range("month", now, "", "").interval).toBe("day");
  const short = range("own", now, "2026-03-10T08:00", "2026-03-10T10:00");
  expect(short.interval).toBe("quarter");
  expect(Date.parse(short.until) - Date.parse(short.from)).toBe(2 * 3_600_000);
  const yesterday = range("yesterday", now, "", "");
  expect(new Date(yesterday.from).getHours()).toBe(0);
  expect(new Date(yesterday.from).getDate()).toBe(9);
});

test("what is empty is not asked for, and moments are told as instants", () => {
  const query = asked({ number: " +49 ", queue: "", from: "2026-03-10T08:00" });
  expect(Object.fromEntries(new URLSearchParams(query))).toEqual({
    number: "+49",
    from: new Date("2026-03-10T08:00").toISOString(),
  });
});
