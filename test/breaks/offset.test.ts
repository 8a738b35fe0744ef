/** Reading by OFFSET without being recorded: pages with one row, with none, past the end, by parameters, through subqueries. */
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entriesOf, type RecordedStatement, recordedStatements } from "../e2e/recorded.ts";
import { startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";

let database: SupportDatabase;
let gateway: TestGateway;
let client: pg.Client;

beforeAll(async () => {
  database = await supportDatabase(18);
  gateway = await startTestGateway({ database });
  client = await gateway.client("app");
});

afterAll(async () => {
  await client.end();
  await gateway.stop();
  await database.drop();
});

interface Seen {
  readonly rows: number;
  readonly error: pg.DatabaseError | undefined;
  readonly statements: readonly RecordedStatement[];
}

/** What came of a query, and what the ledger says of it. */
async function seen(text: string, values: readonly unknown[] = []): Promise<Seen> {
  const before = (await recordedStatements(gateway)).length;
  let rows = 0;
  let error: pg.DatabaseError | undefined;
  try {
    ({
      rows: { length: rows },
    } = await client.query({ text, values: [...values], rowMode: "array" }));
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError)) throw cause;
    error = cause;
  }
  return { rows, error, statements: (await recordedStatements(gateway)).slice(before) };
}
const keys = ({ statements }: Seen): string[] => statements.flatMap(({ uses }) => uses.flatMap((use) => use.keys));

describe("a row that comes because somebody matches", () => {
  test.each([
    [
      "behind a constant",
      "SELECT 1 FROM support.customers WHERE id = 4711 AND email LIKE '%@%' UNION ALL SELECT 1 OFFSET 1",
    ],
    [
      "behind a public row",
      "SELECT 1 FROM support.customers WHERE id = 4711 AND email LIKE '%@%' UNION ALL SELECT id FROM support.teams WHERE id = 1 OFFSET 1",
    ],
    [
      "in a subquery",
      "SELECT 'yes' FROM (SELECT 1 FROM support.customers WHERE id = 4711 UNION ALL SELECT 2 OFFSET 1) s",
    ],
    [
      "in a scalar subquery",
      "SELECT (SELECT 'yes' FROM support.customers WHERE id IN (4711, 4712) ORDER BY id LIMIT 1 OFFSET 1)",
    ],
    ["in EXISTS", "SELECT 'yes' WHERE EXISTS (SELECT 1 FROM support.customers WHERE id IN (4711, 4712) OFFSET 1)"],
  ])("names that person: %s", async (_name, sql) => {
    const found = await seen(sql);
    expect(found.rows).toBe(1);
    expect(keys(found)).toContain("4711");
  });
});

describe("no row", () => {
  test.each([
    ["one match, skipped", "SELECT 1 FROM support.customers WHERE email LIKE '%' AND id = 4711 OFFSET 1"],
    ["past the end", "SELECT email FROM support.customers ORDER BY id OFFSET 9000"],
    ["a page of no rows", "SELECT email FROM support.customers ORDER BY id LIMIT 0 OFFSET 3"],
  ])("is recorded as saying something about everybody: %s", async (_name, sql) => {
    const { rows, statements } = await seen(sql);
    expect(rows).toBe(0);
    expect(statements).toMatchObject([
      { decision: "accounted", scope: true, outcome: { rows: 0, sqlstate: undefined } },
    ]);
  });

  test("one row further up names everybody who was counted", async () => {
    const found = await seen("SELECT 1 FROM support.customers WHERE id BETWEEN 4100 AND 4149 OFFSET 49");
    expect(found.rows).toBe(1);
    expect(keys(found)).toHaveLength(50);
  });
});

test("whatever is asked for, the page and all before it are recorded", async () => {
  const all = (await database.query("SELECT id::text FROM support.customers ORDER BY id")).map(({ id }) => String(id));
  const count = fc.oneof(fc.constantFrom(0, 1, 799, 800, 801, 10_000), fc.nat(900));
  await fc.assert(
    fc.asyncProperty(fc.option(count), fc.option(count), async (limit, offset) => {
      const found = await seen("SELECT email FROM support.customers ORDER BY id LIMIT $1 OFFSET $2", [limit, offset]);
      const skipped = offset ?? 0;
      const shown = Math.max(0, Math.min(all.length - skipped, limit ?? all.length));
      expect(found.rows).toBe(shown);
      expect(keys(found)).toEqual(shown === 0 ? [] : all.slice(0, skipped + shown));
    }),
    { numRuns: 25 },
  );
});

