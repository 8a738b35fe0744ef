/**
 * Ways around the accounting: code of users', settings that blind the gateway, samples of values, laundering. Each is
 * refused, by a real catalog that holds them all.
 */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CatalogSnapshot } from "../../src/lineage/catalog.ts";
import { loadCatalog } from "../../src/lineage/catalog/load.ts";
import { createPlanner } from "../../src/lineage/create-planner.ts";
import type { Planner } from "../../src/lineage/planner.ts";
import type { TestDatabase } from "../rig/cluster.ts";
import { sharedServer } from "../rig/shared.ts";
import { CLASSIFICATION, makeWorld } from "./world.ts";

const CODE = `
CREATE FUNCTION support.peek() RETURNS text LANGUAGE sql AS 'SELECT email FROM support.customers LIMIT 1';
CREATE FUNCTION support.rows() RETURNS SETOF support.customers LANGUAGE sql AS 'SELECT * FROM support.customers';
CREATE FUNCTION support.lower(int) RETURNS text LANGUAGE sql AS 'SELECT email FROM support.customers LIMIT 1';
CREATE FUNCTION support.known(text) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM support.customers WHERE email = $1)';
CREATE FUNCTION support.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT support.known($1)';
CREATE OPERATOR support.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = support.same);
CREATE DOMAIN support.guess AS text CHECK (support.known(value));
CREATE TYPE support.box AS (a text);
CREATE FUNCTION support.to_box(text) RETURNS support.box LANGUAGE sql AS 'SELECT row(email)::support.box FROM support.customers LIMIT 1';
CREATE CAST (text AS support.box) WITH FUNCTION support.to_box(text);
CREATE RULE also AS ON INSERT TO support.products DO ALSO SELECT * FROM support.customers;
CREATE VIEW support.peeks AS SELECT support.peek() AS x;
CREATE VIEW support.samples AS SELECT tablename, most_common_vals::text FROM pg_catalog.pg_stats;
CREATE VIEW support.settings AS SELECT * FROM pg_catalog.pg_settings;
CREATE MATERIALIZED VIEW support.copies AS SELECT email FROM support.customers;
CREATE TABLE support.heirs () INHERITS (support.teams);
CREATE SEQUENCE support.counter;
`;

let database: TestDatabase;
let client: pg.Client;
let planner: Planner;
let catalog: CatalogSnapshot;

