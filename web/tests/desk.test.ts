import { expect, test } from "vitest";
import { find } from "../src/desk/choose";
import { number } from "../src/desk/desk";

const about = {
  agent: { id: 1, name: "Ada", user: "1001" },
  reasons: [],
  queues: [
    { id: 1, name: "Support", serves: true },
    { id: 2, name: "Sales", serves: false },
  ],
  agents: [{ id: 2, name: "Grace Hopper" }],
  wrap_up: true,
  extend_wrap_up: true,
  numbers: [],
  calls_out: true,
};

test("a number is one with its country, however it is written", () => {
  expect(number(" +49 (30) 123-4567 ")).toBe("+49301234567");
  expect(number("0049 30 1234567")).toBe("+49301234567");
  for (const none of ["", "030 1234567", "+0123456", "+49x30", "+1234567890123456"]) {
    expect(number(none), none).toBeNull();
  }
});

test("a transfer goes to whoever fits what was typed", () => {
  expect(find("hop", about).map(({ to }) => to)).toEqual([{ agent: 2 }]);
  expect(find("S", about).map(({ name }) => name)).toEqual(["Support", "Sales"]);
  expect(find("+4930123456", about)[0]?.to).toEqual({ number: "+4930123456" });
  expect(find("", about)).toHaveLength(3);
  const outside = [{ id: 9, name: "Depot", number: "+15550100" }];
  expect(find("dep", about, outside).map(({ to }) => to)).toEqual([{ number: "+15550100" }]);
});
