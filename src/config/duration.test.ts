import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each([
  ["250ms", 250],
  ["30s", 30_000],
  ["15m", 900_000],
  ["8h", 28_800_000],
  ["3d", 259_200_000],
])("%s", (text, expected) => {
  expect(parseDuration(text)).toEqual({ value: expected });
});

test("anything else is a problem with an example, never a number", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^[0-9]{1,9}(ms|[smhd])$/u.test(text));
      expect(parseDuration(text)).toEqual({ problem: expect.stringContaining("30s") });
    }),
  );
  for (const text of ["", "30", "s", "1.5s", "-1s", "1e3s", "30 s", "9999999999s"]) {
    expect(parseDuration(text)).toHaveProperty("problem");
  }
});
