import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeTimes, encodeTimes } from "./imported-times.ts";

test("times come back as they were written; other bytes are refused", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(300), fc.nat(2 ** 28 - 1))), (after) => {
      expect(decodeTimes(encodeTimes(after))).toEqual(after);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      let after: number[];
      try {
        after = decodeTimes(bytes);
      } catch (error) {
        expect(error).toHaveProperty("code", "LEDGER_DAMAGED");
        return;
      }
      expect([...encodeTimes(after)]).toEqual([...bytes]);
    }),
    { numRuns: 2_000 },
  );
});
