/** Pages by OFFSET: the same bytes as without the gateway, and everybody who was skipped in the ledger. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeBind } from "../../src/wire/messages/bind.ts";
import { encodeDescribe } from "../../src/wire/messages/describe.ts";
import { SYNC } from "../../src/wire/messages/empty.ts";
import { encodeExecute } from "../../src/wire/messages/execute.ts";
import { encodeParse } from "../../src/wire/messages/parse.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { startTestGateway, type TestGateway } from "../rig/gateway.ts";
import { RawClient } from "../rig/raw-client.ts";
import { postgresVersions, type SupportDatabase, supportDatabase } from "../rig/shared.ts";
import { type RecordedStatement, recordedStatements } from "./recorded.ts";

const query = (text: string): Buffer => encodeQuery(Buffer.from(text));

interface Exchange {
  readonly frames: readonly Buffer[];
  readonly ready: number;
}
const queries = (...texts: string[]): Exchange => ({ frames: texts.map(query), ready: texts.length });

/** Parse, Describe, then Bind, Describe and Execute for each list of parameters. */
function prepared(
  text: string,
  lists: readonly (readonly (string | null)[])[],
  { formats = [], maxRows = 0 }: { readonly formats?: readonly number[]; readonly maxRows?: number } = {},
): Exchange {
  const frames = [encodeParse("", Buffer.from(text), []), encodeDescribe({ kind: "statement", name: "" }), SYNC];
  for (const list of lists) {
    const params = list.map((value) => (value === null ? null : Buffer.from(value)));
    frames.push(
      encodeBind({ portal: "", statement: "", paramFormats: [], params, resultFormats: [...formats] }),
      encodeDescribe({ kind: "portal", name: "" }),
      encodeExecute({ portal: "", maxRows }),
      ...(maxRows === 0 ? [] : [encodeExecute({ portal: "", maxRows })]),
      SYNC,
    );
  }
  return { frames, ready: lists.length + 1 };
}

const FROM = "FROM support.customers ORDER BY id";
const QUEUE =
  "SELECT t.id, t.number, c.name, t.status, 'x', t.id AS id FROM support.tickets t JOIN support.customers c ON c.id = t.customer_id WHERE t.status <> 'none' ORDER BY t.id";
