import fc from "fast-check";
import { expect, test } from "vitest";
import { namedStratum, stratumText } from "./stratum.ts";

test("a stratum says each of its values, and which there are none of", () => {
  const stratum = namedStratum("customer", ["country", "language"], ["PT", null]);
  expect(stratum).toMatchObject({ kind: "customer", name: '["country","language"]', value: '["PT",null]' });
  expect(stratumText(stratum)).toBe("country=PT, language unknown");
  expect(stratumText({ name: "country", value: "FR" })).toBe("country=FR");
});

test("whatever a database or a backup holds: one line, the same number for the same values, another for others", () => {
  const values = fc.array(fc.option(fc.string({ unit: "binary" })), { maxLength: 3 });
  fc.assert(
    fc.property(values, values, fc.string(), (a, b, raw) => {
      const names = ["country", "language", "product"].slice(0, Math.max(a.length, b.length));
      const [one, other] = [namedStratum("customer", names, a), namedStratum("customer", names, b)];
      expect(one.number === other.number).toBe(one.value === other.value);
      expect(one.value === other.value).toBe(JSON.stringify(a) === JSON.stringify(b));
      expect(stratumText(one)).not.toMatch(/\p{C}/u);
      expect(stratumText({ name: raw, value: raw })).not.toMatch(/\p{C}/u);
    }),
  );
});
