/** Makes a support database: schema, rows, keys, grants. */
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { KEYS_SQL, ROLES_SQL, SCHEMA_SQL } from "./schema.ts";
import { FIRST_CUSTOMER } from "./first-customer.ts";
import { copyLine, emitCustomer, emitFixedRows, type TableName } from "./rows.ts";

export interface SupportDatabaseOptions {
  /** The same seed and number of customers give the same rows. */
  readonly seed?: number;
  /** About 2.5 kB each in the database. */
  readonly customers?: number;
  /** Called now and then with the number of customers written so far. */
  readonly progress?: (customers: number) => void;
  /** Aborted, the database stays half filled. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_CUSTOMERS = 800;
/** Gives customer 4711 a name beyond ASCII, a telephone number and tickets. */
export const DEFAULT_SEED = 46;
const TABLES: readonly TableName[] = [
  "teams",
  "products",
  "customers",
  "people",
  "tickets",
  "messages",
  "group_tickets",
  "notes",
  "outbox",
];
const PROGRESS_CUSTOMERS = 2_000;
/** Text that is kept for a table before it is sent. */
const CHUNK_CHARACTERS = 1 << 18;

/** The role that the gateway signs in as, and the roles that it takes on. @param superuserUrl any database of the server */
export async function createSupportRoles(superuserUrl: string, gatewayPassword: string): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    await client.query(ROLES_SQL);
    await client.query(`ALTER ROLE whosaw_gw PASSWORD ${pg.escapeLiteral(gatewayPassword)}`);
  });
}

/**
 * Fills an empty database; the roles exist already ({@link createSupportRoles}).
 * @param superuserUrl of that database
 * @returns how many rows each table has
 * @throws the signal's reason, once it is aborted
 */
export async function fillSupportDatabase(
  superuserUrl: string,
  options: SupportDatabaseOptions = {},
): Promise<Record<TableName, number>> {
  const { seed = DEFAULT_SEED, customers = DEFAULT_CUSTOMERS, progress, signal } = options;
  const rows: Record<string, number> = {};
  await withClient(superuserUrl, (client) => client.query(SCHEMA_SQL));
  const tables = await Promise.all(TABLES.map((table) => TableWriter.open(superuserUrl, table)));
  const writers = new Map(tables.map((writer) => [writer.table, writer]));
  const emit = (table: TableName, values: Parameters<typeof copyLine>[0]): void => {
    rows[table] = (rows[table] ?? 0) + 1;
    writers.get(table)?.add(copyLine(values));
  };
  try {
    emitFixedRows(emit);
    for (let n = 0; n < customers; n++) {
      emitCustomer(FIRST_CUSTOMER + n, seed, customers, emit);
      for (const writer of tables) if (writer.full) await writer.flush();
      if (n % PROGRESS_CUSTOMERS !== 0) continue;
      progress?.(n);
      // Small writes to a server close by end within the same turn: without this, nobody else's ever came, Ctrl-C's neither.
      await nextTurn();
      signal?.throwIfAborted();
    }
  } finally {
    for (const writer of tables) await writer.close();
  }
  progress?.(customers);
  await withClient(superuserUrl, (client) => client.query(KEYS_SQL));
  return Object.fromEntries(TABLES.map((table) => [table, rows[table] ?? 0])) as Record<TableName, number>;
}

/** One table's COPY, on a connection of its own: rows of all tables come interleaved. */
class TableWriter {
  readonly table: TableName;
  readonly #client: pg.Client;
  readonly #stream: ReturnType<typeof copyFrom>;
  #lines = "";

  private constructor(table: TableName, client: pg.Client) {
    this.table = table;
    this.#client = client;
    this.#stream = client.query(copyFrom(`COPY support.${table} FROM STDIN`));
  }

  static async open(superuserUrl: string, table: TableName): Promise<TableWriter> {
    const client = new pg.Client({ connectionString: superuserUrl });
    await client.connect();
    return new TableWriter(table, client);
  }

  get full(): boolean {
    return this.#lines.length >= CHUNK_CHARACTERS;
  }

  add(line: string): void {
    this.#lines += line;
  }

  async flush(): Promise<void> {
    const lines = this.#lines;
    this.#lines = "";
    if (lines !== "" && !this.#stream.write(lines)) await once(this.#stream, "drain");
  }

  async close(): Promise<void> {
    await this.flush();
    this.#stream.end();
    await once(this.#stream, "finish");
    await this.#client.end();
  }
}

async function withClient(connectionString: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
