import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedServer } from "../../../test/rig/shared.ts";
import type { TestDatabase } from "../../../test/rig/cluster.ts";
import { WhosawError } from "../../base/errors.ts";
import type { CatalogSnapshot } from "../catalog.ts";
import type { Classification, KeyRule, ProtectedTableRule } from "../classification.ts";
import { loadCatalog, readDigest } from "./load.ts";
import type { CatalogQuery } from "./statements.ts";
import { CATALOG_TRANSACTION } from "./statements.ts";

const SCHEMA = `
CREATE SCHEMA support;
CREATE TABLE support.customers (id bigint PRIMARY KEY, email text, country text, balance numeric);
CREATE TABLE support.tickets (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES support.customers, body text, cc bigint[]);
CREATE TABLE support.messages (id int PRIMARY KEY, ticket_id bigint NOT NULL REFERENCES support.tickets, body text);
CREATE TABLE support.files (id int PRIMARY KEY, message_id int NOT NULL REFERENCES support.messages, name text);
CREATE TABLE support.notes (id int PRIMARY KEY, ticket_id bigint REFERENCES support.tickets, loose bigint);
CREATE TABLE support.people (id int PRIMARY KEY, is_staff boolean NOT NULL, "Odd ""name" text);
CREATE DOMAIN support.code AS varchar(8);
CREATE TABLE support.accounts (login support.code PRIMARY KEY, name text);
CREATE TABLE support.events (customer_id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE support.events_2026 PARTITION OF support.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE support.heirs (more text) INHERITS (support.customers);
CREATE TABLE support.secret (id bigint PRIMARY KEY, customer_id bigint NOT NULL);
ALTER TABLE support.secret ENABLE ROW LEVEL SECURITY;
CREATE TABLE support.hints (id int PRIMARY KEY, secret_id bigint NOT NULL REFERENCES support.secret);
CREATE TABLE support.teams (id int PRIMARY KEY, name text);
CREATE TABLE support.team_log (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE support.team_log_2026 PARTITION OF support.team_log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW support.team_names AS SELECT name FROM support.teams;
CREATE VIEW support.emails AS SELECT email FROM support.customers;
CREATE VIEW support.emails_again AS SELECT * FROM support.emails;
CREATE VIEW support.samples AS SELECT tablename, most_common_vals::text FROM pg_catalog.pg_stats;
CREATE FUNCTION support.peek() RETURNS text LANGUAGE sql AS 'SELECT email FROM support.customers LIMIT 1';
CREATE VIEW support.peeks AS SELECT support.peek() AS email;
CREATE TYPE support.mood AS ENUM ('calm');
CREATE FUNCTION support.near(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION support.check_it(text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE DOMAIN support.guess AS text CHECK (support.check_it(value));
CREATE DOMAIN support.guesses AS support.guess;
CREATE TYPE support.pair AS (a int, b support.guess[]);
CREATE TYPE support.box AS (a text);
CREATE FUNCTION support.to_box(text) RETURNS support.box LANGUAGE sql AS 'SELECT row($1)::support.box';
CREATE CAST (text AS support.box) WITH FUNCTION support.to_box(text);
CREATE OPERATOR support.=~= (LEFTARG = text, RIGHTARG = text, FUNCTION = support.near);
CREATE RULE quiet AS ON DELETE TO support.teams DO INSTEAD NOTHING;
`;

const rule = (key: KeyRule, rest: Partial<ProtectedTableRule> = {}): ProtectedTableRule => ({
  key,
  nullable: false,
  fields: {},
  public: [],
  ...rest,
});
const customer = (tables: Record<string, ProtectedTableRule>, open: string[] = []): Classification => ({
  subjects: { customer: { tables } },
  public: open,
});

const GOOD = customer(
  {
    "support.customers": rule({ column: "id" }, { fields: { email: "contact" }, public: ["country"] }),
    "support.tickets": rule({ column: "customer_id" }),
    "support.messages": rule({ path: ["ticket_id", "support.tickets.customer_id"] }),
    "support.files": rule({ path: ["message_id", "support.messages.ticket_id", "support.tickets.customer_id"] }),
    "support.notes": rule({ path: ["ticket_id", "support.tickets.customer_id"] }, { nullable: true }),
    "support.people": rule(
      { sql: `case when not is_staff and "Odd ""name" <> 'Zoë id' then id end` },
      { nullable: true },
    ),
    "support.accounts": rule({ column: "login" }),
    "support.events": rule({ column: "customer_id" }),
  },
  ["support.teams", "support.*"],
);

