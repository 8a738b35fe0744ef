/** Promises 1 and 2 end to end: what a client received is in the ledger, and what cannot be accounted for is refused. */
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { postgresVersions, type SupportDatabase, supportDatabase } from "../rig/shared.ts";
import { entriesOf, hashedCaller, type RecordedStatement, recordedStatements } from "./recorded.ts";

describe.each(postgresVersions())("PostgreSQL %i", (version) => {
  let database: SupportDatabase;
  let gateway: TestGateway;
  let client: pg.Client;
  let seen = 0;

  beforeAll(async () => {
    database = await supportDatabase(version);
    gateway = await startTestGateway({ database });
    client = await gateway.client("app");
  });

  afterAll(async () => {
    await client?.end();
    await gateway?.stop();
    await database?.drop();
  });

  beforeEach(async () => {
    seen = (await recordedStatements(gateway)).length;
  });

  /** What was recorded since the test began. */
  async function recorded(): Promise<RecordedStatement[]> {
    return (await recordedStatements(gateway)).slice(seen);
  }

  async function keysOf(table: string): Promise<string[]> {
    const keys = new Set(
      (await recorded()).flatMap(({ uses }) => uses.filter((use) => use.table === table)).flatMap(({ keys: k }) => k),
    );
    return [...keys].sort((a, b) => Number(a) - Number(b));
  }

  const ids = (rows: readonly Record<string, unknown>[], column = "id"): string[] =>
    [...new Set(rows.map((row) => String(row[column])))].sort((a, b) => Number(a) - Number(b));

  describe("rows", () => {
    test("a point look-up is one statement with one subject, its fields, and its actor", async () => {
      await client.query("SELECT name, email FROM support.customers WHERE id = $1", [4711]);
      const [statement, ...others] = await recorded();
      expect(others).toEqual([]);
      expect(statement).toMatchObject({
        actor: "svc:helpdesk",
        decision: "accounted",
        outcome: { rows: 1, sqlstate: undefined },
        uses: [{ table: "support.customers", keys: ["4711"], shown: ["email", "name"] }],
      });
      expect(statement?.text).not.toContain("4711");
    });

    test("literals of simple queries are not in the ledger", async () => {
      await client.query(
        "SELECT name FROM support.customers WHERE email = 'somebody@example.org' OR phone LIKE '%0815%'",
      );
      const [statement] = await recorded();
      expect(statement?.text).not.toMatch(/somebody|0815/);
      expect(statement).toMatchObject({ scope: true, outcome: { rows: 0 } });
    });

    test("joins record the subjects of every table, a self-join those of both sides", async () => {
      const { rows } = await client.query(
        "SELECT a.id AS a, b.id AS b FROM support.customers a JOIN support.customers b ON b.id = a.id + 1 WHERE a.id < 4010",
      );
      const [statement] = await recorded();
      expect(statement?.uses.map((use) => use.keys)).toEqual([ids(rows, "a"), ids(rows, "b")]);
    });

    test("an outer join records nobody for the side that is not there", async () => {
      await client.query(
        "SELECT p.name, c.name FROM support.products p LEFT JOIN support.customers c ON c.id = 4711 AND p.id = 1 ORDER BY p.id",
      );
      expect(await keysOf("support.customers")).toEqual(["4711"]);
    });

    test("a path leads to the subject of the ticket", async () => {
      const subjects = await database.query(
        "SELECT t.customer_id FROM support.messages m JOIN support.tickets t ON t.id = m.ticket_id ORDER BY m.id LIMIT 20",
      );
      await client.query("SELECT body FROM support.messages ORDER BY id LIMIT 20");
      expect(await keysOf("support.messages")).toEqual(ids(subjects, "customer_id"));
    });

    test("an array of keys records everyone in it", async () => {
      const { rows } = await client.query<{ requestors: string[] }>(
        "SELECT requestors, subject FROM support.group_tickets",
      );
      expect(await keysOf("support.group_tickets")).toEqual(
        ids(rows.flatMap((row) => row.requestors).map((id) => ({ id }))),
      );
    });

    test("staff in a table of people are nobody's data", async () => {
      const { rows } = await client.query("SELECT id, is_staff, display_name FROM support.people");
      expect(await keysOf("support.people")).toEqual(ids(rows.filter((row) => row["is_staff"] !== true)));
    });

    test("text keys are hashed", async () => {
      const { rows } = await client.query<{ external_id: string }>(
        "SELECT external_id, body FROM support.notes LIMIT 5",
      );
      const hashes = [...new Set(rows.map((row) => hashedCaller(gateway, row.external_id)))].sort();
      expect((await recorded()).flatMap((statement) => statement.uses[0]?.keys ?? []).sort()).toEqual(hashes);
      expect(JSON.stringify(await entriesOf(gateway))).not.toContain(rows[0]?.external_id);
    });

    test("an aggregate records everybody behind it", async () => {
      await client.query("SELECT country, max(name) FROM support.customers WHERE id < 4010 GROUP BY country");
      expect(await keysOf("support.customers")).toEqual([
        "4001",
        "4002",
        "4003",
        "4004",
        "4005",
        "4006",
        "4007",
        "4008",
        "4009",
      ]);
    });

    test("EXISTS records whom it found", async () => {
      const { rows } = await client.query(
        "SELECT p.name FROM support.products p WHERE p.id = 1 AND EXISTS (SELECT 1 FROM support.customers c WHERE c.id = 4711)",
      );
      expect(rows).toHaveLength(1);
      expect(await keysOf("support.customers")).toEqual(["4711"]);
    });

    test("a large result is recorded to the last row", async () => {
      const { rows } = await client.query("SELECT c.id FROM support.customers c, generate_series(1, 20)");
      expect(await keysOf("support.customers")).toEqual(ids(rows));
      expect((await recorded())[0]?.outcome).toEqual({ rows: rows.length, sqlstate: undefined });
    });
  });

  describe("portions", () => {
    test("a cursor records what was fetched, and no more", async () => {
      await client.query("BEGIN; DECLARE c CURSOR FOR SELECT id, name FROM support.customers ORDER BY id");
      const first = await client.query("FETCH 3 FROM c");
      const second = await client.query("FETCH 2 FROM c");
      await client.query("ROLLBACK");
      expect(await keysOf("support.customers")).toEqual(ids([...first.rows, ...second.rows]));
    });

    test("a portal suspended by a row limit and abandoned is recorded as far as it came", async () => {
      await client.query("BEGIN");
      const query = new pg.Query({ text: "SELECT id FROM support.customers ORDER BY id", rows: 3 } as pg.QueryConfig);
      await new Promise((resolve, reject) => {
        query.on("row", () => undefined);
        query.on("end", resolve);
        query.on("error", reject);
        client.query(query);
      });
      await client.query("ROLLBACK");
      expect((await keysOf("support.customers")).length).toBeGreaterThan(2);
    });

    test("PREPARE and EXECUTE", async () => {
      await client.query("PREPARE q AS SELECT name FROM support.customers WHERE id = $1");
      await client.query("EXECUTE q (4712)");
      await client.query("DEALLOCATE q");
      expect(await keysOf("support.customers")).toEqual(["4712"]);
    });

    test("several statements in one query are recorded each", async () => {
      await client.query(
        "SELECT name FROM support.customers WHERE id = 4711; SELECT 1; SELECT name FROM support.customers WHERE id = 4712",
      );
      expect((await recorded()).map((statement) => statement.uses[0]?.keys)).toEqual([["4711"], ["4712"]]);
    });
  });

  describe("writes", () => {
    test("a bare UPDATE records whom it changed, and answers as before", async () => {
      await client.query("BEGIN");
      const { command, rowCount, rows } = await client.query(
        "UPDATE support.customers SET phone = '1' WHERE id IN (4711, 4712)",
      );
      await client.query("ROLLBACK");
      expect({ command, rowCount, rows }).toEqual({ command: "UPDATE", rowCount: 2, rows: [] });
      expect(await keysOf("support.customers")).toEqual(["4711", "4712"]);
    });

    test("RETURNING records whom it shows", async () => {
      await client.query("BEGIN");
      const { rows } = await client.query("DELETE FROM support.messages WHERE ticket_id IN (SELECT 0) RETURNING *");
      await client.query("UPDATE support.tickets SET status = 'closed' WHERE customer_id = 4711 RETURNING number");
      await client.query("ROLLBACK");
      expect(rows).toEqual([]);
      expect(await keysOf("support.tickets")).toEqual(["4711"]);
    });
  });

  test("an extension that overloads built-in functions for its own type refuses nobody", async () => {
    await database.query("CREATE EXTENSION IF NOT EXISTS citext");
    await expect
      .poll(
        async () =>
          client.query("SELECT 'a'::citext").then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    await client.query("SELECT max(id), replace('a', 'a', 'b') FROM support.products");
    await client.query("SELECT max(email) FROM support.customers WHERE id = 4711");
    expect(await keysOf("support.customers")).toEqual(["4711"]);
  });

  describe("refusals", () => {
    test.each([
      ["an unclassified table", "SELECT * FROM support.outbox"],
      [
        "laundering by a write",
        "UPDATE support.products SET name = (SELECT name FROM support.customers WHERE id = 4711)",
      ],
      ["a copy into a table", "CREATE TEMP TABLE x AS SELECT * FROM support.customers"],
      ["an intersection", "SELECT name FROM support.customers INTERSECT SELECT name FROM support.products"],
      ["recursion", "WITH RECURSIVE r AS (SELECT id FROM support.customers UNION SELECT id FROM r) SELECT * FROM r"],
      ["SQL in a string", "SELECT query_to_xml('select * from support.customers', true, true, '')"],
      ["statistics of the planner", "SELECT * FROM pg_stats"],
      ["another role", "SET ROLE postgres"],
      ["EXPLAIN", "EXPLAIN ANALYZE SELECT * FROM support.customers"],
      ["DO", "DO $$ BEGIN RAISE NOTICE '%', (SELECT name FROM support.customers LIMIT 1); END $$"],
      ["COPY to a program", "COPY support.customers TO PROGRAM 'cat'"],
    ])("%s", async (_name, text) => {
      const before = (await entriesOf(gateway)).filter((entry) => entry.kind === "refusal").length;
      await expect(client.query(text)).rejects.toMatchObject({ code: "42501", hint: expect.any(String) });
      const refusals = (await entriesOf(gateway)).filter((entry) => entry.kind === "refusal");
      expect(refusals).toHaveLength(before + 1);
      expect(await recorded()).toEqual([]);
    });

    test("a refusal in a transaction fails it on the server too", async () => {
      await client.query("BEGIN");
      await expect(client.query("SELECT * FROM support.outbox")).rejects.toMatchObject({ code: "42501" });
      await expect(client.query("SELECT 1")).rejects.toMatchObject({ code: "25P02" });
      await client.query("ROLLBACK");
      expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    });
  });

  describe("errors", () => {
    test("carry no stored value, and are recorded before they leave", async () => {
      const failing = client.query("SELECT name::int FROM support.customers WHERE id = 4711");
      const error = (await failing.catch((cause: unknown) => cause)) as pg.DatabaseError;
      expect(error.code).toBe("22P02");
      const name = (await database.query("SELECT name FROM support.customers WHERE id = 4711"))[0]?.["name"];
      expect(JSON.stringify(error)).not.toContain(String(name));
      expect((await recorded()).map((statement) => statement.outcome)).toEqual([{ rows: 0, sqlstate: "22P02" }]);
    });

    test("a unique violation keeps its form and hides the key", async () => {
      await client.query("BEGIN");
      const failing = client.query("UPDATE support.customers SET email = (SELECT 'marcia') WHERE id IN (4711, 4712)");
      const error = (await failing.catch((cause: unknown) => cause)) as pg.DatabaseError;
      await client.query("ROLLBACK");
      expect(error).toMatchObject({
        code: "23505",
        detail: "Key (email)=([hidden]) already exists.",
        table: "customers",
      });
    });
  });

  describe("checks that were put off", () => {
    const caught = async (text: string): Promise<pg.DatabaseError> =>
      (await client.query(text).catch((cause: unknown) => cause)) as pg.DatabaseError;

    beforeAll(async () => {
      await database.query(
        "ALTER TABLE support.customers DROP CONSTRAINT customers_email_key, ADD CONSTRAINT customers_email_key UNIQUE (email) DEFERRABLE INITIALLY DEFERRED",
      );
    });

    test("a constraint that fails at COMMIT hides its values", async () => {
      await client.query("BEGIN");
      await client.query("UPDATE support.customers SET email = lower('MARCIA') WHERE id IN (4711, 4712)");
      expect(await caught("COMMIT")).toMatchObject({ code: "23505", detail: "Key (email)=([hidden]) already exists." });
      expect((await recorded()).at(-1)).toMatchObject({ text: "COMMIT", outcome: { sqlstate: "23505" } });
    });

    test("also at the end of an implicit transaction", async () => {
      const error = await caught("UPDATE support.customers SET email = lower('X') WHERE id IN (4711, 4712); SELECT 1");
      expect(error).toMatchObject({ code: "23505", detail: "Key (email)=([hidden]) already exists." });
    });

    test("a cursor WITH HOLD that fails at COMMIT hides its values", async () => {
      await client.query("BEGIN");
      await client.query("DECLARE h CURSOR WITH HOLD FOR SELECT name::int FROM support.customers WHERE id = 4711");
      const error = await caught("COMMIT");
      const [row] = await database.query("SELECT name FROM support.customers WHERE id = 4711");
      expect(error.code).toBe("22P02");
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(String(row?.["name"]));
    });

    test("an ordinary error in the same transaction is told as it is", async () => {
      await client.query("BEGIN");
      await client.query("SELECT name FROM support.customers WHERE id = 4711");
      const error = await caught("SELECT 'abc'::int");
      await client.query("ROLLBACK");
      expect(error.message).toBe('invalid input syntax for type integer: "abc"');
    });
  });

  describe("cursors over protected rows", () => {
    test.each(["MOVE 2 FROM c", "FETCH BACKWARD 1 FROM c", "FETCH LAST FROM c", "FETCH ABSOLUTE 2 FROM c"])(
      "%s is refused",
      async (text) => {
        await client.query("BEGIN");
        await client.query("DECLARE c SCROLL CURSOR FOR SELECT name FROM support.customers");
        await expect(client.query(text)).rejects.toMatchObject({ code: "42501" });
        await client.query("ROLLBACK");
      },
    );

    test("in one query with the DECLARE too", async () => {
      const both = "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT name FROM support.customers; MOVE 2 FROM c";
      await expect(client.query(both)).rejects.toMatchObject({ code: "42501" });
    });

    test("over public rows any movement passes", async () => {
      await client.query("BEGIN");
      await client.query("DECLARE c SCROLL CURSOR FOR SELECT id FROM support.products ORDER BY id");
      await client.query("MOVE 1 FROM c");
      const { rows } = await client.query("FETCH BACKWARD 1 FROM c");
      await client.query("ROLLBACK");
      expect(rows).toEqual([]);
    });

    test("a BINARY cursor is recorded like any other", async () => {
      await client.query("BEGIN; DECLARE b BINARY CURSOR FOR SELECT id FROM support.customers WHERE id = 4713");
      await client.query("FETCH 1 FROM b");
      await client.query("ROLLBACK");
      expect(await keysOf("support.customers")).toEqual(["4713"]);
    });
  });

  test("observe: what would be refused passes, and is recorded with its tables and its rows", async () => {
    const observing = await startTestGateway({ database, mode: "observe" });
    const observer = await observing.client("app");
    try {
      const { rows } = await observer.query(
        "SELECT count(*) AS n FROM (SELECT id FROM support.customers EXCEPT SELECT 0) x",
      );
      expect(Number(rows[0]?.["n"])).toBeGreaterThan(700);
      const statements = await recordedStatements(observing);
      expect(statements).toMatchObject([
        { decision: "opaque", uses: [{ table: "support.customers" }], outcome: { rows: 1, sqlstate: undefined } },
      ]);
    } finally {
      await observer.end();
      await observing.stop();
    }
  });
});
