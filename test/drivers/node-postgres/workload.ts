/** Everything that node-postgres offers, printed as it comes. */
import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import type { Place } from "../places.ts";
import { Transcript } from "../transcript.ts";

const LOOKUP = "SELECT id, name, email, created_at FROM support.customers WHERE id = $1";
const SLOW = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b";

export async function workload(place: Place): Promise<string> {
  const out = new Transcript();
  const client = await connect(place);
  client.on("notice", (notice) => out.line("notice", notice.severity, notice.code, notice.message));
  const session = new Session(client, out);
  for (const part of [types, lookUps, writes, transactions, portals, copying, notifications, errors])
    await part(session);
  await cancelling(session, place);
  await refusals(session);
  await client.end();
  await pool(place, out);
  await idleInTransaction(place, out);
  return out.text;
}

async function connect(place: Place, more: pg.ClientConfig = {}): Promise<pg.Client> {
  const { options, ...rest } = place;
  const client = new pg.Client({ ...rest, ...(options !== undefined && { options }), ...more });
  await client.connect();
  return client;
}

/** A client whose answers are printed. */
class Session {
  readonly client: pg.Client;
  readonly out: Transcript;

  constructor(client: pg.Client, out: Transcript) {
    this.client = client;
    this.out = out;
  }

  /** Prints fields as the server described them, rows and command tag; or the error. */
  async query(query: string | pg.QueryConfig | pg.QueryArrayConfig, values?: unknown[]): Promise<void> {
    try {
      const got: pg.QueryResult | pg.QueryResult[] = await this.client.query(query as pg.QueryConfig, values);
      for (const result of Array.isArray(got) ? got : [got]) this.#show(result);
    } catch (error) {
      this.out.error(error);
    }
  }

  #show(result: pg.QueryResult): void {
    for (const { name, dataTypeID, dataTypeSize, dataTypeModifier, columnID, format } of result.fields)
      this.out.line("field", name, dataTypeID, dataTypeSize, dataTypeModifier, columnID, format);
    for (const row of result.rows) this.out.line("row", row);
    this.out.line("tag", result.command, result.rowCount);
  }
}

async function types(session: Session): Promise<void> {
  session.out.section("types");
  await session.query(
    "SELECT 1, 2::int8, 1.5::float8, 1.10::numeric, true, NULL, 'é', '\\x00ff'::bytea, '{1,NULL}'::int[]",
  );
  await session.query(
    `SELECT '2026-01-02'::date, '2026-01-02 03:04:05+02'::timestamptz, '1 day'::interval, '{"a": [1]}'::jsonb, '(1,2)'::point`,
  );
  const values = [1, "it's", null, true, [1, 2], Buffer.from([0, 255]), { a: 1 }, new Date(0)];
  await session.query(
    "SELECT $1::int, $2::text, $3::text, $4::bool, $5::int[], $6::bytea, $7::jsonb, $8::timestamptz",
    values,
  );
  await session.query({ text: "SELECT 1 AS a, 2 AS a", rowMode: "array" });
  await session.query("SELECT 1; SELECT 2 AS two; ; SELECT 3 WHERE false");
  await session.query("");
}

async function lookUps(session: Session): Promise<void> {
  session.out.section("look-ups");
  for (const id of [4711, 4712, -1]) {
    await session.query(LOOKUP, [id]);
    await session.query({ name: "look-up", text: LOOKUP, values: [id] });
    await session.query({ text: LOOKUP, values: [id], rowMode: "array" });
    await session.query(`SELECT * FROM support.customers WHERE id = ${id}`);
  }
  // The driver asks for every column in binary.
  await session.query({
    text: "SELECT id, is_staff FROM support.people ORDER BY id LIMIT 5",
    values: [],
    binary: true,
  } as pg.QueryConfig);
  await session.query(
    "SELECT c.name, t.number, m.body FROM support.customers c JOIN support.tickets t ON t.customer_id = c.id LEFT JOIN support.messages m ON m.ticket_id = t.id WHERE c.id < $1 ORDER BY c.id, t.id, m.id",
    [4010],
  );
  await session.query("SELECT * FROM support.group_tickets ORDER BY id");
  await session.query(
    "SELECT 1 AS one; SELECT name FROM support.customers WHERE id = 4711; SELECT name FROM support.products WHERE id = 1",
  );
  await session.query("SELECT name FROM support.customers WHERE id = ANY($1) ORDER BY id", [[4001, 4711]]);
  session.out.section("many at once");
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => session.client.query<{ name: string }>(LOOKUP, [4001 + n])),
  );
  for (const { rows, fields } of answers) session.out.line(rows, fields.length);
}