describe.each([14, 18] as const)("PostgreSQL %i", (version) => {
  let database: TestDatabase;
  let client: pg.Client;
  let snapshot: CatalogSnapshot;
  const role = `catalog_reader_${version}`;
  const query: CatalogQuery = async (sql) =>
    (await client.query<(string | null)[]>({ text: sql, rowMode: "array" })).rows;

  async function transaction<T>(work: () => Promise<T>): Promise<T> {
    for (const statement of CATALOG_TRANSACTION.begin) await client.query(statement);
    try {
      return await work();
    } finally {
      await client.query(CATALOG_TRANSACTION.rollback);
    }
  }
  const load = (classification: Classification, roles: string[] = []) =>
    transaction(() => loadCatalog(query, classification, roles));
  const digest = () => transaction(() => readDigest(query));
  const problems = async (classification: Classification, roles: string[] = []) => {
    const error: unknown = await load(classification, roles).catch((thrown: unknown) => thrown);
    if (!(error instanceof WhosawError) || error.code !== "CATALOG_MISMATCH") throw error;
    return error.message;
  };
  const table = (name: string) => {
    const standing = snapshot.standing(snapshot.find("support", name)!);
    if (standing.kind !== "protected") throw new Error(`${name} is ${standing.kind}`);
    return standing.table;
  };

  beforeAll(async () => {
    const server = await sharedServer(version);
    database = await server.createDatabase();
    await database.query(SCHEMA);
    await database.query(`DROP ROLE IF EXISTS ${role}; CREATE ROLE ${role}; GRANT USAGE ON SCHEMA support TO ${role};
      GRANT SELECT ON support.tickets TO ${role}; GRANT SELECT (id, country) ON support.customers TO ${role}`);
    const text = (value: string) => value;
    client = new pg.Client({ connectionString: database.url, types: { getTypeParser: () => text } });
    await client.connect();
    snapshot = await load(GOOD, [role]);
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
    await (await sharedServer(version)).query(`DROP ROLE ${role}`);
  });

  test("keys: columns, paths, expressions, and whether they can be NULL", () => {
    expect(table("customers").keySql("c")).toBe('c."id"');
    expect(table("customers")).toMatchObject({
      keyType: "int",
      array: false,
      keyNeverNull: true,
      subjectKind: "customer",
    });
    expect(table("files").keySql("whosaw_step_1")).toBe(
      '(SELECT whosaw_step_2."customer_id" FROM "support"."tickets" AS whosaw_step_2 WHERE whosaw_step_2."id" OPERATOR(pg_catalog.=) ' +
        '(SELECT whosaw_step_1_."ticket_id" FROM "support"."messages" AS whosaw_step_1_ WHERE whosaw_step_1_."id" OPERATOR(pg_catalog.=) whosaw_step_1."message_id"))',
    );
    expect(table("files")).toMatchObject({ keyType: "int", keyNeverNull: true, keyColumns: ["message_id"] });
    expect(table("files").pathReads).toEqual([
      { oid: snapshot.find("support", "messages")!.oid, columns: ["id", "ticket_id"] },
      { oid: snapshot.find("support", "tickets")!.oid, columns: ["id", "customer_id"] },
    ]);
    expect(table("notes").keyNeverNull).toBe(false);
    expect(table("people").keySql('"p"')).toBe(
      `(case when not "p"."is_staff" and "p"."Odd ""name" <> 'Zoë id' then "p"."id" end)`,
    );
    expect(table("people")).toMatchObject({ keyType: "int", array: false, keyNeverNull: false, nullable: true });
    expect(table("accounts")).toMatchObject({ keyType: "text", array: false, keyNeverNull: true });
  });

  test("the key SQL runs and yields the subject", async () => {
    await database.query(
      "INSERT INTO support.customers VALUES (7); INSERT INTO support.tickets VALUES (70, 7); INSERT INTO support.messages VALUES (700, 70); INSERT INTO support.files VALUES (7000, 700)",
    );
    const [row] = await query(`SELECT (${table("files").keySql("f")})::text FROM support.files f`);
    expect(row).toEqual(["7"]);
  });

  test("partitions and heirs count as their protected parent", () => {
    expect(table("events_2026")).toMatchObject({ table: "support.events", relation: { name: "events_2026" } });
    expect(table("heirs")).toMatchObject({ table: "support.customers", relation: { name: "heirs" } });
  });

  test("public, unclassified and system relations", () => {
    const kind = (schema: string, name: string) => snapshot.standing(snapshot.find(schema, name)!);
    for (const name of ["teams", "team_log", "team_log_2026", "team_names"])
      expect(kind("support", name)).toEqual({ kind: "public" });
    for (const name of ["emails", "emails_again", "samples", "peeks"])
      expect(kind("support", name)).toEqual({ kind: "unclassified" });
    for (const name of ["pg_class", "pg_attribute", "pg_settings"])
      expect(kind("pg_catalog", name)).toEqual({ kind: "system", allowed: true });
    for (const name of [
      "pg_stats",
      "pg_statistic",
      "pg_stat_activity",
      "pg_authid",
      "pg_shadow",
      "pg_largeobject",
      "pg_cursors",
      "pg_locks",
    ]) {
      expect(kind("pg_catalog", name)).toEqual({ kind: "system", allowed: false });
    }
    expect(kind("information_schema", "columns")).toEqual({ kind: "system", allowed: true });
    expect(kind("information_schema", "user_mapping_options")).toEqual({ kind: "system", allowed: false });
    const toast = `pg_toast_${snapshot.find("support", "customers")!.oid}`;
    expect(kind("pg_toast", toast)).toEqual({ kind: "system", allowed: false });
  });

  test("relations, view reads, user objects and privileges", async () => {
    const oid = (name: string) => snapshot.find("support", name)!.oid;
    expect(snapshot.find("support", "emails_again")!.viewReads).toEqual([oid("customers"), oid("emails")]);
    expect(snapshot.find("support", "peeks")!.viewReads).toEqual([0]);
    expect(snapshot.find("support", "samples")!.viewReads[0]).toBe(0);
    expect(snapshot.find("support", "team_names")!.viewReads).toEqual([oid("teams")]);
    expect(snapshot.find("support", "emails")).toMatchObject({ kind: "view", hasRules: false });
    expect(snapshot.find("support", "teams")!.hasRules).toBe(true);
    expect(snapshot.find("support", "secret")!.hasRowSecurity).toBe(true);
    expect(snapshot.find("support", "tickets")!.columns.map((column) => column.name)).toEqual([
      "id",
      "customer_id",
      "body",
      "cc",
    ]);
    expect([snapshot.hasUserFunction("near"), snapshot.hasUserFunction("lower")]).toEqual([true, false]);
    expect([snapshot.hasUserOperator("=~="), snapshot.hasUserOperator("=")]).toEqual([true, false]);
    const running = ["guess", "_guess", "guesses", "box", "pair", "mood", "code", "text", "customers"].filter((name) =>
      snapshot.typeRunsCode(name),
    );
    expect(running).toEqual(["guess", "_guess", "guesses", "box", "pair"]);
    const [types] = await query(
      "SELECT 'support.guess'::regtype::oid, 'support.guess[]'::regtype::oid, 'text'::regtype::oid",
    );
    expect(types!.map((type) => snapshot.typeRunsCode(Number(type)))).toEqual([true, true, false]);
    expect(snapshot.maySelect(role, oid("tickets"), ["id", "body"])).toBe(true);
    expect(snapshot.maySelect(role, oid("customers"), ["id"])).toBe(true);
    expect(snapshot.maySelect(role, oid("customers"), ["id", "email"])).toBe(false);
    expect(snapshot.maySelect(role, oid("messages"), ["id"])).toBe(false);
    expect(snapshot.maySelect("nobody_asked", oid("tickets"), ["id"])).toBe(false);
  });

  test("everything that does not fit is named at once, with the nearest name", async () => {
    const message = await problems(
      customer(
        {
          "support.customer": rule({ column: "id" }),
          "support.tickets": rule({ column: "custmer_id" }, { fields: { bdy: "content" } }),
          "support.customers": rule({ column: "balance" }),
          "support.hints": rule({ path: ["secret_id", "support.secret.customer_id"] }),
          "support.notes": rule({ path: ["loose", "support.heirs.id"] }),
          "support.files": rule({ path: ["message_id", "support.customers.id"] }),
          "support.people": rule({ sql: "case when not is_staf then id end" }),
        },
        ["suport.*", "support.emails", "support.team"],
      ),
      [role.replace("_reader", "_raeder")],
    );
    for (const sentence of [
      "support.customer does not exist; did you mean support.customers?",
      "the key column custmer_id does not exist in support.tickets; did you mean customer_id?",
      "the column bdy does not exist in support.tickets; did you mean body?",
      "the key support.customers.balance is of a type that no subject key has",
      "support.secret, which has row security",
      "the path from support.notes.loose to support.heirs does not lead to one row",
      "the key path reads support.customers, which other tables inherit from",
      "the key expression's column is_staf does not exist in support.people; did you mean is_staff?",
      "the schema suport has no tables; did you mean support?",
      "public: support.team does not exist; did you mean support.teams?",
      `did you mean ${role}?`,
    ]) {
      expect(message).toContain(sentence);
    }
    expect(message).not.toContain("?.");
    expect(message).toMatch(/[.?]$/u);
  });

  test.each([
    ["id, is_staff", "not one SQL expression"],
    ["id from support.customers", "not one SQL expression"],
    ["id; drop table x", "not one SQL expression"],
    ["(select 1)", "may not contain SubLink"],
    ["people.id", "names columns plainly"],
    ["count(*)", "may not aggregate"],
    ["random()::int", "may not call random"],
    ["max(id)", "may not call max"],
    ["id /* x */", "may not contain comments"],
    ["id +", "cannot be parsed"],
    ["$1", "may not contain ParamRef"],
    ["nosuch(id)", "the server turned the key expression down"],
    ["is_staff", "yields a type that no subject key has"],
  ])("the key expression %s is turned down", async (sql, sentence) => {
    expect(await problems(customer({ "support.people": rule({ sql }) }))).toContain(sentence);
  });

  test("a public table that shows protected rows is turned down", async () => {
    const message = await problems({
      ...GOOD,
      public: ["support.emails", "support.events_2026", "support.tickets", "support.peeks", "support.samples"],
    });
    expect(message).toContain("the view support.emails reads the protected table support.customers");
    expect(message).toContain("support.events_2026 belongs to the protected table support.events");
    expect(message).toContain("support.tickets is listed as protected, too");
    for (const view of ["peeks", "samples"])
      expect(message).toContain(`the view support.${view} calls functions of its own`);
  });

  test("arrays of keys", async () => {
    const arrays = await load(
      customer({ "support.tickets": rule({ column: "cc" }), "support.people": rule({ sql: "array[id, id + 1]" }) }),
    );
    for (const name of ["tickets", "people"]) {
      expect(arrays.standing(arrays.find("support", name)!)).toMatchObject({
        table: { keyType: "int", array: true, keyNeverNull: false },
      });
    }
  });

  test.each([
    "ALTER TABLE support.teams ADD COLUMN extra int",
    "ALTER TABLE support.teams RENAME COLUMN extra TO other",
    "ALTER TABLE support.teams DROP COLUMN other",
    "ALTER TABLE support.teams RENAME TO squads",
    "ALTER TABLE support.squads RENAME TO teams",
    "CREATE TABLE support.fresh (id int)",
    "ALTER TABLE support.fresh ALTER COLUMN id SET NOT NULL",
    "ALTER TABLE support.fresh ALTER COLUMN id DROP NOT NULL",
    "ALTER TABLE support.fresh ALTER COLUMN id TYPE bigint",
    "CREATE UNIQUE INDEX ON support.fresh (id)",
    "ALTER TABLE support.fresh ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY p ON support.fresh USING (true)",
    "ALTER POLICY p ON support.fresh USING (id > 0)",
    "CREATE OR REPLACE VIEW support.team_names AS SELECT name FROM support.teams WHERE id > 0",
    "CREATE RULE r AS ON DELETE TO support.fresh DO INSTEAD NOTHING",
    "CREATE FUNCTION support.late() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION support.late() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    "CREATE TYPE support.size AS ENUM ('s')",
    "CREATE TABLE support.events_2027 PARTITION OF support.events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
    "ALTER TABLE support.events DETACH PARTITION support.events_2027",
    "GRANT SELECT ON support.files TO PUBLIC",
    "GRANT SELECT (body) ON support.messages TO PUBLIC",
    "CREATE SCHEMA elsewhere",
    "DROP TABLE support.fresh",
  ])("the digest changes with %s", async (ddl) => {
    const before = await digest();
    await database.query(ddl);
    expect(await digest()).not.toBe(before);
  });

  test("the digest does not change with writes, VACUUM, ANALYZE and temporary tables", async () => {
    await database.query("CREATE TEMP TABLE first_one (id int)"); // The first makes a schema for the session.
    const before = await digest();
    await database.query(
      "INSERT INTO support.teams SELECT n, 'x' FROM generate_series(1, 500) n; UPDATE support.teams SET name = 'y'",
    );
    await database.query("VACUUM ANALYZE");
    await database.query("CREATE TEMP TABLE scratch (id int PRIMARY KEY, name text)");
    expect(await digest()).toBe(before);
  });

  test("another classification makes another digest", async () => {
    expect((await load({ ...GOOD, public: ["support.teams"] }, [role])).digest).not.toBe(snapshot.digest);
    expect((await load(GOOD, [role])).digest).not.toBe((await load(GOOD, [])).digest);
  });
});
