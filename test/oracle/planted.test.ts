/** The oracle finds what simple capture misses: each plan here is unsound or visible, and each is told apart. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Accounting, TextPlan } from "../../src/lineage/plan.ts";
import type { TestDatabase } from "../rig/cluster.ts";
import { sharedServer } from "../rig/shared.ts";
import { type Case, examine, violations } from "./oracle.ts";
import { makeWorld, type World } from "./world.ts";

let database: TestDatabase;
let client: pg.Client;
let world: World;

beforeAll(async () => {
  database = await (await sharedServer(18)).createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  world = await makeWorld(client, 7);
  await client.query("SET search_path = support, public");
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

interface Planted {
  readonly sql: string;
  /** What is sent instead. */
  readonly sent: string;
  readonly columns: number;
  readonly shown?: readonly string[];
  readonly scope?: boolean;
  readonly array?: boolean;
}

async function judge({ sql, sent, columns, shown = [], scope = false, array = false }: Planted): Promise<string> {
  const use = { table: "support.customers", subjectKind: "customer", keyType: "int" as const, shown, predicate: [] };
  const accounting: Accounting = {
    uses: [use],
    companions: [{ use: 0, array, nullable: false }],
    columns,
    hideRows: false,
    scope,
    errorsFromData: true,
    copy: undefined,
  };
  const plan: TextPlan = { text: sent, statements: [], refusal: undefined, originalPosition: (position) => position };
  const planted: Case = {
    statement: { construct: "", sql, ordered: false },
    plan,
    accounting,
    involved: new Set(),
    absent: new Set(),
  };
  await examine(client, [planted], world, 7);
  return violations(planted, world).join("\n");
}

test("a sound plan passes", async () => {
  const sql = "SELECT name FROM customers WHERE balance < 9";
  expect(await judge({ sql, sent: sql.replace("name", "name, id::text"), columns: 1, shown: ["name"] })).toBe("");
});

test.each<[string, Planted, RegExp]>([
  [
    "the key of the first table only",
    {
      sql: "SELECT a.country, b.email FROM customers a, customers b WHERE a.id = (SELECT min(id) FROM customers)",
      sent: "SELECT a.country, b.email, a.id::text FROM customers a, customers b WHERE a.id = (SELECT min(id) FROM customers)",
      columns: 2,
    },
    /does not record customer:/,
  ],
  [
    "the other side of a join",
    {
      sql: "SELECT p.name FROM products p JOIN tickets t ON t.product_id = p.id",
      sent: "SELECT p.name, (SELECT min(id) FROM customers)::text FROM products p JOIN tickets t ON t.product_id = p.id",
      columns: 1,
    },
    /does not record customer:/,
  ],
  [
    "DISTINCT, with one witness for many",
    {
      sql: "SELECT DISTINCT country FROM customers",
      sent: "SELECT country, min(id)::text FROM customers GROUP BY country",
      columns: 1,
    },
    /does not record customer:/,
  ],
  [
    "EXISTS, where two witnesses mask each other",
    {
      sql: "SELECT name FROM teams WHERE EXISTS (SELECT FROM customers)",
      sent: "SELECT name, (SELECT min(id) FROM customers)::text FROM teams WHERE EXISTS (SELECT FROM customers)",
      columns: 1,
    },
    /does not record customer:/,
  ],
  [
    "an aggregate without its rows",
    { sql: "SELECT sum(balance) FROM customers", sent: "SELECT sum(balance), NULL FROM customers", columns: 1 },
    /does not record customer:/,
  ],
  [
    "absence without a scope entry",
    {
      sql: "SELECT name FROM teams WHERE NOT EXISTS (SELECT FROM customers)",
      sent: "SELECT name, NULL FROM teams WHERE NOT EXISTS (SELECT FROM customers)",
      columns: 1,
    },
    /no scope entry/,
  ],
  [
    "a column that is not among those shown",
    {
      sql: "SELECT name, email FROM customers",
      sent: "SELECT name, email, id::text FROM customers",
      columns: 2,
      shown: ["name"],
    },
    /support\.customers\.email among the columns shown/,
  ],
  [
    "a companion that the client sees",
    { sql: "SELECT name FROM customers", sent: "SELECT name, id::text FROM customers", columns: 2, shown: ["name"] },
    /described as/,
  ],
  [
    "another type",
    { sql: "SELECT id FROM customers", sent: "SELECT id::text, id::text FROM customers", columns: 1, shown: ["id"] },
    /described as/,
  ],
  [
    "another error",
    { sql: "SELECT 1 / 0 FROM customers", sent: "SELECT nothing FROM customers", columns: 1 },
    /fails with 42703 instead of 22012/,
  ],
])("%s is found", async (_, planted, sentence) => {
  expect(await judge(planted)).toMatch(sentence);
});

test("a sound aggregate passes", async () => {
  const sent = "SELECT sum(balance), '{' || string_agg(id::text, ',') || '}' FROM customers";
  expect(await judge({ sql: "SELECT sum(balance) FROM customers", sent, columns: 1, array: true, scope: true })).toBe(
    "",
  );
});