async function writes(session: Session): Promise<void> {
  session.out.section("writes");
  await session.query("BEGIN");
  await session.query("UPDATE support.tickets SET status = $1 WHERE customer_id = $2", ["closed", 4711]);
  await session.query("UPDATE support.tickets SET status = $1 WHERE customer_id = $2 RETURNING id, status", [
    "open",
    4711,
  ]);
  await session.query(
    "INSERT INTO support.notes (id, external_id, author, body, at) VALUES ($1, $2, $3, $4, $5) RETURNING *",
    [900_001, "caller", "agent", "hello", new Date(0)],
  );
  await session.query("DELETE FROM support.notes WHERE id = $1", [900_001]);
  await session.query("ROLLBACK");
}

async function transactions(session: Session): Promise<void> {
  session.out.section("transactions");
  const steps = ["BEGIN", "SAVEPOINT a", "SELECT 1/0", "SELECT name FROM support.customers", "ROLLBACK TO a"];
  for (const step of [...steps, "SELECT name FROM support.customers WHERE id = 4711", "COMMIT", "COMMIT"]) {
    await session.query(step);
    session.out.line("status", await statusOf(session.client));
  }
}

/** The driver rejects at ErrorResponse; the status comes with ReadyForQuery, in the same packet or in one of its own. */
async function statusOf(client: pg.Client): Promise<unknown> {
  const inside = client as pg.Client & { readyForQuery: boolean; getTransactionStatus(): unknown };
  if (!inside.readyForQuery) await once(inside, "drain");
  return inside.getTransactionStatus();
}

/** Rows in portions, by Execute with a row limit, and by SQL. */
async function portals(session: Session): Promise<void> {
  session.out.section("portals and cursors");
  await session.query("BEGIN");
  await session.query({
    text: "SELECT id, name FROM support.customers ORDER BY id LIMIT 20",
    rows: 7,
    values: [],
  } as pg.QueryConfig);
  await session.query({
    text: "SELECT id, name FROM support.products ORDER BY id",
    rows: 2,
    values: [],
  } as pg.QueryConfig);
  await session.query("DECLARE c CURSOR FOR SELECT id, name FROM support.customers ORDER BY id");
  await session.query("FETCH 3 FROM c");
  await session.query({ text: "FETCH 2 FROM c", values: [] });
  await session.query("CLOSE c");
  await session.query("ROLLBACK");
}

async function copying({ client, out }: Session): Promise<void> {
  out.section("copying");
  out.line(
    await text(
      client.query(
        copyTo("COPY (SELECT id, name, phone FROM support.customers WHERE id < 4010 ORDER BY id) TO STDOUT CSV HEADER"),
      ),
    ),
  );
  out.line(await text(client.query(copyTo("COPY support.products TO STDOUT"))));
  await client.query("CREATE TEMP TABLE mine (a int, b text)");
  await pipeline(Readable.from(["1\tone\n", "2\ttwo\n"]), client.query(copyFrom("COPY mine FROM STDIN")));
  await pipeline(Readable.from(["x\tone\n"]), client.query(copyFrom("COPY mine FROM STDIN"))).catch((error) =>
    out.error(error),
  );
  out.line((await client.query("SELECT * FROM mine")).rows);
}

