import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../base/limits.ts";
import { decodeKeys, hashTextKey } from "../ledger/keys-block.ts";
import type { SubjectKeyType } from "../lineage/plan.ts";
import { KeyCollector } from "./key-collector.ts";

const SUBJECT_KEY = Buffer.alloc(32, 7);

function collector(keyType: SubjectKeyType): KeyCollector {
  return new KeyCollector({ table: "support.customers", subjectKind: "customer", keyType, shown: [], predicate: [] });
}

function add(into: KeyCollector, text: string, nullable = false): void {
  const bytes = Buffer.from(`..${text}..`);
  into.add(bytes, 2, bytes.length - 2, nullable);
}

function taken(from: KeyCollector): string[] {
  return from.take(SUBJECT_KEY).flatMap(({ bytes, subjects }) => {
    const { keys } = decodeKeys(bytes);
    expect(keys).toHaveLength(subjects);
    expect(subjects).toBeLessThanOrEqual(LIMITS.subjectsPerEntryMax);
    return keys.map((key) => `${key}`);
  });
}

const ascending = (keys: readonly bigint[]): string[] =>
  [...new Set(keys)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map(String);

test("property: integers of 64 bits come out sorted and once each", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: 0n, max: 50n }))),
      (keys) => {
        const ints = collector("int");
        for (const key of keys) add(ints, `${key}`);
        expect(taken(ints)).toEqual(ascending(keys));
        expect(taken(ints)).toEqual([]);
      },
    ),
  );
});

test("more subjects than an entry holds become several blocks", () => {
  const ints = collector("int");
  const keys = Array.from({ length: 2 * LIMITS.subjectsPerEntryMax + 5 }, (_, i) => BigInt(i * 3));
  for (const key of keys) add(ints, `${key}`);
  expect(taken(ints)).toEqual(ascending(keys));
});

test("uuids and text keys", () => {
  const uuids = collector("uuid");
  add(uuids, "6f1c2d3e-0000-4000-8000-000000000002");
  add(uuids, "6f1c2d3e-0000-4000-8000-000000000001");
  expect(taken(uuids)).toEqual(["6f1c2d3e-0000-4000-8000-000000000001", "6f1c2d3e-0000-4000-8000-000000000002"]);
  const texts = collector("text");
  add(texts, `=${Buffer.from("zoë@example.org").toString("hex")}`);
  expect(taken(texts)).toEqual([hashTextKey(SUBJECT_KEY, "customer", "zoë@example.org")]);
});

describe("arrays", () => {
  test.each([
    ["{}", []],
    ["{5}", ["5"]],
    ["{9,5,9}", ["5", "9"]],
  ])("%s", (text, keys) => {
    const ints = collector("int");
    ints.addArray(Buffer.from(text), 0, text.length, false);
    expect(taken(ints)).toEqual(keys);
  });
});

test("a row without a key is refused unless it may have none", () => {
  expect(() => add(collector("int"), "")).toThrow(
    expect.objectContaining({ code: "NULL_SUBJECT_KEY", sqlstate: "42501" }),
  );
  const nullable = collector("int");
  add(nullable, "", true);
  expect(taken(nullable)).toEqual([]);
});

test("property: any bytes are keys or a coded error", () => {
  fc.assert(
    fc.property(fc.constantFrom<SubjectKeyType>("int", "uuid", "text"), fc.string(), (keyType, text) => {
      const into = collector(keyType);
      try {
        add(into, text);
        into.take(SUBJECT_KEY);
      } catch (error) {
        expect(error).toMatchObject({ name: "WhosawError" });
      }
    }),
  );
});
