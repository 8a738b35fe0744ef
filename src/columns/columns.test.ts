/** One suite for every engine: what goes in comes back, whole, in order, and counted right. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DAY_MS } from "../base/clock.ts";
import { seeded } from "../ledger/testing/rig.ts";
import type { Columns } from "./columns.ts";
import { putDisclosure, putForm, putShipped, putStatement } from "./encode.ts";
import { number64 } from "./numbers.ts";
import { Names } from "./queries/names.ts";
import { countOpaque, opaqueOf } from "./queries/opaque.ts";
import { highestIndex, shippedUpTo } from "./queries/position.ts";
import { countUnattributed, population, scope, shownAmong } from "./queries/scope.ts";
import { seenBy } from "./queries/seen-by.ts";
import { whoSaw } from "./queries/who-saw.ts";
import { DECISIONS, type DisclosureRow, GRADES, KEY_TYPES } from "./rows.ts";
import { TABLE_NAMES } from "./schema.ts";
import { describeRow, describeSighting, describeSubject, scopeOf } from "./testing/by-hand.ts";
import { ENGINES, type TestStore } from "./testing/stores.ts";
import { ACTORS, insertStrata, insertWorld, makeWorld, START_MS } from "./testing/world.ts";
import { TsvWriter } from "./tsv.ts";

const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const UINT64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const UINT32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const INDEX = fc.integer({ min: 2 ** 32, max: Number.MAX_SAFE_INTEGER });
const AT = fc.integer({ min: START_MS, max: START_MS + DAY_MS - 1 });
const TEXT = fc.string({ unit: "binary" });
const ANY_COLUMNS = fc.array(TEXT);

const anyDisclosure: fc.Arbitrary<DisclosureRow> = fc.record({
  keyType: fc.nat(2),
  subject: INT64,
  subject2: INT64,
  atMs: AT,
  actor: UINT64,
  form: UINT64,
  log: UINT32,
  index: INDEX,
  statement: fc.constant(0),
  use: fc.nat(65535),
  kind: UINT32,
  grade: fc.nat(255),
  listed: fc.boolean(),
});

const keyOf = ({ kind, keyType, subject, subject2 }: DisclosureRow): string =>
  [kind, keyType, subject, subject2].join(" ");

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe.each(ENGINES)("columns on $name", ({ missing, start }) => {
  let store: TestStore;
  let columns: Columns;

  beforeAll(async () => {
    if (missing !== undefined) return;
    store = await start();
    columns = await store.open();
  });
  afterAll(async () => {
    if (missing !== undefined) return;
    await columns.close();
    await store.end();
  });
  beforeEach(async (context) => {
    if (missing !== undefined) return context.skip(missing);
    for (const table of TABLE_NAMES) await columns.command(`TRUNCATE TABLE ${table}`);
  });

  test("any disclosure that rows.ts allows comes back as it was", async () => {
    const sample = fc
      .sample(anyDisclosure, 2_000)
      .map((row, place) => ({ ...row, statement: row.index - (place % 5) }));
    const writer = new TsvWriter();
    for (const row of sample) putDisclosure(writer, row);
    await columns.insert("disclosures", writer.take());
    const rows = await columns.select(
      "SELECT key_type, subject, subject2, at, actor, form, log, entry, entry - after AS statement, use, kind, grade, listed FROM disclosures",
    );
    const given = sample.map(({ listed, ...row }) =>
      [
        row.keyType,
        row.subject,
        row.subject2,
        row.atMs,
        row.actor,
        row.form,
        row.log,
        row.index,
        row.statement,
        row.use,
        row.kind,
        row.grade,
        Number(listed),
      ].join(" "),
    );
    expect(rows.map((row) => row.join(" ")).sort()).toEqual(given.sort());
  });

  test("any text comes back as it was", async () => {
    const writer = new TsvWriter();
    const statements = fc.sample(fc.tuple(TEXT, TEXT), 500);
    for (const [index, [ticket, reason]] of statements.entries())
      putStatement(writer, { log: 1, index, atMs: START_MS, actor: 1n, form: 2n, decision: 1, ticket, reason });
    await columns.insert("statements", writer.take());
    const rows = await columns.select("SELECT ticket, reason FROM statements ORDER BY entry");
    expect(rows).toEqual(statements);
    const forms = fc.sample(
      fc.record({ table: TEXT, kind: TEXT, clear: ANY_COLUMNS, masked: ANY_COLUMNS, predicate: ANY_COLUMNS }),
      200,
    );
    for (const [use, form] of forms.entries()) putForm(writer, { form: 7n, use, scope: true, text: "", ...form });
    await columns.insert("forms", writer.take());
    const uses = (await new Names(columns).forms(["7"]))("7");
    expect(forms.map((_, use) => uses.get(use))).toEqual(forms);
  });

  test("who-saw, seen-by, opaque statements and scope say what the rows say", async () => {
    const world = makeWorld(seeded(7), 400);
    await insertWorld(columns, world);
    await insertStrata(columns, world);
    const names = new Names(columns);
    const shown = (row: DisclosureRow) =>
      describeRow(
        row,
        world.statements.find(({ log, index }) => log === row.log && index === row.statement),
      );
    const byTime = (a: DisclosureRow, b: DisclosureRow) =>
      a.atMs - b.atMs || a.index - b.index || a.keyType - b.keyType;

    const { kind, keyType, subject, subject2 } = world.disclosures[0] as DisclosureRow;
    const readings = [
      { keyType, subject, subject2 },
      { keyType: KEY_TYPES.text, subject: 14n * 2n ** 58n, subject2: -29n * 2n ** 50n },
    ];
    const isOne = (row: DisclosureRow) =>
      row.kind === kind &&
      readings.some(
        (reading) =>
          reading.keyType === row.keyType && reading.subject === row.subject && reading.subject2 === row.subject2,
      );
    const saw = (await all(whoSaw(columns, names, kind, readings))).map(describeSighting);
    expect(saw).toEqual(world.disclosures.filter(isOne).sort(byTime).map(shown));
    expect(saw.length).toBeGreaterThan(2);

    const window = { fromMs: START_MS + DAY_MS / 2, toMs: START_MS + 2 * DAY_MS };
    const inside = ({ atMs }: { atMs: number }) => atMs >= window.fromMs && atMs < window.toMs;
    for (const actor of ACTORS) {
      const of = world.disclosures.filter((row) => row.actor === number64(actor) && inside(row));
      const seen = (await all(seenBy(columns, names, number64(actor), window))).map(describeSighting);
      expect(seen.toSorted()).toEqual(of.map(shown).sort());
      expect(seen.map((line) => line.split(" ")[0])).toEqual(of.map(({ atMs }) => String(atMs)).sort());
      const opaque = world.statements.filter(
        (row) => row.decision === DECISIONS.opaque && row.actor === number64(actor) && inside(row),
      );
      const found = await all(opaqueOf(columns, names, number64(actor), window));
      expect(found.map(({ atMs, index, ticket }) => [atMs, index, ticket ?? ""])).toEqual(
        opaque.map(({ atMs, index, ticket }) => [atMs, index, ticket]),
      );
    }
    expect(await countOpaque(columns)).toBe(
      world.statements.filter(({ decision }) => decision === DECISIONS.opaque).length,
    );

    const two = ACTORS.slice(0, 2).map(number64);
    const rows = world.disclosures.filter((row) => two.includes(row.actor) && inside(row));
    const subjects = (await all(scope(columns, names, two, window))).flat();
    expect(subjects.map(describeSubject)).toEqual(scopeOf(rows, world).map(describeSubject));
    expect(new Set(subjects.map(({ stratum }) => stratum === undefined)).size).toBe(2);
    expect(new Set(subjects.map(({ sure }) => sure)).size).toBe(2);
    expect(await all(scope(columns, names, []))).toEqual([]);

    const hour = { fromMs: START_MS, toMs: START_MS + DAY_MS / 24 };
    const then = world.disclosures.filter(({ atMs }) => atMs < hour.toMs);
    const service = then.filter(({ grade }) => grade === GRADES.unattributed).map(keyOf);
    const own = new Set(then.filter(({ actor }) => two.includes(actor)).map(keyOf));
    const beyond = new Set(service.filter((key) => !own.has(key)));
    expect(await countUnattributed(columns, two, hour)).toEqual({ disclosures: service.length, others: beyond.size });
    expect(beyond.size).toBeGreaterThan(0);
    expect(await shownAmong(columns, two, [...own, ...beyond, "1 0 1 0"], hour)).toEqual(
      new Map([...[...own].map((key) => [key, "own"] as const), ...[...beyond].map((key) => [key, "others"] as const)]),
    );
    const counted = await population(columns);
    expect([...counted.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0);
  });

  test("how far a log has come: the highest that was shipped, and the highest in a table", async () => {
    expect(await shippedUpTo(columns)).toEqual(new Map());
    expect(await highestIndex(columns, "disclosures", 1, 0)).toBeUndefined();
    const writer = new TsvWriter();
    for (const [log, next] of [
      [1, 5],
      [2, 7],
      [1, 2 ** 40],
      [2, 3],
    ] as const) {
      putShipped(writer, { log, next, atMs: 1 });
      await columns.insert("shipped", writer.take());
    }
    expect(await shippedUpTo(columns)).toEqual(
      new Map([
        [1, 2 ** 40],
        [2, 7],
      ]),
    );
    putStatement(writer, {
      log: 1,
      index: 0,
      atMs: START_MS,
      actor: 1n,
      form: 2n,
      decision: 1,
      ticket: "",
      reason: "",
    });
    await columns.insert("statements", writer.take());
    expect(await highestIndex(columns, "statements", 1, START_MS)).toBe(0);
    expect(await highestIndex(columns, "statements", 1, START_MS + 1)).toBeUndefined();
  });

  test("an INSERT is one part however many rows it has, and none if one of them cannot be read", async () => {
    const writer = new TsvWriter();
    for (let index = 0; index < 1_500_000; index += 1)
      putStatement(writer, { log: 1, index, atMs: START_MS, actor: 1n, form: 2n, decision: 1, ticket: "", reason: "" });
    const rows = writer.take();
    const broken = Buffer.concat([rows, Buffer.from("no number\t1\t1\t1\t1\t1\t\t\n")]);
    await expect(columns.insert("statements", broken)).rejects.toMatchObject({ code: "COLUMNS_FAILED" });
    const count = "SELECT count() AS n FROM statements";
    expect(await columns.select(count)).toEqual([["0"]]);
    await columns.insert("statements", rows);
    expect(await columns.select(count)).toEqual([["1500000"]]);
    const parts =
      "SELECT count() AS n, sum(level) AS merges FROM system.parts WHERE database = 'whosaw' AND table = 'statements' AND active AND rows > 0";
    expect(Object.values((await columns.select(parts))[0] ?? []).map(Number)).toEqual([1, 0]);
  });

  test("a stream holds little, may be left early, and says so when it breaks off", async () => {
    const sql = "SELECT number FROM numbers(600000)";
    let rows = 0;
    for await (const some of columns.stream(sql)) rows += some.length;
    expect(rows).toBe(600_000);
    for await (const some of columns.stream(sql)) {
      expect(some[0]).toEqual(["0"]);
      break;
    }
    const breaks = "SELECT throwIf(number = 400000) AS n FROM numbers(600000)";
    await expect(all(columns.stream(breaks))).rejects.toMatchObject({ code: "COLUMNS_FAILED" });
    await expect(columns.select("SELECT nothing FROM nowhere")).rejects.toMatchObject({ code: "COLUMNS_FAILED" });
    expect(await columns.select("SELECT 1 AS one")).toEqual([[1]]);
  });

  test("many questions at once are all answered", async () => {
    const asked = Array.from({ length: 20 }, (_, number) => columns.select(`SELECT ${number} AS n, sleep(0.01) AS s`));
    expect((await Promise.all(asked)).map((rows) => rows[0]?.[0])).toEqual(
      Array.from({ length: 20 }, (_, number) => number),
    );
  });

  test("columns are there when they are opened again, and those of a newer program are refused", async () => {
    const beside = await store.open({ database: "whosaw_beside" });
    const writer = new TsvWriter();
    putShipped(writer, { log: 1, next: 9, atMs: 1 });
    await beside.insert("shipped", writer.take());
    await beside.close();
    expect(await shippedUpTo(columns)).toEqual(new Map());
    const again = await store.open({ database: "whosaw_beside" });
    expect(await shippedUpTo(again)).toEqual(new Map([[1, 9]]));
    await again.command("INSERT INTO schema_versions VALUES (1000)");
    await again.close();
    await expect(store.open({ database: "whosaw_beside" })).rejects.toMatchObject({ code: "STORE_MISMATCH" });
  });
});
