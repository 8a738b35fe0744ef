/** ClickHouse inside this process, over a directory of its own. */
import { mkdir } from "node:fs/promises";
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Session } from "chdb";
import { assert } from "../base/assert.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Columns, ColumnsTable, ColumnsValue } from "./columns.ts";
import { columnsFailed } from "./failure.ts";
import { rowsOf } from "./json-rows.ts";
import { ENGINE_SETTINGS, QUERY_SETTINGS } from "./settings.ts";

const ARGUMENTS = Object.entries({ ...ENGINE_SETTINGS, ...QUERY_SETTINGS }).map(
  ([name, value]) => `--${name}=${value}`,
);

const FORMAT = "JSONCompactEachRow";

/**
 * Opens the store in `dir`, which is made if it is not there. The engine locks the directory for as long as a session of it
 * lives; the kernel gives the lock back when the process ends, however it ends.
 * @throws {WhosawError} STORE_LOCKED when another process has it, COLUMNS_FAILED
 */
export async function openChdb(dir: string, database: string): Promise<Columns> {
  await makeDirectory(dir);
  const store = new Chdb(dir, database);
  try {
    await store.begin();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

async function makeDirectory(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new WhosawError("FILE_UNWRITABLE", `The directory of columns, ${dir}, cannot be made.`, {
      hint: "Make the folder above it writable for this user, or choose another one with data in whosaw.yaml.",
      cause,
    });
  }
}

/** A session runs one question at a time; a few of them share the engine. */
class Chdb implements Columns {
  readonly #dir: string;
  readonly #database: string;
  readonly #idle: Session[] = [];
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #closed = false;

  constructor(dir: string, database: string) {
    this.#dir = dir;
    this.#database = database;
  }

  async begin(): Promise<void> {
    const session = connect(this.#dir);
    try {
      await session.queryAsync(`CREATE DATABASE IF NOT EXISTS ${this.#database}`);
      await session.queryAsync(`USE ${this.#database}`);
    } catch (error) {
      session.close();
      throw columnsFailed(error);
    }
    this.#idle.push(session);
  }

  async select(sql: string): Promise<ColumnsValue[][]> {
    return this.#with(async (session) => rowsOf((await session.queryAsync(sql, { format: FORMAT })).text()));
  }

  async bytes(sql: string): Promise<Uint8Array> {
    return this.#with(async (session) => (await session.queryAsync(sql, { format: "RowBinary" })).bytes());
  }

  async *stream(sql: string): AsyncGenerator<ColumnsValue[][]> {
    const session = await this.#session();
    try {
      const chunks = session.queryStream(sql, { format: FORMAT });
      for await (const chunk of chunks) yield rowsOf(chunk.text());
    } catch (error) {
      throw columnsFailed(error);
    } finally {
      this.#giveBack(session);
    }
  }

  async insert(table: ColumnsTable, rows: Buffer): Promise<void> {
    assert(rows.length <= LIMITS.columnsInsertBytesMax, "an INSERT is of one block");
    if (rows.length === 0) return;
    await this.#with(async (session) => session.insert({ table, values: rows, format: "TSV" }));
  }

  async command(sql: string): Promise<void> {
    await this.#with(async (session) => session.queryAsync(sql));
  }

  /** Waits for nobody: questions that still run fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#idle.splice(0)) session.close();
  }

  /** Lets a few questions run at once. Streams do not count, or two that ask for more meanwhile could wait for each other. */
  async #with<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#running >= LIMITS.columnsQuestionsMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      const session = await this.#session();
      try {
        return await work(session);
      } finally {
        this.#giveBack(session);
      }
    } catch (error) {
      throw columnsFailed(error);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #session(): Promise<Session> {
    if (this.#closed) throw new WhosawError("COLUMNS_FAILED", "The column store is closed.");
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const session = connect(this.#dir);
    await session.queryAsync(`USE ${this.#database}`);
    return session;
  }

  #giveBack(session: Session): void {
    if (this.#closed) session.close();
    else this.#idle.push(session);
  }
}

function connect(dir: string): Session {
  try {
    return new Session(dir, { connectionArgs: ARGUMENTS });
  } catch (cause) {
    const holder = holderOf(dir);
    if (holder === undefined && removeUnwritten(dir)) return connect(dir);
    if (holder === undefined) throw columnsFailed(cause);
    throw new WhosawError("STORE_LOCKED", `The columns in ${dir} are open in process ${holder}.`, {
      hint: "Ask that process (whosaw serve), or stop it first.",
      cause,
    });
  }
}

/** The engine writes into its lock who holds it; a process that was killed leaves the writing there. */
function holderOf(dir: string): number | undefined {
  let pid = 0;
  try {
    pid = Number(/^PID: (\d+)$/mu.exec(readFileSync(join(dir, "status"), "latin1"))?.[1]);
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? pid : undefined;
  }
}

/**
 * A disk that was full while tables were made leaves empty descriptions of them, and the engine never starts over those
 * again. What they were to describe was never there.
 * @returns whether there were any
 */
function removeUnwritten(dir: string): boolean {
  const descriptions = ["metadata", "store"].flatMap((name) => {
    const folder = join(dir, name);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path));
  });
  const unwritten = descriptions.filter((path) => path.endsWith(".sql") && lstatSync(path).size === 0);
  for (const path of unwritten) rmSync(path);
  return unwritten.length > 0;
}
