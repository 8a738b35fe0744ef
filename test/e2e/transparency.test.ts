/**
 * Promise 10: what a client gets through the gateway is, byte for byte, what it gets directly, on unprotected and on
 * protected tables. Each exchange is sent to both, as the same database role, and the answers are compared.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeBind } from "../../src/wire/messages/bind.ts";
import { encodeCopyData } from "../../src/wire/messages/copy-data.ts";
import { encodeClose, encodeDescribe } from "../../src/wire/messages/describe.ts";
import { COPY_DONE, FLUSH, SYNC } from "../../src/wire/messages/empty.ts";
import { encodeExecute } from "../../src/wire/messages/execute.ts";
import { encodeParse } from "../../src/wire/messages/parse.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { postgresVersions, type SupportDatabase, supportDatabase } from "../rig/shared.ts";
import { RawClient } from "../rig/raw-client.ts";

describe.each(postgresVersions())("PostgreSQL %i", (version) => {
  let database: SupportDatabase;
  let gateway: TestGateway;
  let direct: RawClient;
  let through: RawClient;

  beforeAll(async () => {
    database = await supportDatabase(version);
    gateway = await startTestGateway({ database });
  });

  afterAll(async () => {
    await gateway?.stop();
    await database?.drop();
  });

  async function connectBoth(): Promise<void> {
    const { upstream } = gateway.config;
    const asGateway = { password: upstream.password ?? "", options: "-c role=helpdesk_app" };
    direct = await RawClient.signedIn(upstream, upstream.user, upstream.database, asGateway);
    through = await RawClient.signedIn(gateway, "helpdesk", upstream.database);
  }

  const query = (text: string): Buffer => encodeQuery(Buffer.from(text));
  const parse = (name: string, text: string, oids: number[] = []): Buffer => encodeParse(name, Buffer.from(text), oids);
  const bind = (
    portal: string,
    statement: string,
    params: (string | null)[] = [],
    resultFormats: number[] = [],
  ): Buffer =>
    encodeBind({
      portal,
      statement,
      paramFormats: [],
      params: params.map((value) => (value === null ? null : Buffer.from(value))),
      resultFormats,
    });
  const describeStatement = (name: string): Buffer => encodeDescribe({ kind: "statement", name });
  const describePortal = (name: string): Buffer => encodeDescribe({ kind: "portal", name });
  const execute = (portal = "", maxRows = 0): Buffer => encodeExecute({ portal, maxRows });
  const rollback = query("ROLLBACK");

  /** Frames, and how many ReadyForQuery they bring. Every exchange must leave the database as it was. */
  const EXCHANGES: Record<string, readonly { readonly frames: readonly Buffer[]; readonly ready: number }[]> = {
    "nothing at all": [{ frames: [query(""), query("  ;;  -- nothing")], ready: 2 }],
    "no table": [{ frames: [query("SELECT 1 AS a, 'x' AS b, NULL::int; SELECT 2")], ready: 1 }],
    "a public table": [{ frames: [query("SELECT * FROM support.products ORDER BY id")], ready: 1 }],
    "a point look-up": [{ frames: [query("SELECT name, email FROM support.customers WHERE id = 4711")], ready: 1 }],
    "star, alias, expression": [
      {
        frames: [query("SELECT *, upper(name) AS loud, 1 FROM support.customers c WHERE c.id < 4005 ORDER BY c.id")],
        ready: 1,
      },
    ],
    "no row": [{ frames: [query("SELECT * FROM support.customers WHERE id = -1")], ready: 1 }],
    joins: [
      {
        frames: [
          query(
            "SELECT c.name, t.number, m.body FROM support.customers c JOIN support.tickets t ON t.customer_id = c.id LEFT JOIN support.messages m ON m.ticket_id = t.id WHERE c.id BETWEEN 4001 AND 4020 ORDER BY c.id, t.id, m.id",
          ),
        ],
        ready: 1,
      },
    ],
    "a nullable key": [
      { frames: [query("SELECT id, display_name FROM support.people ORDER BY id LIMIT 30")], ready: 1 },
    ],
    "an array of keys": [{ frames: [query("SELECT * FROM support.group_tickets ORDER BY id")], ready: 1 }],
    "text keys": [{ frames: [query("SELECT body FROM support.notes ORDER BY id LIMIT 20")], ready: 1 }],
    "subquery, CTE, UNION ALL": [
      {
        frames: [
          query(
            "WITH t AS (SELECT id, customer_id FROM support.tickets WHERE status = 'open') SELECT c.name, t.id FROM (SELECT id, name FROM support.customers) c JOIN t ON t.customer_id = c.id ORDER BY t.id LIMIT 5",
          ),
          query(
            "SELECT name FROM support.customers WHERE id = 4001 UNION ALL SELECT name FROM support.products WHERE id = 1",
          ),
        ],
        ready: 2,
      },
    ],
    "prepared, described, bound, executed": [
      {
        frames: [
          parse("s", "SELECT id, name, phone FROM support.customers WHERE id = $1"),
          describeStatement("s"),
          bind("", "s", ["4711"]),
          describePortal(""),
          execute(),
          SYNC,
        ],
        ready: 1,
      },
      { frames: [bind("p", "s", ["4712"], [1, 0, 0]), describePortal("p"), execute("p"), SYNC], ready: 1 },
      { frames: [bind("", "s", ["4712"], [1]), execute(), bind("", "s", [null], [0]), execute(), SYNC], ready: 1 },
      { frames: [encodeClose({ kind: "statement", name: "s" }), SYNC], ready: 1 },
    ],
    "a wrong number of result formats": [
      {
        frames: [parse("", "SELECT id, name, phone FROM support.customers"), bind("", "", [], [0, 0]), SYNC],
        ready: 1,
      },
    ],
    "a pipeline with an error in the middle": [
      {
        frames: [
          parse("", "SELECT name FROM support.customers WHERE id = $1"),
          bind("", "", ["4711"]),
          execute(),
          bind("", "", ["not a number"]),
          execute(),
          bind("", "", ["4712"]),
          execute(),
          SYNC,
          bind("", "", ["4713"]),
          execute(),
          SYNC,
        ],
        ready: 2,
      },
    ],
    "portals with row limits, suspended and abandoned": [
      {
        frames: [
          query("BEGIN"),
          parse("", "SELECT id, name FROM support.customers ORDER BY id"),
          bind("a", "", []),
          execute("a", 3),
          execute("a", 2),
          SYNC,
          execute("a", 1),
          SYNC,
          rollback,
        ],
        ready: 4,
      },
    ],
    cursors: [
      {
        frames: [
          query("BEGIN"),
          query("DECLARE c CURSOR FOR SELECT id, name FROM support.customers ORDER BY id"),
          query("FETCH 3 FROM c"),
          query("FETCH NEXT FROM c; FETCH FORWARD 1 FROM c"),
          parse("", "FETCH 2 FROM c"),
          bind("", "", []),
          describePortal(""),
          execute(),
          SYNC,
          query("CLOSE c"),
          query("FETCH 1 FROM c"),
          rollback,
        ],
        ready: 8,
      },
    ],
    "PREPARE and EXECUTE": [
      {
        frames: [
          query("PREPARE q (bigint) AS SELECT name, email FROM support.customers WHERE id = $1"),
          query("EXECUTE q (4711)"),
          bind("", "q", ["4712"]),
          describePortal(""),
          execute(),
          SYNC,
          query("DEALLOCATE q"),
          query("EXECUTE q (4711)"),
        ],
        ready: 5,
      },
    ],
    writes: [
      {
        frames: [
          query("BEGIN"),
          query("UPDATE support.tickets SET status = 'closed' WHERE customer_id = 4711"),
          query("UPDATE support.tickets SET status = 'open' WHERE customer_id = 4711 RETURNING number, status"),
          query(
            "INSERT INTO support.notes (id, external_id, author, body, at) VALUES (900001, 'x@example.org', 'agent', 'hello', now())",
          ),
          query("DELETE FROM support.messages WHERE ticket_id = -1"),
          parse("", "UPDATE support.customers SET phone = $1 WHERE id = $2"),
          describeStatement(""),
          bind("", "", ["0123", "4711"]),
          describePortal(""),
          execute("", 1),
          SYNC,
          rollback,
        ],
        ready: 7,
      },
    ],
    "COPY out": [
      {
        frames: [
          query("COPY support.products TO STDOUT"),
          query("COPY (SELECT id, name, phone FROM support.customers WHERE id < 4010 ORDER BY id) TO STDOUT"),
          query(
            "COPY (SELECT id, name, phone FROM support.customers WHERE id < 4010 ORDER BY id) TO STDOUT (FORMAT csv, HEADER)",
          ),
          query(
            "COPY (SELECT id, name, phone FROM support.customers WHERE id < 4010 ORDER BY id) TO STDOUT (FORMAT binary)",
          ),
          query("COPY support.customers (id, email) TO STDOUT CSV"),
          query("COPY support.customers TO STDOUT (FORMAT csv, FORCE_QUOTE *, DELIMITER ';')"),
        ],
        ready: 6,
      },
      {
        frames: [parse("", "COPY support.teams TO STDOUT"), bind("", "", []), describePortal(""), execute(), SYNC],
        ready: 1,
      },
    ],
    "COPY in": [
      {
        frames: [
          query("BEGIN"),
          query("CREATE TEMP TABLE mine (a int, b text)"),
          query("COPY mine FROM STDIN"),
          encodeCopyData(Buffer.from("1\tone\n2\ttwo\n")),
          COPY_DONE,
          query("SELECT a + 0, b || '' FROM mine"),
          query("COPY mine FROM STDIN"),
          encodeCopyData(Buffer.from("x\tone\n")),
          COPY_DONE,
          rollback,
        ],
        ready: 6,
      },
    ],
    "syntax errors": [
      { frames: [query("SELEC 1"), query("SELECT 'é', nope FROM support.customers"), query("SELECT 1 +")], ready: 3 },
    ],
    "errors in a transaction": [
      {
        frames: [query("BEGIN"), query("SELECT 1/0"), query("SELECT name FROM support.customers"), query("COMMIT")],
        ready: 4,
      },
    ],
    "savepoints, settings, LISTEN and NOTIFY": [
      {
        frames: [
          query("BEGIN; SAVEPOINT a; SET LOCAL search_path = support"),
          query("SELECT name FROM customers WHERE id = 4712; ROLLBACK TO a"),
          query("SELECT name FROM customers"),
          rollback,
          query("SET search_path = support, public"),
          query("SELECT count(*) FROM products"),
          query("SELECT name FROM customers WHERE id = 4713"),
          query("RESET search_path"),
          query("LISTEN x; UNLISTEN *; SHOW server_version"),
          query("SET DateStyle = 'German'; RESET DateStyle"),
          query("BEGIN; SET LOCAL search_path = support"),
          query("SELECT name FROM customers WHERE id = 4714"),
          query("COMMIT AND CHAIN"),
          query("SELECT name FROM customers WHERE id = 4714"),
          query("ROLLBACK AND CHAIN"),
          rollback,
        ],
        ready: 16,
      },
    ],
    "Flush, and Describe of what is not there": [
      {
        frames: [
          parse("", "SELECT 1"),
          FLUSH,
          describeStatement("nope"),
          SYNC,
          describePortal("nope"),
          SYNC,
          execute("nope"),
          SYNC,
        ],
        ready: 3,
      },
    ],
  };

  describe.each(Object.entries(EXCHANGES))("%s", (_name, exchanges) => {
    test("is the same", async () => {
      await connectBoth();
      try {
        for (const { frames, ready } of exchanges) {
          const ask = async (client: RawClient): Promise<string[]> => {
            await client.send(Buffer.concat(frames));
            return (await client.hearUntilReady(ready)).map(({ name, text }) => `${name} ${text}`);
          };
          const [expected, got] = await Promise.all([ask(direct), ask(through)]);
          expect(got).toEqual(expected);
        }
      } finally {
        await Promise.all([direct.close(), through.close()]);
      }
      expect(gateway.complaints.splice(0)).toEqual([]);
    });
  });
});
