import { mkdtempSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Entry } from "../ledger/entry.ts";
import { deriveSubjectKey, encodeIntKeys, encodeTextKeys, encodeUuidKeys, hashTextKey } from "../ledger/keys-block.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { openLedger } from "../ledger/log.ts";
import { seenBy, whoSaw, type AskedLog, type AskTally, type Disclosure } from "./ask.ts";
import { blockHolds, subjectTarget } from "./subject.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-asks-"));
const masterKey = Buffer.alloc(32, 7);
const origin = "acme.example/gw-1";
const log: AskedLog = { dir: join(root, "log"), origin, masterKey };
const ALICE = "staff:11111111-2222-3333-4444-555555555555";
const BOB = "svc:helpdesk";
const UUID = "0a1b2c3d-0000-4000-8000-00000000000f";
const textHash = hashTextKey(deriveSubjectKey(masterKey), "customer", "alice@example");

const use = (table: string, subjectKind: string, clear: string[], masked: string[] = []) => ({
  table,
  subjectKind,
  clear,
  masked,
  predicate: ["phone"],
});
const form = (uses: ReturnType<typeof use>[]): Entry => ({
  kind: "form",
  fingerprint: "00ff",
  text: "select ...",
  uses,
  scope: false,
});
const outcome = { rows: 1, sqlstate: undefined };

async function append(ledger: Ledger, entry: Entry): Promise<number> {
  return (await ledger.append(entry)).firstIndex;
}

const index: Record<string, number> = {};
beforeAll(async () => {
  const ledger = await openLedger({
    ...log,
    logSeed: Buffer.alloc(32, 1),
    clock: { nowMs: () => Date.UTC(2026, 10, 21, 12, 34, 56, 789) },
    witness: undefined,
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: () => undefined,
  });
  const session = await append(ledger, {
    kind: "login",
    actor: ALICE,
    proof: "local",
    clientAddress: "",
    database: "support",
  });
  const statement = (
    actor: typeof ALICE | typeof BOB,
    of: number,
    rest: Partial<Entry & { kind: "statement" }>,
  ): Promise<number> =>
    append(ledger, {
      kind: "statement",
      actor,
      session,
      form: of,
      decision: "accounted",
      ticket: undefined,
      reason: undefined,
      policy: Buffer.alloc(4),
      blocks: [],
      outcome: undefined,
      ...rest,
    });
  const join2 = await append(
    ledger,
    form([
      use("support.customers", "customer", ["email", "name"], ["phone"]),
      use("support.tickets", "customer", ["body"]),
    ]),
  );
  const staffForm = await append(ledger, form([use("hr.people", "employee", ["salary"])]));
  const opaqueForm = await append(ledger, form([use("support.tickets", "", [])]));
  const elsewhere = await append(ledger, form([use("public.weather", "", [])]));
  // A view over protected tables, and a function that reads them by itself: nobody can say that they are about nobody.
  const unclassified = await append(ledger, form([use("support.open_tickets", "", [])]));
  const nowhere = await append(ledger, form([]));
  index["point"] = await statement(ALICE, join2, {
    ticket: "T-1",
    reason: "routed-ticket",
    blocks: [{ use: 0, keys: encodeIntKeys([4711]) }],
    outcome,
  });
  index["bulk"] = await statement(BOB, join2, { blocks: [{ use: 0, keys: encodeIntKeys([1, 2, 3]) }] });
  index["employee"] = await statement(ALICE, staffForm, { blocks: [{ use: 0, keys: encodeIntKeys([4711]) }], outcome });
  index["more"] = await append(ledger, {
    kind: "disclosure",
    statement: index["bulk"],
    blocks: [{ use: 1, keys: encodeIntKeys([3n, 4711n, 2n ** 60n]) }],
    outcome,
  });
  index["text"] = await statement(BOB, join2, {
    blocks: [
      { use: 0, keys: encodeTextKeys([textHash]) },
      { use: 1, keys: encodeUuidKeys([UUID]) },
    ],
    outcome,
  });
  index["opaque"] = await statement(ALICE, opaqueForm, { decision: "opaque", outcome });
  index["elsewhere"] = await statement(ALICE, elsewhere, { decision: "opaque", outcome });
  index["view"] = await statement(ALICE, unclassified, { decision: "opaque", outcome });
  index["function"] = await statement(ALICE, nowhere, { decision: "opaque", outcome });
  await ledger.close();
});
afterAll(() => rmSync(root, { recursive: true }));

async function saw(kind: string, key: string): Promise<{ items: Disclosure[]; tally: AskTally }> {
  const tally = { opaque: 0, expired: 0 };
  const items: Disclosure[] = [];
  for await (const item of whoSaw([log], subjectTarget(masterKey, kind, key), tally)) items.push(item);
  return { items, tally };
}

