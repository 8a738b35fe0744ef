import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DisclosureRow, StatementRow } from "../columns/rows.ts";
import { DECISIONS, GRADES } from "../columns/rows.ts";
import { number64 } from "../columns/numbers.ts";
import { decodeKeys, encodeIntKeys } from "../ledger/keys-block.ts";
import { ENTRY_KINDS, type Entry } from "../ledger/entry.ts";
import type { ReadEntry } from "../ledger/read.ts";
import { FieldClasses } from "./field-classes.ts";
import { Flattener, type RowSink } from "./flatten.ts";
import { formNumber } from "./form-number.ts";
import { compareKeys, keyText, subjectKeys } from "./subject-columns.ts";

const CLASSES = new FieldClasses({
  subjects: {
    customer: {
      tables: { "s.c": { key: { column: "id" }, nullable: false, fields: { name: "identity" }, public: [] } },
    },
  },
});
const LOG = 7;

class Rows implements RowSink {
  readonly disclosures: DisclosureRow[] = [];
  readonly statements: StatementRow[] = [];
  disclosure(row: DisclosureRow): void {
    this.disclosures.push(row);
  }
  statement(row: StatementRow): void {
    this.statements.push(row);
  }
  actor(): void {}
  kind(): void {}
  form(): void {}
}

const form = (clear: string[], masked: string[] = []): Entry & { kind: "form" } => ({
  kind: "form",
  fingerprint: "00",
  text: "select",
  uses: [{ table: "s.c", subjectKind: "customer", clear, masked, predicate: [] }],
  scope: false,
});
const statement = (of: number, keys: number[], more: Partial<Entry & { kind: "statement" }> = {}): Entry => ({
  kind: "statement",
  actor: "svc:helpdesk",
  session: 0,
  form: of,
  decision: "accounted",
  ticket: undefined,
  reason: undefined,
  policy: new Uint8Array(4),
  blocks: [{ use: 0, keys: encodeIntKeys(keys) }],
  outcome: undefined,
  ...more,
});
const read = (index: number, entry: Entry | undefined, kind = 0): ReadEntry => ({
  index,
  timeMs: 1_000 + index,
  kind: entry === undefined ? kind : ENTRY_KINDS[entry.kind],
  entry,
});

/** Gives entries from `from` on, and earlier ones as they are asked for. */
function flatten(log: readonly ReadEntry[], from = 0): Rows {
  const rows = new Rows();
  const flattener = new Flattener(LOG, CLASSES);
  for (const entry of log.slice(from)) {
    for (let wanted = flattener.take(entry, rows); wanted !== undefined; wanted = flattener.take(entry, rows)) {
      expect(wanted).toBeLessThan(entry.index);
      flattener.remember(log[wanted] as ReadEntry);
    }
  }
  return rows;
}

const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describe("rows", () => {
  test("of a later disclosure are of its statement's actor and form", () => {
    const disclosure: Entry = {
      kind: "disclosure",
      statement: 1,
      blocks: [{ use: 0, keys: encodeIntKeys([9]) }],
      outcome: undefined,
    };
    const log = [read(0, form(["name"])), read(1, statement(0, [4])), read(2, disclosure)];
    const number = formNumber(form(["name"]));
    const common = {
      log: LOG,
      statement: 1,
      use: 0,
      actor: number64("svc:helpdesk"),
      form: number,
      grade: GRADES.unattributed,
    };
    expect(flatten(log).disclosures).toMatchObject([
      { ...common, index: 1, atMs: 1_001, subject: 4n },
      { ...common, index: 2, atMs: 1_002, subject: 9n },
    ]);
    expect(flatten(log).statements).toHaveLength(1);
  });

  test("are the same wherever the reader begins", () => {
    const entries = fc.array(fc.tuple(fc.nat(2), fc.nat(5), fc.array(fc.nat(20), { maxLength: 4 })), { maxLength: 12 });
    fc.assert(
      fc.property(entries, fc.nat(12), (steps, from) => {
        const log = [read(0, form(["name"])), read(1, statement(0, [1]))];
        for (const [what, back, keys] of steps) {
          const index = log.length;
          const earlier = log.filter(({ entry }) => entry?.kind === "statement").at(-1 - (back % index))?.index ?? 1;
          const forms = log.filter(({ entry }) => entry?.kind === "form");
          if (what === 0) log.push(read(index, form(keys.length > 2 ? ["name"] : ["email"])));
          else if (what === 1) log.push(read(index, statement(forms[back % forms.length]?.index ?? 0, keys)));
          else
            log.push(
              read(index, {
                kind: "disclosure",
                statement: earlier,
                blocks: [{ use: 0, keys: encodeIntKeys(keys) }],
                outcome: undefined,
              }),
            );
        }
        const whole = flatten(log);
        const part = flatten(log, from);
        expect(part.disclosures).toEqual(whole.disclosures.filter(({ index }) => index >= from));
        expect(part.statements).toEqual(whole.statements.filter(({ index }) => index >= from));
      }),
    );
  });

  test("of what has expired say so, and name nobody", () => {
    const log = [
      read(0, undefined, ENTRY_KINDS.form),
      read(1, statement(0, [4])),
      read(2, undefined, ENTRY_KINDS.statement),
      read(3, { kind: "disclosure", statement: 2, blocks: [], outcome: undefined }),
      read(4, undefined, ENTRY_KINDS.heartbeat),
    ];
    const { disclosures, statements } = flatten(log);
    expect(disclosures).toEqual([]);
    expect(statements.map(({ index, decision, actor }) => [index, decision, actor])).toEqual(
      [1, 2, 3].map((index) => [index, DECISIONS.expired, 0n]),
    );
  });

  test.for([
    ["identity fields among ten", form(["name"]), ten, true],
    ["masked among ten", form([], ["email"]), ten, true],
    ["identity fields among nine", form(["name"]), ten.slice(1), false],
    ["another field among ten", form(["name", "email"]), ten, false],
  ] as const)("are listed or opened: %s", ([, of, keys, listed]) => {
    const { disclosures } = flatten([read(0, of), read(1, statement(0, [...keys]))]);
    expect(new Set(disclosures.map((row) => row.listed))).toEqual(new Set([listed]));
  });
});

test("keys come out of columns as the ledger prints them, in its order", () => {
  const int = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
  fc.assert(
    fc.property(fc.array(fc.oneof(int, fc.bigInt(-9n, 300n)), { maxLength: 20 }), (all) => {
      const block = encodeIntKeys(all);
      const keys = subjectKeys(block);
      expect(keys.map(keyText)).toEqual(decodeKeys(block).keys.map(String));
      expect([...keys].reverse().sort(compareKeys)).toEqual(keys);
    }),
  );
});

test("bytes that are no block fail with a code", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        expect(subjectKeys(bytes).map(keyText)).toEqual(decodeKeys(bytes).keys.map(String));
      } catch (error) {
        expect(error).toMatchObject({ code: "LEDGER_DAMAGED" });
      }
    }),
    { numRuns: 2_000 },
  );
});