beforeAll(async () => {
  database = await (await sharedServer(18)).createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  await makeWorld(client, 7);
  await client.query(CODE);
  planner = await createPlanner();
  const text = (value: string) => value;
  await client.query("BEGIN");
  catalog = await loadCatalog(
    async (sql) =>
      (await client.query<(string | null)[]>({ text: sql, rowMode: "array", types: { getTypeParser: () => text } }))
        .rows,
    CLASSIFICATION,
    ["postgres"],
  );
  await client.query("COMMIT");
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

function outcome(sql: string): string {
  const context = {
    catalog,
    searchPath: ["pg_catalog", "support", "public"],
    role: "postgres",
    mode: "enforce",
    migrate: false,
    tempTables: new Set<string>(),
  } as const;
  const plan = planner.plan(sql, context, "simple");
  return plan.refusal === undefined ? plan.statements.map(({ treatment }) => treatment.kind).join() : "refuse";
}

describe("refused", () => {
  test.each([
    // Code of users' that could read anything.
    "SELECT support.peek()",
    "SELECT peek() FROM teams",
    "SELECT lower(1)",
    "SELECT * FROM rows()",
    "SELECT 'a' === 'b'",
    "SELECT name OPERATOR(support.===) 'b' FROM teams",
    "SELECT t.known FROM teams t",
    "SELECT (t).known FROM teams t",
    "DELETE FROM teams WHERE known(name)",
    "INSERT INTO teams VALUES (9, peek())",
    "VALUES (peek())",
    "SELECT 1 LIMIT length(peek())",
    "COPY (SELECT peek()) TO STDOUT",
    "COPY teams FROM STDIN WHERE support.known(name)",
    "PREPARE p AS SELECT peek()",
    "DECLARE c CURSOR FOR SELECT peek()",
    "EXPLAIN ANALYZE SELECT peek()",
    "CREATE TEMP TABLE x (a text DEFAULT support.peek())",
    "SELECT * FROM peeks",
    "DO $$ BEGIN PERFORM support.peek(); END $$",
    "CALL support.peek()",
    "SELECT name::guess FROM teams",
    "SELECT CAST(name AS support.guess) FROM teams",
    "SELECT guess 'x'",
    "SELECT name::box FROM teams",
    "SELECT ARRAY['x']::guess[]",
    "CREATE TEMP TABLE x (a support.guess)",
    "INSERT INTO products VALUES (9, 'x') RETURNING *",
    "WITH w AS (INSERT INTO products VALUES (9, 'x') RETURNING *) SELECT * FROM w",
    // Texts that are run, relations that are named in data, files.
    "SELECT query_to_xml('SELECT 1', true, true, '')",
    "SELECT table_to_xml('support.customers', true, true, '')",
    "SELECT * FROM ts_stat('SELECT 1')",
    "SELECT pg_read_file('x')",
    "SELECT lo_get(1)",
    "COPY customers TO '/tmp/x'",
    "COPY customers TO PROGRAM 'cat'",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    // Samples, texts of others, secrets.
    "SELECT * FROM pg_stats",
    "SELECT * FROM pg_catalog.pg_statistic",
    "SELECT * FROM samples",
    "SELECT * FROM copies",
    "SELECT * FROM pg_stat_activity",
    "SELECT * FROM pg_stat_get_activity(NULL)",
    "SELECT * FROM pg_cursors",
    "SELECT * FROM pg_prepared_statements",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_locks",
    "EXPLAIN SELECT * FROM customers",
    "EXPLAIN EXECUTE p",
    // Not classified.
    "SELECT * FROM outbox",
    "SELECT * FROM heirs",
    "INSERT INTO outbox VALUES (1, 'x') RETURNING *",
    // Settings that blind the gateway.
    "SET ROLE postgres",
    "SET LOCAL role = 'postgres'",
    "SET SESSION AUTHORIZATION postgres",
    "SELECT set_config('role', 'postgres', false)",
    "SELECT set_config('ro' || 'le', 'postgres', false)",
    "SELECT set_config(n, 'x', false) FROM (VALUES ('role')) v(n)",
    "SET standard_conforming_strings = off",
    "SET whosaw.context = 'x'",
    "UPDATE pg_settings SET setting = 'postgres' WHERE name = 'role'",
    "WITH w AS (UPDATE pg_catalog.pg_settings SET setting = 'off' WHERE name = 'standard_conforming_strings' RETURNING 1) SELECT * FROM w",
    "UPDATE settings SET setting = 'postgres' WHERE name = 'role'",
    "DELETE FROM pg_class",
    "MERGE INTO pg_settings s USING teams t ON s.name = 'role' WHEN MATCHED THEN UPDATE SET setting = t.name",
    "SET search_path = public; SELECT name FROM customers",
    "SELECT set_config('search_path', 'public', true); SELECT name FROM customers",
    // Laundering.
    "INSERT INTO teams SELECT 9, email FROM customers",
    "UPDATE teams SET name = (SELECT email FROM customers LIMIT 1)",
    "UPDATE customers c SET name = t.number FROM tickets t",
    "CREATE TEMP TABLE x AS SELECT email FROM customers",
    "SELECT email INTO TEMP x FROM customers",
    "CREATE TEMP TABLE x AS EXECUTE p",
    "SELECT pg_notify('x', email) FROM customers",
    "SELECT set_config('a.b', email, false) FROM customers",
    "WITH w AS (SELECT email FROM customers) INSERT INTO teams SELECT 9, email FROM w",
    "MERGE INTO teams t USING customers c ON c.balance = t.id WHEN MATCHED THEN UPDATE SET name = c.email",
    "INSERT INTO notes VALUES (1, 'a', (SELECT email FROM customers LIMIT 1), 'b')",
    "SELECT setval('counter', balance) FROM customers",
    // Keys that change hands.
    "UPDATE tickets SET customer_id = 5",
    "UPDATE people SET is_staff = true",
    "UPDATE messages SET ticket_id = 5",
    "UPDATE group_tickets SET requestors = '{}'",
  ])("%s", (sql) => {
    expect(outcome(sql)).toBe("refuse");
  });
});
