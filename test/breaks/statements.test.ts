/** Statements that once showed values, or fields, that the ledger did not tell of. */
import { afterAll, beforeAll, expect, test } from "vitest";
import pg from "pg";
import { recordedStatements } from "../e2e/recorded.ts";
import { setScene } from "../rig/scene.ts";

const scene = setScene({
  version: 18,
  prepare:
    "CREATE FUNCTION support.peek(text) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT NOT EXISTS (SELECT FROM support.customers WHERE email = $1)'; CREATE DOMAIN support.peeked AS text CHECK (support.peek(value))",
});
let client: pg.Client;

beforeAll(async () => {
  client = await scene.gateway.client("app");
});

afterAll(() => client.end());

test.each([
  [
    "a protected value in a public column of its own row",
    "UPDATE support.tickets SET assignee = body WHERE id = 471100",
  ],
  ["the same, in a list", "UPDATE support.tickets SET (assignee, status) = (number, 'open') WHERE id = 471100"],
  [
    "the same, in ON CONFLICT",
    "INSERT INTO support.customers (id, name, email, country, language, segment, created_at) VALUES (4711, '', '', '', '', '', now()) ON CONFLICT (id) DO UPDATE SET country = customers.email",
  ],
  ["an encoding by another spelling", "SET client_encoding = 'S-J-I-S'"],
  ["an encoding by set_config", "SELECT set_config('client_encoding', 'Shift.JIS', false)"],
  [
    "an encoding of COPY by another spelling",
    "COPY (SELECT name FROM support.customers) TO STDOUT (ENCODING 'S.J.I.S')",
  ],
  ["an exclusion constraint", "CREATE TEMP TABLE x (a int, EXCLUDE USING btree (a WITH =))"],
])("refused: %s", async (_name, sql) => {
  await expect(client.query(sql)).rejects.toMatchObject({ code: "42501" });
});

test("refused: a parameter of a type that runs a function of its own", async () => {
  const [type] = await scene.database.query("SELECT 'support.peeked'::regtype::oid::int AS oid");
  // The driver's own types know this of a query; those of @types/pg do not.
  const asked: pg.QueryConfig = {
    text: "SELECT $1 IS NULL",
    values: ["somebody@example.org"],
    types: [Number(type?.["oid"])] as never,
  };
  await expect(client.query(asked)).rejects.toMatchObject({
    code: "42501",
    hint: expect.stringContaining("base type"),
  });
});

test.each([
  ["of OLD", "UPDATE support.tickets SET status = 'open' WHERE id = 471100 RETURNING old.row_to_json"],
  [
    "of a join's alias",
    "SELECT j.to_json FROM support.customers a JOIN support.customers b USING (id, email) AS j WHERE id = 4011",
  ],
])("a whole row %s is not called by a column's name", async (_name, sql) => {
  await expect(client.query(sql)).rejects.toMatchObject({ code: "42703" });
});

test.each([
  "SELECT has_table_privilege(email, 'select') FROM support.customers WHERE id = 4712",
  "SELECT current_setting('a\"' || email) FROM support.customers WHERE id = 4712",
  `SELECT ('"a""' || email || '"')::regclass FROM support.customers WHERE id = 4712`,
  "SELECT ('int4[' || split_part(email, '.', 1) || ']')::regtype FROM support.customers WHERE id = 4712",
])("an error of %s tells nothing", async (sql) => {
  const [row] = await scene.database.query("SELECT email FROM support.customers WHERE id = 4712");
  const error: unknown = await client.query(sql).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(pg.DatabaseError);
  for (const part of String(row?.["email"]).split(/[.@]/).slice(0, 2))
    expect(JSON.stringify(error)).not.toContain(part);
});

test("a value that is moved to another column counts as shown", async () => {
  await client.query("UPDATE support.customers SET phone = email WHERE id = 4713");
  const last = (await recordedStatements(scene.gateway)).at(-1);
  expect(last?.uses).toMatchObject([{ keys: ["4713"], shown: ["email"] }]);
});

test("a membership that is only asked for says something about everybody", async () => {
  await client.query("SELECT t.name IN (SELECT email FROM support.customers) FROM support.teams t");
  expect((await recordedStatements(scene.gateway)).at(-1)).toMatchObject({ scope: true });
});
