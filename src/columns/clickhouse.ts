/** ClickHouse servers, over HTTP. */
import { Readable } from "node:stream";
import { createClient, type ClickHouseClient, ClickHouseLogLevel } from "@clickhouse/client";
import { assert } from "../base/assert.ts";
import { LIMITS } from "../base/limits.ts";
import type { Columns, ColumnsTable, ColumnsValue } from "./columns.ts";
import { noClickhouse, serverFailed } from "./failure.ts";
import { rowsOf } from "./json-rows.ts";
import { knownSettings, QUERY_SETTINGS, type Settings } from "./settings.ts";

export interface ClickhousePlace {
  /** Scheme, host and port. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Databases and tables are made on all of its servers. */
  readonly cluster: string | undefined;
}

/**
 * Connects, and makes the database if it is not there.
 * @throws {WhosawError} COLUMNS_UNREACHABLE (no server, or not the right password), COLUMNS_FAILED
 */
export async function openClickhouse(place: ClickhousePlace): Promise<Columns> {
  const store = new Clickhouse(place);
  try {
    await store.begin();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

const NEWLINE = 0x0a;

class Clickhouse implements Columns {
  readonly #place: ClickhousePlace;
  #client: ClickHouseClient;
  #settings: Settings = {};

  constructor(place: ClickhousePlace) {
    this.#place = place;
    // The database may have to be made first.
    this.#client = connect(place, "default");
  }

  async begin(): Promise<void> {
    const { database, cluster } = this.#place;
    const names = await this.select("SELECT name FROM system.settings");
    if (names.length === 0) throw noClickhouse(this.#place.url);
    this.#settings = knownSettings(QUERY_SETTINGS, new Set(names.map(([name]) => String(name))));
    const found = await this.select(`SELECT name FROM system.databases WHERE name = '${database}'`);
    if (found.length === 0)
      await this.command(
        `CREATE DATABASE IF NOT EXISTS ${database}${cluster === undefined ? "" : ` ON CLUSTER '${cluster}'`}`,
      );
    await this.#client.close();
    this.#client = connect(this.#place, database);
  }

  async select(sql: string): Promise<ColumnsValue[][]> {
    return this.#try(async () => {
      const result = await this.#client.query({
        query: sql,
        format: "JSONEachRow",
        clickhouse_settings: this.#settings,
      });
      return rowsOf(await result.text());
    });
  }

  async bytes(sql: string): Promise<Uint8Array> {
    return this.#try(async () => {
      const { stream } = await this.#client.exec({
        query: `${sql} FORMAT RowBinary`,
        // What goes wrong in the middle would look like numbers: the server waits until it has all.
        clickhouse_settings: { ...this.#settings, wait_end_of_query: 1 },
      });
      const chunks: Buffer[] = [];
      for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
  }

  /** The bytes themselves: the client's own rows, an object each, take ten times as long. */
  async *stream(sql: string): AsyncGenerator<ColumnsValue[][]> {
    try {
      const query = `${sql} FORMAT JSONEachRow`;
      const { stream } = await this.#client.exec({ query, clickhouse_settings: this.#settings });
      for await (const lines of wholeLines(stream)) yield rowsOf(lines);
    } catch (error) {
      throw serverFailed(this.#place.url, this.#place.user, error);
    }
  }

  async insert(table: ColumnsTable, rows: Buffer): Promise<void> {
    assert(rows.length <= LIMITS.columnsInsertBytesMax, "an INSERT is of one block");
    if (rows.length === 0) return;
    await this.#try(async () =>
      this.#client.insert({
        table,
        values: Readable.from([rows], { objectMode: false }),
        format: "TabSeparated",
        clickhouse_settings: this.#settings,
      }),
    );
  }

  async command(sql: string): Promise<void> {
    await this.#try(async () => this.#client.command({ query: sql, clickhouse_settings: this.#settings }));
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw serverFailed(this.#place.url, this.#place.user, error);
    }
  }
}

/** What has come so far, up to its last newline. */
async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    begun.push(end === 0 ? chunk : chunk.subarray(0, end));
    if (end === 0) continue;
    yield Buffer.concat(begun).toString("utf8");
    begun = [chunk.subarray(end)];
  }
  // An error that comes late may lack its newline.
  yield Buffer.concat(begun).toString("utf8");
}

function connect({ url, user, password }: ClickhousePlace, database: string): ClickHouseClient {
  return createClient({
    url,
    username: user,
    password,
    database,
    application: "whosaw",
    request_timeout: LIMITS.columnsAnswerTimeoutMs,
    // Of a plain text that breaks off, a server of 2018 takes what has come; of one in gzip it takes nothing.
    compression: { request: { codec: "gzip", level: 1 }, response: false },
    // What goes wrong is thrown; it is not to be printed as well.
    log: { level: ClickHouseLogLevel.OFF },
  });
}
