/** What was prepared is read again by the server when the schema changes: the gateway's plan of it must not be older. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type pg from "pg";
import { recordedStatements } from "../e2e/recorded.ts";
import { startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { setScene } from "../rig/scene.ts";

const edit = (yaml: string): string => yaml.replace("public: [support.teams,", "public: [extra.list, support.teams,");
const scene = setScene({
  prepare:
    "CREATE SCHEMA extra; CREATE TABLE extra.list (id bigint, name text); INSERT INTO extra.list VALUES (1, 'one'); CREATE VIEW extra.looks AS SELECT id, name FROM extra.list; GRANT USAGE ON SCHEMA extra TO PUBLIC; GRANT SELECT ON extra.list, extra.looks TO PUBLIC",
  edit,
});
let client: pg.Client;

async function noticed(sql: string): Promise<void> {
  for (;;) {
    const other = await scene.gateway.client();
    const refused = await other.query(sql).then(
      () => false,
      (error: pg.DatabaseError) => error.code === "42501",
    );
    await other.end();
    if (refused) return;
  }
}

test.each([["SQL"], ["the protocol"]])(
  "a view that was public when a statement on it was prepared, by %s",
  async (by) => {
    await scene.database.query("CREATE OR REPLACE VIEW extra.looks AS SELECT id, name FROM extra.list");
    client = await scene.gateway.client();
    for (;;) {
      // Until the gateway has noticed.
      if (
        await client.query("SELECT name FROM extra.looks").then(
          () => true,
          () => false,
        )
      )
        break;
    }
    const run = () =>
      by === "SQL" ? client.query("EXECUTE p") : client.query({ name: "p", text: "SELECT id, name FROM extra.looks" });
    if (by === "SQL") await client.query("PREPARE p AS SELECT id, name FROM extra.looks");
    expect((await run()).rows).toHaveLength(1);
    await scene.database.query("CREATE OR REPLACE VIEW extra.looks AS SELECT id, email AS name FROM support.customers");
    await noticed("SELECT id FROM extra.looks");
    const before = (await recordedStatements(scene.gateway)).length;
    const rows = await run().then(
      (result) => result.rows.length,
      (error: pg.DatabaseError) => error.code,
    );
    expect(rows).toBe("0A000");
    expect((await recordedStatements(scene.gateway)).length).toBe(before);
    await client.end();
  },
);

test("observe: a prepared statement that reads protected rows since the schema changed is recorded", async () => {
  await scene.database.query("CREATE OR REPLACE VIEW extra.looks AS SELECT id, name FROM extra.list");
  const observing = await startTestGateway({ database: scene.database, mode: "observe", edit });
  const observer = await observing.client("app");
  const run = () => observer.query({ name: "p", text: "SELECT id, name FROM extra.looks" });
  const recorded = async () =>
    (await recordedStatements(observing)).flatMap(({ uses }) => uses.map(({ table }) => table));
  try {
    expect((await run()).rows).toHaveLength(1);
    expect(await recorded()).toEqual([]);
    await scene.database.query("CREATE OR REPLACE VIEW extra.looks AS SELECT id, email AS name FROM support.customers");
    // Until the gateway has noticed.
    while ((await recorded()).length === 0) await observer.query("SELECT id FROM extra.looks LIMIT 1");
    const before = (await recorded()).length;
    expect((await run()).rows.length).toBeGreaterThan(1);
    expect((await recorded()).slice(before)).toEqual(["extra.looks", "support.customers"]);
  } finally {
    await observer.end();
    await observing.stop();
  }
});

describe("observe", () => {
  let observing: TestGateway;
  let observer: pg.Client;
  const entries = () => recordedStatements(observing);
  const LOOKS = "SELECT id, name FROM extra.looks";

  beforeEach(async () => {
    await scene.database.query(`CREATE OR REPLACE VIEW extra.looks AS SELECT id, name FROM extra.list`);
    observing = await startTestGateway({ database: scene.database, mode: "observe", edit });
    observer = await observing.client("app");
  });

  afterEach(async () => {
    await observer.end();
    await observing.stop();
  });

  async function viewChanges(): Promise<void> {
    await scene.database.query("CREATE OR REPLACE VIEW extra.looks AS SELECT id, email AS name FROM support.customers");
    // Until the gateway has noticed.
    while ((await entries()).at(-1)?.decision !== "opaque") await observer.query(`${LOOKS} LIMIT 1`);
  }

  test("a view beside a protected table begins to read protected rows: opaque from then on, and back again", async () => {
    const run = () =>
      observer.query({
        name: "p",
        text: "SELECT c.id, v.name FROM support.customers c CROSS JOIN extra.looks v WHERE c.id = 4001",
      });
    expect((await run()).rows).toHaveLength(1);
    await viewChanges();
    const { rows } = await run();
    expect(rows).toHaveLength(800);
    expect(Object.keys(rows[0] ?? {})).toEqual(["id", "name"]);
    const last = (await entries()).at(-1);
    expect(last).toMatchObject({ decision: "opaque", scope: true, outcome: { rows: 800 } });
    expect(last?.uses.map(({ table }) => table)).toEqual(["support.customers", "extra.looks", "support.customers"]);
    expect(last?.uses[0]?.keys).toEqual(["4001"]);
  });

  test("each of several statements that one text prepares", async () => {
    await observer.query(`SELECT 1; PREPARE one AS ${LOOKS}; PREPARE two AS ${LOOKS}`);
    await viewChanges();
    for (const name of ["one", "two"]) {
      const before = (await entries()).length;
      expect((await observer.query(`EXECUTE ${name}`)).rows).toHaveLength(800);
      expect((await entries()).slice(before)).toMatchObject([{ decision: "opaque", outcome: { rows: 800 } }]);
    }
  });
});
