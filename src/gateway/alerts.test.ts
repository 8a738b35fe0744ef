import { expect, test } from "vitest";
import { LIMITS } from "../base/limits.ts";
import { Alerts } from "./alerts.ts";

test("one entry an interval, and the next says how many were left out", () => {
  const details: string[] = [];
  let nowMs = 1_000_000;
  const alerts = new Alerts(({ detail }) => details.push(detail), { nowMs: () => nowMs });
  for (let i = 0; i < 5; i++) alerts.raise("CANCEL_UNMATCHED", `from ${i}`);
  expect(details).toEqual(["from 0"]);
  nowMs += LIMITS.alertIntervalMs;
  alerts.raise("CANCEL_UNMATCHED", "from 5");
  expect(details).toEqual(["from 0", "from 5; 4 more since the last"]);
});

test("codes do not silence each other", () => {
  const codes: string[] = [];
  const alerts = new Alerts(({ code }) => codes.push(code), { nowMs: () => 0 });
  alerts.raise("A", "");
  alerts.raise("B", "");
  expect(codes).toEqual(["A", "B"]);
});
