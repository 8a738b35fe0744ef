import fc from "fast-check";
import { expect, test } from "vitest";
import { rangesOf } from "./ranges.ts";

/** Whether a subject is in a stretch, read from its condition. */
function holds(range: string, subject: bigint): boolean {
  const [, from] = / AND subject >= (-?\d+)/u.exec(range) ?? [];
  const [, to] = / AND subject < (-?\d+)/u.exec(range) ?? [];
  return (from === undefined || subject >= BigInt(from)) && (to === undefined || subject < BigInt(to));
}

test("every subject is in one stretch, whatever the ends", () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const ends = fc.array(int64, { maxLength: 8 }).map((all) => all.toSorted((a, b) => (a < b ? -1 : Number(a > b))));
  fc.assert(
    fc.property(ends, fc.array(int64), (sorted, others) => {
      const ranges = rangesOf(sorted);
      for (const subject of [...sorted, ...others])
        expect(ranges.filter((range) => holds(range, subject))).toHaveLength(1);
    }),
  );
});
