/** The rewritten statements on real servers: they run, and their visible columns are those of the client's statement. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPlanner } from "../../src/lineage/create-planner.ts";
import type { Planner } from "../../src/lineage/planner.ts";
import { ACCEPTED } from "../../src/lineage/testing/accepted.ts";
import { HelpdeskCatalog, helpdeskContext, helpdeskSql } from "../../src/lineage/testing/helpdesk.ts";
import type { TestDatabase } from "../rig/cluster.ts";
import { sharedServer } from "../rig/shared.ts";

describe.each([14, 18] as const)("PostgreSQL %i", (version) => {
  let planner: Planner;
  let database: TestDatabase;
  let client: pg.Client;
  const context = helpdeskContext({ catalog: new HelpdeskCatalog({ serverVersion: version * 10_000 }) });

  beforeAll(async () => {
    planner = await createPlanner();
    database = await (await sharedServer(version)).createDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(helpdeskSql());
    await client.query("set search_path = support");
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  /** Column names as the server describes them, without running the statement. */
  async function describeColumns(sql: string): Promise<string[]> {
    await client.query("begin");
    try {
      const result = await client.query({
        text: sql,
        rowMode: "array",
        values: /(?<![\w$])\$1/.test(sql) ? [null] : [],
      });
      return result.fields.map((field) => `${field.name} ${field.tableID}.${field.columnID} ${field.dataTypeID}`);
    } finally {
      await client.query("rollback");
    }
  }

  test.each(ACCEPTED.filter((accepted) => (accepted.since ?? 0) <= version && accepted.utility !== true))(
    "$sql",
    async ({ sql, hideRows, columns }) => {
      const plan = planner.plan(sql, context, "simple");
      const before = await describeColumns(sql);
      const after = await describeColumns(plan.text);
      expect(before).toHaveLength(columns);
      expect(hideRows === true ? [] : after.slice(0, before.length)).toEqual(before);
      expect(after.slice(before.length).every((column) => /^whosaw\$+\d+ \d+\.\d+ (20|21|23|25)$/.test(column))).toBe(
        true,
      );
    },
  );

  test.each(ACCEPTED.filter((accepted) => accepted.utility === true && !accepted.sql.startsWith("copy")))(
    "$sql",
    async ({ sql }) => {
      const plan = planner.plan(sql, context, "simple");
      await client.query("begin");
      await client.query(plan.text);
      await client.query("rollback");
      await client.query("deallocate all");
    },
  );
});