const EXCHANGES: Record<string, Exchange> = {
  "a queue page": queries(`${QUEUE} LIMIT 50 OFFSET 100`, `${QUEUE} OFFSET 100 ROWS FETCH NEXT 50 ROWS ONLY`),
  "star, whole rows, row values, no columns": queries(
    `SELECT * ${FROM} LIMIT 3 OFFSET 4`,
    "TABLE support.customers ORDER BY id OFFSET 3 FETCH FIRST ROW ONLY",
    `SELECT customers, (id, name), ARRAY[name], NULL, id::int::numeric(9, 2), name::varchar(5) ${FROM} LIMIT 3 OFFSET 4`,
    "SELECT FROM support.customers LIMIT 3 OFFSET 4",
  ),
  "0, NULL, ALL, past the end": queries(
    `SELECT id ${FROM} LIMIT 3 OFFSET 0`,
    `SELECT id ${FROM} LIMIT 3 OFFSET NULL`,
    `SELECT id ${FROM} LIMIT ALL OFFSET '10'`,
    `SELECT id ${FROM} LIMIT 0 OFFSET 3`,
    `SELECT id ${FROM} LIMIT NULL OFFSET 9999`,
    `SELECT id ${FROM} LIMIT 9223372036854775807 OFFSET 10`,
    `SELECT id ${FROM} LIMIT 1.5 OFFSET 1.5`,
  ),
  errors: queries(
    `SELECT id ${FROM} LIMIT 3 OFFSET -1`,
    `SELECT id ${FROM} LIMIT -3 OFFSET 1`,
    `SELECT id ${FROM} LIMIT -3 OFFSET -1`,
    "SELECT 'é', nope FROM support.customers LIMIT 3 OFFSET 2",
    "SELECT 'é', id FROM support.customers ORDER BY nope LIMIT 3 OFFSET 2",
    "SELECT id FROM support.customers FOR UPDATE OF nope OFFSET 3",
  ),
  ties: queries(
    "SELECT country, id FROM support.customers WHERE id < 4020 ORDER BY length(country), id OFFSET 3 FETCH FIRST 2 ROWS WITH TIES",
    "SELECT t.customer_id, count(*) FROM support.tickets t GROUP BY 1 ORDER BY t.customer_id OFFSET 3 FETCH FIRST 2 ROWS WITH TIES",
    `SELECT id ${FROM} FETCH FIRST 0 ROWS WITH TIES OFFSET 3`,
  ),
  "groups, DISTINCT, UNION ALL, subqueries": queries(
    "SELECT country, count(*) FROM support.customers GROUP BY country ORDER BY 1 OFFSET 2 LIMIT 2",
    "SELECT DISTINCT country FROM support.customers ORDER BY country OFFSET 2",
    "SELECT id FROM support.customers UNION ALL SELECT id FROM support.products ORDER BY 1 OFFSET 2 LIMIT 7",
    "SELECT p.*, t.number FROM (SELECT id, name FROM support.customers ORDER BY id LIMIT 5 OFFSET 10) p LEFT JOIN support.tickets t ON t.customer_id = p.id ORDER BY p.id, t.id",
    "SELECT c.id, x.number FROM support.customers c LEFT JOIN LATERAL (SELECT number FROM support.tickets t WHERE t.customer_id = c.id ORDER BY t.id OFFSET 1) x ON true WHERE c.id < 4050 ORDER BY c.id, x.number",
    "WITH w AS (SELECT id, name FROM support.customers ORDER BY id OFFSET 3 LIMIT 3) SELECT * FROM w ORDER BY name, id",
    "WITH w AS (SELECT id FROM support.teams) SELECT id FROM support.customers WHERE id NOT IN (1, 2) ORDER BY id OFFSET 3 LIMIT 3",
  ),
  locks: queries(
    "BEGIN",
    `SELECT id, name ${FROM} LIMIT 2 OFFSET 3 FOR UPDATE`,
    "SELECT c.id FROM support.customers c ORDER BY id FOR NO KEY UPDATE OF c SKIP LOCKED LIMIT 2 OFFSET 3",
    "ROLLBACK",
  ),
  cursors: queries(
    "BEGIN",
    `DECLARE c CURSOR FOR SELECT id, name ${FROM} OFFSET 5`,
    "FETCH 3 FROM c; FETCH NEXT FROM c",
    `DECLARE b BINARY CURSOR FOR SELECT id, name ${FROM} LIMIT 3 OFFSET 5`,
    "FETCH 2 FROM b",
    "FETCH 2 FROM b",
    `DECLARE h CURSOR WITH HOLD FOR SELECT id, name ${FROM} LIMIT 3 OFFSET 5`,
    "COMMIT",
    "FETCH ALL FROM h",
    "CLOSE h",
  ),
  COPY: queries(
    ...["", " (FORMAT csv, HEADER)", " (FORMAT binary)"].map(
      (format) => `COPY (SELECT id, name, phone ${FROM} LIMIT 3 OFFSET 7) TO STDOUT${format}`,
    ),
  ),
  "PREPARE and EXECUTE": queries(
    `PREPARE page (int, int) AS SELECT id, name ${FROM} LIMIT $1 OFFSET $2`,
    "EXECUTE page (3, 4)",
    "EXECUTE page (3, NULL)",
    "EXECUTE page (NULL, 9)",
    "EXECUTE page (3, -1)",
    "EXECUTE page (-3, 1)",
    "DEALLOCATE page",
    `PREPARE page (text) AS SELECT id ${FROM} LIMIT 3 OFFSET $1`,
  ),
  parameters: prepared(`SELECT id, name ${FROM} LIMIT $1 OFFSET $2`, [
    ["5", "10"],
    ["5", "0"],
    [null, "5"],
    ["0", "5"],
    ["5", null],
    ["5", "9000"],
    ["5", "-1"],
    ["-5", "1"],
    ["5", "x"],
    ["9223372036854775807", "3"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["5", "9223372036854775808"],
  ]),
  "types of parameters": prepared(`SELECT id, $3 ${FROM} LIMIT $1 OFFSET ($2 - 1) * $1`, [["5", "3", "z"]]),
  "ties by parameters": prepared(`SELECT id, name ${FROM} OFFSET $2 FETCH FIRST ($1) ROWS WITH TIES`, [
    ["5", "10"],
    ["0", "10"],
    ["-1", "10"],
  ]),
  "binary, in portions": prepared(
    `SELECT id, name, balance_of FROM (SELECT id, name, phone AS balance_of ${FROM}) s ORDER BY id LIMIT $1 OFFSET $2`,
    [["7", "10"]],
    {
      formats: [1],
      maxRows: 3,
    },
  ),
};

describe.each(postgresVersions())("PostgreSQL %i", (version) => {
  let database: SupportDatabase;
  let gateway: TestGateway;
  let client: pg.Client;

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

  test.each(Object.entries(EXCHANGES))("%s: the same bytes", async (_name, { frames, ready }) => {
    const { upstream } = gateway.config;
    const asGateway = { password: upstream.password ?? "", options: "-c role=helpdesk_app" };
    const direct = await RawClient.signedIn(upstream, upstream.user, upstream.database, asGateway);
    const through = await RawClient.signedIn(gateway, "helpdesk", upstream.database);
    const ask = async (side: RawClient): Promise<string[]> => {
      await side.send(Buffer.concat(frames));
      return (await side.hearUntilReady(ready)).map(({ name, text }) => `${name} ${text}`);
    };
    try {
      const [expected, got] = await Promise.all([ask(direct), ask(through)]);
      expect(got).toEqual(expected);
    } finally {
      await Promise.all([direct.close(), through.close()]);
    }
    expect(gateway.complaints.splice(0)).toEqual([]);
  });

  /** What a statement recorded. */
  async function after(work: () => Promise<unknown>): Promise<RecordedStatement[]> {
    const seen = (await recordedStatements(gateway)).length;
    await work();
    return (await recordedStatements(gateway)).slice(seen);
  }
  const upTo = (last: number): string[] => Array.from({ length: last - 4000 }, (_, n) => String(4001 + n));

  test("a page and everybody before it are recorded, and nobody behind it", async () => {
    const statements = await after(() => client.query(`SELECT id, name ${FROM} LIMIT 5 OFFSET 20`));
    expect(statements).toMatchObject([
      { decision: "accounted", scope: true, outcome: { rows: 5 }, uses: [{ keys: upTo(4025), shown: ["id", "name"] }] },
    ]);
  });

  test("the same by parameters", async () => {
    for (const [limit, offset] of [
      [5, 20],
      [1, 0],
      [1, 24],
    ] as const) {
      const [statement] = await after(() =>
        client.query({ name: "page", text: `SELECT id ${FROM} LIMIT $1 OFFSET $2`, values: [limit, offset] }),
      );
      expect(statement?.uses[0]?.keys).toEqual(upTo(4000 + limit + offset));
    }
  });

  test("the first row of a cursor is that of everybody before it", async () => {
    const statements = await after(async () => {
      await client.query(`BEGIN; DECLARE c CURSOR FOR SELECT id ${FROM} OFFSET 9`);
      await client.query("FETCH 1 FROM c");
      await client.query("ROLLBACK");
    });
    // DECLARE is recorded as well, and shows nobody.
    expect(statements.map(({ uses }) => uses[0]?.keys)).toEqual([[], upTo(4010)]);
  });

  test("whoever takes part in a join is skipped with it", async () => {
    const read = await database.query(
      `SELECT DISTINCT customer_id FROM (${QUEUE.replace("'x', t.id AS id", "customer_id")} LIMIT 30) s`,
    );
    const [statement] = await after(() => client.query(`${QUEUE} LIMIT 10 OFFSET 20`));
    const keys = read.map((row) => String(row["customer_id"])).sort((one, other) => Number(one) - Number(other));
    expect(statement?.uses.map((use) => use.keys)).toEqual([keys, keys]);
  });
});