async function notifications({ client, out }: Session): Promise<void> {
  out.section("notices and notifications");
  await client.query("CREATE TEMP TABLE IF NOT EXISTS mine (a int)");
  await client.query("LISTEN news");
  const heard = once(client, "notification");
  await client.query("SELECT pg_notify('news', 'hello')");
  const [{ channel, payload, processId }] = (await heard) as [pg.Notification];
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const { processID } = client as pg.Client & { processID: number };
  out.line(channel, payload, processId === rows[0]?.pid, processID === rows[0]?.pid);
}

async function errors(session: Session): Promise<void> {
  session.out.section("errors");
  for (const sql of [
    "SELECT nope FROM support.customers",
    "SELECT * FROM support.nothing",
    "SELEC 1",
    "SELECT name FROM support.customers WHERE id = 'é'",
    "SELECT 1 +",
    "INSERT INTO support.products VALUES (1, NULL, NULL)",
    "INSERT INTO support.teams VALUES (1, 'again')",
  ]) {
    await session.query(sql);
    await session.query({ text: sql, values: [] });
  }
  await session.query(LOOKUP, ["nope"]);
  await session.query(LOOKUP, [1, 2]);
  await session.query(LOOKUP, []);
  await session.query({ name: "look-up", text: LOOKUP, values: ["nope"] });
  await session.query({ name: "look-up", text: LOOKUP, values: [4711] });
}

async function cancelling({ client, out }: Session, place: Place): Promise<void> {
  out.section("cancelling");
  const { processID, secretKey } = client as pg.Client & { processID: number; secretKey: number };
  const endless = client.query(new pg.Query("SELECT generate_series(1, 1000000000)"));
  // It runs for certain once the first row is here; a request that comes before that is lost.
  endless.once("row", () => void requestCancel(place, processID, secretKey));
  endless.on("row", () => undefined);
  await new Promise<void>((resolve) => endless.once("error", (error) => resolve(out.error(error))));
  await client.query("SET statement_timeout = 200");
  await client.query(SLOW).catch((error: unknown) => out.error(error));
  await client.query("RESET statement_timeout");
  out.line((await client.query(LOOKUP, [4711])).rows);
}

async function requestCancel(place: Place, processID: number, secretKey: number): Promise<void> {
  const connection = new pg.Connection() as pg.Connection & {
    connect(port: number, host: string): void;
    cancel(processID: number, secretKey: number): void;
    stream: NodeJS.EventEmitter;
  };
  connection.on("error", () => undefined);
  connection.connect(place.port, place.host);
  await once(connection, "connect");
  connection.cancel(processID, secretKey);
  await once(connection.stream, "close");
}

async function refusals(session: Session): Promise<void> {
  session.out.section("an unclassified table");
  await session.query("SELECT count(*) FROM support.outbox");
  session.out.section("another role");
  await session.query("SET ROLE whosaw_gw");
  await session.query("RESET ROLE");
  session.out.section("hidden values");
  await session.query("UPDATE support.customers SET email = 'x' WHERE email::int = 1");
}

async function pool(place: Place, out: Transcript): Promise<void> {
  out.section("a pool");
  const { options, ...rest } = place;
  const clients = new pg.Pool({ ...rest, ...(options !== undefined && { options }), max: 4, application_name: "pool" });
  const rows = await Promise.all(
    Array.from({ length: 12 }, async (_, n) => (await clients.query(LOOKUP, [4001 + n])).rows),
  );
  out.line(rows, clients.totalCount <= 4);
  out.line((await clients.query("SHOW application_name")).rows);
  await clients.end();
}

async function idleInTransaction(place: Place, out: Transcript): Promise<void> {
  out.section("the server ends an idle transaction");
  const client = await connect(place, { idle_in_transaction_session_timeout: 200 });
  const ended = new Promise((resolve) => client.once("end", resolve));
  client.on("error", (error) => out.error(error));
  await client.query("BEGIN");
  await ended;
}