test.each([
  [
    "turned around",
    "SELECT s.id FROM (SELECT id FROM support.customers ORDER BY id LIMIT 5 OFFSET 5) s ORDER BY s.id DESC",
  ],
  [
    "joined",
    "SELECT s.id FROM (SELECT id FROM support.customers ORDER BY id LIMIT 5 OFFSET 5) s LEFT JOIN support.teams t ON s.id % 5 = t.id ORDER BY s.id DESC NULLS LAST",
  ],
  [
    "a WITH query",
    "WITH s AS (SELECT id FROM support.customers ORDER BY id LIMIT 5 OFFSET 5) SELECT id FROM s ORDER BY id DESC",
  ],
])("one row of a page inside, %s, names everybody who was skipped", async (_name, sql) => {
  await client.query(`BEGIN; DECLARE c CURSOR FOR ${sql}`);
  const found = await seen("FETCH 1 FROM c");
  await client.query("ROLLBACK");
  expect(found.rows).toBe(1);
  expect(keys(found)).toEqual(expect.arrayContaining(["4001", "4002", "4003", "4004", "4005"]));
});

describe("more than may be skipped", () => {
  const SKIPS = { code: "42501", message: "OFFSET skips more than 10000 protected rows" };

  test("is refused as a number", async () => {
    const { error } = await seen("SELECT id FROM support.customers OFFSET 10001");
    expect(error).toMatchObject(SKIPS);
    expect(error?.hint).toMatch(/page by key/);
  });

  test.each([10_001, "9223372036854775807"])("is refused as a parameter, %s, whatever the rows", async (offset) => {
    for (const where of ["true", "id = -1"]) {
      for (const page of ["", " LIMIT 5", " FETCH FIRST 2 ROWS ONLY"]) {
        const { error, statements } = await seen(
          `SELECT id FROM support.customers WHERE ${where} ORDER BY id OFFSET $1${page}`.replace(
            /(OFFSET \$1)( LIMIT 5)/,
            "$2 $1",
          ),
          [offset],
        );
        expect(error).toMatchObject(SKIPS);
        expect(error?.hint).toMatch(/page by key/);
        expect(statements.flatMap(({ uses }) => uses.flatMap((use) => use.keys))).toEqual([]);
        const last = (await entriesOf(gateway)).findLast(({ kind }) => kind === "refusal");
        expect(last).toMatchObject({ code: "REFUSED", text: expect.stringContaining("OFFSET $1") });
      }
    }
  });

  test("is refused in a subquery, where less may be", async () => {
    const page = "SELECT s.id FROM (SELECT id FROM support.customers ORDER BY id LIMIT 1 OFFSET $1) s";
    const { error } = await seen(page, [1_001]);
    expect(error).toMatchObject({ code: "42501", message: "OFFSET skips more than 1000 protected rows" });
    expect(keys(await seen(page, [700]))).toHaveLength(701);
  });

  test("is refused in a plan that was made before the parameter was known", async () => {
    await client.query("SET plan_cache_mode = force_generic_plan");
    await client.query("PREPARE page AS SELECT id FROM support.customers ORDER BY id LIMIT 1 OFFSET $1");
    expect(keys(await seen("EXECUTE page (2)"))).toEqual(["4001", "4002", "4003"]);
    expect((await seen("EXECUTE page (10001)")).error).toMatchObject(SKIPS);
    await client.query("DEALLOCATE page; RESET plan_cache_mode");
  });
});

test("in observe, nothing is refused, and whoever is skipped is recorded as well", async () => {
  const observing = await startTestGateway({ database, mode: "observe" });
  const own = await observing.client("app");
  try {
    const page = "SELECT id FROM support.customers a, generate_series(1, 20) ORDER BY id OFFSET $1";
    expect((await own.query(page, [15_999])).rows).toHaveLength(1);
    expect((await own.query(page, ["9223372036854775807"])).rows).toEqual([]);
    await own.query("SELECT * FROM (SELECT id FROM support.customers ORDER BY id OFFSET $1) s", [2_000]);
    const statements = await recordedStatements(observing);
    expect(statements.map(({ decision }) => decision)).toEqual(["accounted", "accounted", "opaque"]);
    expect(statements[0]?.uses[0]?.keys).toHaveLength(800);
  } finally {
    await own.end();
    await observing.stop();
  }
});

test("in observe a cursor may be moved past the keys of skipped rows: that is opaque", async () => {
  const observing = await startTestGateway({ database, mode: "observe" });
  const own = await observing.client("app");
  try {
    await own.query("BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id FROM support.customers ORDER BY id OFFSET 5");
    await own.query("MOVE 1 FROM c");
    expect((await own.query("FETCH 1 FROM c")).rows).toEqual([{ id: "4007" }]);
    expect((await own.query("FETCH PRIOR FROM c")).rows).toEqual([{ id: "4006" }]);
    await own.query("COMMIT");
    const statements = (await recordedStatements(observing)).slice(1);
    expect(statements.map(({ decision }) => decision)).toEqual(["opaque", "accounted", "opaque"]);
    expect(statements[2]?.uses[0]?.keys).toContain("4006");
  } finally {
    await own.end();
    await observing.stop();
  }
});
