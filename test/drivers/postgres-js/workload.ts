/** Everything that postgres.js offers, printed as it comes. */
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import postgres from "postgres";
import type { Place } from "../places.ts";
import { Transcript } from "../transcript.ts";

type Sql = postgres.Sql;
type Part = (sql: Sql, out: Transcript) => Promise<void>;

export async function workload(place: Place): Promise<string> {
  const out = new Transcript();
  const sql = connect(place, out);
  for (const part of [types, lookUps, simple, writes, transactions, cursors, copying, listening, errors, cancelling]) {
    await part(sql, out);
  }
  await refusals(sql, out);
  await sql.end();
  await many(place, out);
  return out.text;
}

function connect(place: Place, out: Transcript, more: postgres.Options<{}> = {}): Sql {
  const { options, ...rest } = place;
  return postgres({
    ...rest,
    max: 1,
    // The reconnecting ones would print in an order of their own.
    onnotice: (notice) => out.line("notice", notice["severity"], notice["code"], notice["message"]),
    connection: { application_name: "workload", ...(options !== undefined && { options }) },
    ...more,
  });
}

/** Prints columns as the server described them, rows and command tag; or the error. */
async function show(out: Transcript, query: PromiseLike<postgres.RowList<postgres.Row[]>>): Promise<void> {
  try {
    const result = await query;
    // Of several statements in one text, the results of each.
    const results = (Array.isArray(result[0]) ? result : [result]) as postgres.RowList<postgres.Row[]>[];
    for (const { columns, command, count, ...rows } of results) {
      for (const { name, type, table, number } of columns ?? []) out.line("column", name, type, table === 0, number);
      for (const row of Object.values(rows)) out.line("row", row);
      out.line("tag", command, count);
    }
  } catch (error) {
    out.error(error);
  }
}

const types: Part = async (sql, out) => {
  out.section("types");
  await show(
    out,
    sql`SELECT 1, 2::int8, 1.5::float8, 1.10::numeric, true, NULL, 'é', '\\x00ff'::bytea, '{1,NULL}'::int[]`,
  );
  await show(
    out,
    sql`SELECT ${1}::int, ${"it's"}, ${null}::text, ${true}::bool, ${sql.array([1, 2])}, ${Buffer.from([0, 255])}::bytea, ${sql.json({ a: 1 })}, ${new Date(0)}::timestamptz`,
  );
  await show(out, sql`SELECT '2026-01-02'::date, '1 day'::interval, '(1,2)'::point, '[1,5)'::int4range`);
};

const lookUps: Part = async (sql, out) => {
  out.section("look-ups");
  for (const id of [4711, 4712, 4711, -1])
    await show(out, sql`SELECT id, name, phone FROM support.customers WHERE id = ${id}`);
  await show(out, sql`SELECT * FROM ${sql("support.customers")} WHERE id IN ${sql([4001, 4002])} ORDER BY id`);
  await show(out, sql`SELECT ${sql(["id", "name"])} FROM support.customers WHERE id < ${4004} ORDER BY id`);
  await show(
    out,
    sql`SELECT c.name, t.number, m.body FROM support.customers c JOIN support.tickets t ON t.customer_id = c.id LEFT JOIN support.messages m ON m.ticket_id = t.id WHERE c.id < ${4010} ORDER BY c.id, t.id, m.id`,
  );
  await show(out, sql`SELECT * FROM support.group_tickets ORDER BY id`);
  await show(out, sql`SELECT id, display_name FROM support.people ORDER BY id LIMIT 12`);
  out.line(await sql`SELECT id, name FROM support.customers WHERE id < 4004 ORDER BY id`.values());
  out.line(await sql`SELECT id, name FROM support.customers WHERE id < 4004 ORDER BY id`.raw());
  const described =
    await sql`SELECT c.*, c.id + ${1}::int8 AS next FROM support.customers c WHERE name = ${"x"}`.describe();
  out.line(
    described.types,
    described.columns.map(({ name, type }) => [name, type]),
  );
  out.line(
    await sql`UPDATE support.tickets SET status = ${"open"} WHERE id = ${-1}`
      .describe()
      .then(({ types: oids, columns }) => [oids, columns]),
  );
};

const simple: Part = async (sql, out) => {
  out.section("simple queries");
  await show(
    out,
    sql.unsafe(
      "SELECT 1 AS one; SELECT name FROM support.customers WHERE id = 4711; SELECT name FROM support.products WHERE id = 1",
    ),
  );
  await show(out, sql.unsafe("SELECT name FROM support.customers WHERE id = $1", [4711]));
  await show(out, sql.unsafe("SELECT name FROM support.customers WHERE id = $1", [4711], { prepare: true }));
  await show(out, sql`SELECT name FROM support.customers WHERE id = 4712`.simple());
};

