import { expect, test } from "vitest";
import { count, firstTwo, guiltScore, mixture, type Reported, significantCount } from "./baselines.ts";

/** Staff 0 sells; 1 works in the back office and sees nearly everybody. */
const REPORTED: Reported = {
  seenBy: [[0, 1], [1], [0, 1], [1, 2], [0, 1], [0]],
  customersOf: (staff) => [50, 5_000, 50][staff]!,
  customers: 10_000,
  staff: 3,
};

function last<T>(steps: Iterable<T>): T {
  return [...steps].at(-1)!;
}

test("the count names whoever sees most customers", () => {
  const scores = last(count(REPORTED));
  expect([...scores]).toEqual([
    [0, 4],
    [1, 5],
    [2, 1],
  ]);
  expect(firstTwo(scores, (staff) => staff)).toEqual([1, 0]);
});

test("the guilt score is the authors' formula, after each report", () => {
  const steps = Array.from(guiltScore(REPORTED), (scores) => scores.get(1)!);
  expect(steps).toHaveLength(6);
  expect(steps[0]).toBeCloseTo(1 - 0.75);
  expect(steps[1]).toBeCloseTo(1 - 0.75 * 0.5);
  expect(steps.at(-1)).toBeCloseTo(1 - 0.75 ** 4 * 0.5);
});

test("the mixture takes into account how many customers each was shown", () => {
  const scores = last(mixture(REPORTED));
  expect(firstTwo(scores, (staff) => staff)[0]).toBe(0);
  // Three of the five rates are the background's, or come to nothing.
  expect([...scores.values()].reduce((sum, rate) => sum + rate, 0)).toBeLessThanOrEqual(1);
  expect(scores.get(0)).toBeGreaterThan(0.5);
});

test("of equals, the order decides, and nobody is named twice", () => {
  const scores = new Map([
    [4, 1],
    [5, 1],
    [6, 0.5],
  ]);
  expect(firstTwo(scores, (staff) => staff)).toEqual([4, 5]);
  expect(firstTwo(scores, (staff) => -staff)).toEqual([5, 4]);
  expect(firstTwo(new Map([[4, 1]]), () => 0)).toEqual([4]);
  expect(firstTwo(new Map(), () => 0)).toEqual([]);
});

test("a count is significant when it is too high for the customers that somebody was shown", () => {
  // Of 6 reports 4 are among 50 of 10,000 customers; 5 are among half of all.
  expect(last(significantCount(REPORTED))).toEqual([0]);
  expect([...significantCount(REPORTED)][0]).toEqual([]);
  expect(last(significantCount({ ...REPORTED, customersOf: () => 20_000 }))).toEqual([]);
});
