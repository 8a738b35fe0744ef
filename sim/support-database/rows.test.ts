import fc from "fast-check";
import { expect, test } from "vitest";
import { FIRST_CUSTOMER } from "./first-customer.ts";
import { copyLine, emitCustomer, emitFixedRows, type TableName, type Value } from "./rows.ts";

function customer(id: number, seed: number): [TableName, readonly Value[]][] {
  const rows: [TableName, readonly Value[]][] = [];
  emitCustomer(id, seed, 800, (table, values) => rows.push([table, values]));
  return rows;
}

test("a customer's rows depend on seed and number alone", () => {
  fc.assert(
    fc.property(fc.nat(20_000_000), fc.nat(1_000), (n, seed) => {
      const id = FIRST_CUSTOMER + n;
      expect(customer(id, seed)).toEqual(customer(id, seed));
      expect(customer(id, seed)).not.toEqual(customer(id, seed + 1));
    }),
    { numRuns: 50 },
  );
});

test("numbers never collide, and every key of a row is its customer's", () => {
  const seen = new Set<string>();
  const emit = (table: TableName, values: readonly Value[]): void => {
    const key = `${table}/${String(values[0])}`;
    expect(seen).not.toContain(key);
    seen.add(key);
  };
  emitFixedRows(emit);
  for (let id = FIRST_CUSTOMER; id < FIRST_CUSTOMER + 500; id++) {
    emitCustomer(id, 7, 500, (table, values) => {
      emit(table, values);
      if (table === "tickets") expect(values[1]).toBe(id);
    });
  }
});

test("COPY's text format keeps every string apart from its delimiters", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (strings) => {
      const line = copyLine(strings);
      expect(line.slice(0, -1)).not.toMatch(/[\n\r]/u);
      const back = line
        .slice(0, -1)
        .split("\t")
        .map((field) => field.replace(/\\(.)/gu, (_, c: string) => ({ t: "\t", n: "\n", r: "\r" })[c] ?? c));
      expect(back).toEqual(strings);
    }),
  );
  expect(copyLine([null, "\\N", true, [1, 2]])).toBe("\\N\t\\\\N\tt\t{1,2}\n");
});
