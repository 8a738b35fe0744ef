import { expect, test } from "vitest";
import { bootstrap, clopperPearson } from "./intervals.ts";

test("exact intervals of shares are those of the tables", () => {
  const { low, high } = clopperPearson(8, 10);
  expect([low, high]).toEqual([expect.closeTo(0.4439, 4), expect.closeTo(0.9748, 4)]);
  expect(clopperPearson(0, 4_050)).toEqual({ low: 0, high: expect.closeTo(1 - 0.025 ** (1 / 4_050), 7) as number });
  expect(clopperPearson(5, 5)).toEqual({ low: expect.closeTo(0.025 ** 0.2, 7) as number, high: 1 });
  expect(clopperPearson(0, 0)).toEqual({ low: 0, high: 1 });
});

test("drawing cases anew gives the interval of a mean, and the same each time", () => {
  const cases = Array.from({ length: 400 }, (_, index) => index % 2);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const interval = bootstrap(cases, mean, 500);
  expect(interval.low).toBeCloseTo(0.451, 1);
  expect(interval.high).toBeCloseTo(0.549, 1);
  expect(bootstrap(cases, mean, 500)).toEqual(interval);
});