describe("who saw", () => {
  test("names actor, fields, reason and ticket, through statement and form", async () => {
    const { items, tally } = await saw("customer", "4711");
    const at = "2026-11-21T12:34:56.789Z";
    expect(items).toEqual([
      {
        at,
        actor: ALICE,
        table: "support.customers",
        fields: ["email", "name"],
        masked: ["phone"],
        reason: "routed-ticket",
        ticket: "T-1",
        statement: `${origin}/${index["point"]}`,
        log: origin,
        index: index["point"],
        searchedBy: ["phone"],
        grade: "exact",
      },
      {
        at,
        actor: BOB,
        table: "support.tickets",
        fields: ["body"],
        masked: [],
        reason: null,
        ticket: null,
        statement: `${origin}/${index["bulk"]}`,
        log: origin,
        index: index["more"],
        searchedBy: ["phone"],
        grade: "unattributed",
      },
    ]);
    expect(tally).toEqual({ opaque: 4, expired: 0 });
  });

  test("finds text, uuid and large keys, each kind of subject apart", async () => {
    expect((await saw("customer", "alice@example")).items.map((item) => item.index)).toEqual([index["text"]]);
    expect((await saw("customer", UUID.toUpperCase())).items).toMatchObject([
      { index: index["text"], table: "support.tickets" },
    ]);
    expect((await saw("customer", String(2n ** 60n))).items.map((item) => item.index)).toEqual([index["more"]]);
    expect((await saw("employee", "4711")).items.map((item) => item.index)).toEqual([index["employee"]]);
    expect((await saw("customer", "5")).items).toEqual([]);
  });
});

test("seen by lists each subject once per use, and opaque statements as such", async () => {
  const items: unknown[] = [];
  for await (const item of seenBy([log], BOB, { opaque: 0, expired: 0 })) items.push(item);
  const subject = (key: string): unknown =>
    expect.objectContaining({ subject: { kind: "customer", key }, statement: expect.any(String) });
  expect(items).toEqual(["1", "2", "3", "3", "4711", String(2n ** 60n), textHash, UUID].map(subject));
  const alice: unknown[] = [];
  for await (const item of seenBy([log], ALICE, { opaque: 0, expired: 0 })) alice.push(item);
  expect(alice).toMatchObject([
    { subject: { kind: "customer", key: "4711" }, fields: ["email", "name"], searchedBy: ["phone"] },
    { subject: { kind: "employee", key: "4711" } },
    { opaque: true, tables: ["support.tickets"], index: index["opaque"] },
    { opaque: true, tables: ["public.weather"], index: index["elsewhere"] },
    { opaque: true, tables: ["support.open_tickets"], index: index["view"] },
    { opaque: true, tables: [], index: index["function"] },
  ]);
});

describe("a block", () => {
  const keys = fc.array(fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-50n, 50n)), {
    minLength: 1,
    maxLength: 60,
  });
  const target = (key: bigint) => subjectTarget(masterKey, "customer", String(key));

  test("holds just the integers that were put in", () => {
    fc.assert(
      fc.property(keys, fc.bigInt(-60n, 60n), (all, other) => {
        const block = encodeIntKeys(all);
        for (const key of all) expect(blockHolds(block, target(key))).toBe(true);
        expect(blockHolds(block, target(other))).toBe(all.includes(other));
      }),
    );
  });

  test("holds just the hashes that were put in", () => {
    const name = fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom("a", "b", "c") });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 300 }), name, (all, other) => {
        const of = (key: string) => subjectTarget(masterKey, "customer", key);
        const block = encodeTextKeys(all.map((key) => of(key).text.toString("hex")));
        for (const key of all) expect(blockHolds(block, of(key))).toBe(true);
        expect(blockHolds(block, of(other))).toBe(all.includes(other));
      }),
    );
  });

  test("of any bytes answers or fails with a code", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom("4711", "-1", String(2n ** 62n), UUID, "x"),
        (bytes, key) => {
          try {
            expect(typeof blockHolds(bytes, subjectTarget(masterKey, "customer", key))).toBe("boolean");
          } catch (error) {
            expect(error).toMatchObject({ code: "LEDGER_DAMAGED" });
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("a key is an integer only in its one spelling", () => {
    const read = (key: string) => subjectTarget(masterKey, "customer", key);
    for (const key of ["0", "-1", "4711", "9223372036854775807", "-9223372036854775808"])
      expect(read(key).int).toBe(BigInt(key));
    for (const key of ["04711", "-0", "+1", "1.0", "9223372036854775808", " 1"]) expect(read(key).int).toBeUndefined();
    expect(read("4711").name).toBe("customer:4711");
    expect(read("alice@example").name).toBe(`customer:${textHash}`);
    expect(() => read("")).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});

// Last: it destroys the day.
test("an expired day is counted, not answered", async () => {
  for (const day of readdirSync(join(log.dir, "keys"))) unlinkSync(join(log.dir, "keys", day));
  const { items, tally } = await saw("customer", "4711");
  expect(items).toEqual([]);
  expect(tally.expired).toBe(9);
});
