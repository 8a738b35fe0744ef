/**
 * The same statements run on a server whose pgAudit logs them. It logs what was asked, with its parameters and the number
 * of rows, and not whose rows came back; and nobody waits for its lines to be on stable storage.
 */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import { serverMicroseconds } from "../processes.ts";
import { AuditLog } from "./audit-log.ts";
import { askWhoSaw, CUSTOMERS, Draw, type Load, type Sample, STEP, TABLE, STATEMENTS_ALONE, type Way } from "./load.ts";
import { copyPgauditLibrary } from "./pgaudit-library.ts";

/** Debian's prefix: time, process, user and database. */
const PREFIX = "%m [%p] %q%u@%d ";
const DETAIL = "-c pgaudit.log_parameter=on -c pgaudit.log_rows=on -c pgaudit.log_catalog=off";
const WAYS = [
  { name: STATEMENTS_ALONE, options: "" },
  { name: "pgAudit session lines, unsynced", options: `-c pgaudit.log=read ${DETAIL}` },
  {
    name: "pgAudit session and object lines, unsynced",
    options: `-c pgaudit.log=read -c pgaudit.role=auditor ${DETAIL}`,
  },
] as const;
/** A table without the customers would be another query; one with all of them, another bench. */
const FILL = `CREATE SCHEMA support;
  CREATE TABLE ${TABLE} (id bigint PRIMARY KEY, name text NOT NULL, email text NOT NULL, phone text);
  INSERT INTO ${TABLE} SELECT n * ${STEP}, 'Customer ' || n, n || '@customers.example', '+61 ' || n
    FROM generate_series(1, ${CUSTOMERS}) n;
  ANALYZE ${TABLE};
  CREATE ROLE auditor;
  GRANT USAGE ON SCHEMA support TO auditor;
  GRANT SELECT ON ${TABLE} TO auditor`;
const LAST_LINE = "the load has ended";

/** A server with pgAudit, a table of customers, and its log as a file. */
export class AuditedServer {
  readonly ways: readonly Way[];
  readonly #server: EmbeddedPostgres;
  readonly #log: AuditLog;

  private constructor(server: EmbeddedPostgres, log: AuditLog) {
    this.#server = server;
    this.#log = log;
    this.ways = WAYS.map(({ name, options }) => ({
      name,
      runsStatements: true,
      record: (load) => this.#record(options, load),
    }));
  }

  /** @throws WhosawError NOT_FOUND when Debian's pgAudit cannot be had */
  static async open(): Promise<AuditedServer> {
    const log = await AuditLog.create();
    let server: EmbeddedPostgres | undefined;
    try {
      server = await startEmbeddedPostgres({
        version: 15,
        settings: { log_line_prefix: PREFIX, shared_buffers: "256MB" },
        onLog: (text) => log.add(text),
      });
      await asSuperuser(server, async (client) => {
        const { rows } = await client.query<{ data_directory: string }>("SHOW data_directory");
        const library = join(rows[0]?.data_directory ?? "", "pgaudit.so");
        await copyPgauditLibrary(library);
        await chmod(library, 0o755);
        await client.query(FILL);
        await client.query(`ALTER SYSTEM SET shared_preload_libraries = ${pg.escapeLiteral(library)}`);
      });
      await server.restart();
      return new AuditedServer(server, log);
    } catch (error) {
      await server?.stop();
      await log.remove();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#server.stop();
    await this.#log.remove();
  }

  async #record(options: string, load: Load): Promise<Sample> {
    const clients = Array.from({ length: load.clients }, () => connection(this.#server, options));
    try {
      await Promise.all(clients.map((client) => client.connect()));
      return await this.#recordWith(clients, load, options !== "");
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  }

  async #recordWith(clients: readonly pg.Client[], load: Load, logged: boolean): Promise<Sample> {
    await this.#log.restart();
    const draw = new Draw(load);
    const processor = await serverMicroseconds(this.#server.pid);
    const start = performance.now();
    const each = Math.ceil(load.entries / load.clients);
    await Promise.all(clients.map((client) => runStatements(client, load, each, draw)));
    const seconds = (performance.now() - start) / 1_000;
    const spent = (await serverMicroseconds(this.#server.pid)) - processor;
    const arrived = this.#log.until(LAST_LINE);
    await asSuperuser(this.#server, (client) => client.query(`DO $$BEGIN RAISE LOG '${LAST_LINE}'; END$$`));
    const auditBytes = await arrived;
    return {
      perSecond: load.entries / seconds,
      processorMicroseconds: spent / load.entries,
      ...(logged && {
        bytesPerEntry: auditBytes / load.entries,
        whoSaw: await askWhoSaw(draw.asked, (subject) => this.#log.names(subject)),
      }),
    };
  }
}

async function runStatements(client: pg.Client, load: Load, count: number, draw: Draw): Promise<void> {
  for (let n = 0; n < count; n++) {
    const { rowCount } = await client.query({
      name: "shown",
      text: load.text,
      values: [draw.next()[0]],
      rowMode: "array",
    });
    if (rowCount !== load.subjectsPerEntry) throw new Error(`${load.text} gave ${rowCount} rows`);
  }
}

function connection(server: EmbeddedPostgres, options: string): pg.Client {
  return new pg.Client({ connectionString: server.superuserUrl, options });
}

async function asSuperuser(server: EmbeddedPostgres, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = connection(server, "");
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