const writes: Part = async (sql, out) => {
  out.section("writes");
  await sql
    .begin(async (tx) => {
      await show(out, tx`UPDATE support.tickets SET status = 'closed' WHERE customer_id = ${4711}`);
      await show(
        out,
        tx`UPDATE support.tickets SET ${tx({ status: "open" }, "status")} WHERE customer_id = ${4711} RETURNING id, status`,
      );
      const note = { id: 900_001, external_id: "caller", author: "agent", body: "hello", at: new Date(0) };
      await show(out, tx`INSERT INTO support.notes ${tx([note, { ...note, id: 900_002 }])} RETURNING *`);
      await show(out, tx`DELETE FROM support.notes WHERE id >= 900001`);
      throw new Error("back");
    })
    .catch((error: unknown) => out.error(error));
};

const transactions: Part = async (sql, out) => {
  out.section("transactions");
  await sql.begin("READ ONLY", async (tx) => {
    await tx.savepoint((point) => point`SELECT 1/0`).catch((error: unknown) => out.error(error));
    await show(out, tx`SELECT name FROM support.customers WHERE id = 4711`);
    await tx
      .savepoint((point) => point`UPDATE support.tickets SET status = 'open' WHERE id = -1`)
      .catch((error: unknown) => out.error(error));
    // Sent at once, without waiting for each other.
    const rows = await Promise.all(
      [4711, 4712, 4713].map((id) => tx`SELECT name FROM support.customers WHERE id = ${id}`),
    );
    out.line(rows.map((row) => [...row]));
  });
};

const cursors: Part = async (sql, out) => {
  out.section("cursors");
  await sql`SELECT id, name FROM support.customers ORDER BY id LIMIT 20`.cursor(7, (rows) => out.line([...rows]));
  for await (const [row] of sql`SELECT id, name FROM support.customers ORDER BY id`.cursor()) {
    out.line(row);
    if (row?.["id"] === "4003") break;
  }
  await sql`SELECT id, name FROM support.products ORDER BY id`.cursor(2, (rows) => out.line([...rows]));
  await sql`SELECT id, name FROM support.customers WHERE id < 4010 ORDER BY id`.forEach((row) => out.line(row));
};

const copying: Part = async (sql, out) => {
  out.section("copying");
  out.line(
    await text(
      await sql`COPY (SELECT id, name, phone FROM support.customers WHERE id < 4010 ORDER BY id) TO STDOUT CSV HEADER`.readable(),
    ),
  );
  out.line(await text(await sql`COPY support.products TO STDOUT`.readable()));
  await sql`CREATE TEMP TABLE mine (a int, b text)`;
  await pipeline(Readable.from(["1\tone\n", "2\ttwo\n"]), await sql`COPY mine FROM STDIN`.writable());
  await show(out, sql`SELECT * FROM mine ORDER BY a`);
};

const listening: Part = async (sql, out) => {
  out.section("notices and notifications");
  await sql`CREATE TEMP TABLE IF NOT EXISTS mine (a int)`;
  let heard: (payload: string) => void = () => undefined;
  const payload = new Promise<string>((resolve) => (heard = resolve));
  const request = await sql.listen("news", (message) => heard(message));
  await sql.notify("news", "hello");
  out.line(await payload, typeof request.state.pid);
  await request.unlisten();
};

const errors: Part = async (sql, out) => {
  out.section("errors");
  await show(out, sql`SELECT nope FROM support.customers WHERE id = ${1}`);
  await show(out, sql`SELECT * FROM support.nothing`);
  await show(out, sql`SELEC 1`);
  await show(out, sql.unsafe("SELECT name FROM support.customers WHERE id = $1", ["nope"]));
  await show(out, sql`INSERT INTO support.products VALUES (1, NULL, NULL)`);
  await show(out, sql`INSERT INTO support.teams VALUES (${1}, 'again')`);
  await show(out, sql`SELECT name FROM support.customers WHERE id = ${4711}`);
};

const cancelling: Part = async (sql, out) => {
  out.section("cancelling");
  const query = sql`SELECT generate_series(1, 1000000000) AS n`;
  // It runs for certain once the first row is here; a request that comes before that is lost.
  await query.forEach(({ n }) => void (n === 1 && query.cancel())).catch((error: unknown) => out.error(error));
  await show(out, sql`SELECT name FROM support.customers WHERE id = ${4711}`);
};

const refusals: Part = async (sql, out) => {
  out.section("an unclassified table");
  await show(out, sql`SELECT count(*) FROM support.outbox`);
  out.section("another role");
  await show(out, sql`SET ROLE whosaw_gw`);
  await show(out, sql`RESET ROLE`);
  out.section("hidden values");
  await show(out, sql`UPDATE support.customers SET email = 'x' WHERE email::int = 1`);
};

/** Several connections, without prepared statements; then all queries in one pipeline. */
async function many(place: Place, out: Transcript): Promise<void> {
  for (const more of [
    { max: 4, prepare: false },
    { max: 1, max_pipeline: 100 },
  ]) {
    out.section(`many at once, ${Object.keys(more).join(" and ")}`);
    const sql = connect(place, out, more);
    const rows = await Promise.all(
      Array.from({ length: 40 }, (_, n) => sql`SELECT name FROM support.customers WHERE id = ${4001 + n}`),
    );
    out.line(rows.map((row) => [...row]));
    await sql.end();
  }
}
