import fc from "fast-check";
import { expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import {
  decodeKeys,
  deriveSubjectKey,
  encodeIntKey,
  encodeIntKeys,
  encodeTextKeys,
  encodeUuidKeys,
  hashTextKey,
} from "./keys-block.ts";

const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -300n, max: 300n }));
const safe = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }));
const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

test("integers come back sorted and distinct", () => {
  fc.assert(
    fc.property(fc.array(int64), (keys) => {
      expect(decodeKeys(encodeIntKeys(keys))).toEqual({ type: "int", keys: [...new Set(keys)].sort(ascending) });
    }),
    { numRuns: 500 },
  );
});

test("numbers and bigints give the same bytes", () => {
  fc.assert(
    fc.property(fc.array(safe), (keys) => {
      const fromNumbers = encodeIntKeys(new Set(keys));
      expect(Buffer.from(fromNumbers).equals(encodeIntKeys(keys.map(BigInt)))).toBe(true);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(safe, (key) => {
      expect(Buffer.from(encodeIntKey(key)).equals(encodeIntKeys([BigInt(key)]))).toBe(true);
    }),
  );
});

test("the bytes of the documented form", () => {
  expect(Buffer.from(encodeIntKeys([300, -1, 3, 3])).toString("hex")).toBe("00030104a902");
  expect(Buffer.from(encodeIntKeys([])).toString("hex")).toBe("0000");
});

test("uuids come back sorted and distinct", () => {
  fc.assert(
    fc.property(fc.array(fc.uuid()), (keys) => {
      expect(decodeKeys(encodeUuidKeys([...keys, ...keys]))).toEqual({ type: "uuid", keys: [...new Set(keys)].sort() });
    }),
  );
});

test("text keys are hashed by installation and subject kind", () => {
  const one = deriveSubjectKey(Buffer.alloc(32, 1));
  const hash = hashTextKey(one, "customer", "alice@example.com");
  expect(decodeKeys(encodeTextKeys([hash, hash]))).toEqual({ type: "text", keys: [hash] });
  expect(hashTextKey(one, "employee", "alice@example.com")).not.toBe(hash);
  expect(hashTextKey(deriveSubjectKey(Buffer.alloc(32, 2)), "customer", "alice@example.com")).not.toBe(hash);
});

test("arbitrary bytes are decoded to what encodes to them, or refused", () => {
  const block = fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.uint8Array({ maxLength: 60 }))
    .map(([tag, rest]) => Buffer.from([tag, ...rest]));
  fc.assert(
    fc.property(block, (bytes) => {
      let keys: ReturnType<typeof decodeKeys>;
      try {
        keys = decodeKeys(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(WhosawError);
        return;
      }
      const again =
        keys.type === "int"
          ? encodeIntKeys(keys.keys)
          : keys.type === "uuid"
            ? encodeUuidKeys(keys.keys)
            : encodeTextKeys(keys.keys);
      expect(bytes.equals(again)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test("dense keys take little more than a byte each", () => {
  const keys = Array.from({ length: 3_000 }, (_, i) => 9_000_000 + 7 * i);
  expect(encodeIntKeys(keys).length).toBeLessThan(3_010);
});
