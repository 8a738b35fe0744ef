/** Puts a backup in place of the state, all of it or nothing. */
import { createReadStream } from "node:fs";
import type { Clock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { type BackupHeader, type BackupRow, damaged, readBackup } from "./backup-file.ts";
import { assertOurs, markRestored } from "./installation.ts";
import type { StateLocation } from "./location.ts";
import { assertKnown, migrate, migratedTo } from "./migrations.ts";
import { own } from "./place.ts";
import { addRows, dropTables, tablesOf } from "./rows.ts";
import { SCHEMA, type StateDatabase } from "./tables.ts";

export interface RestoreOptions {
  readonly installation: string;
  readonly clock: Clock;
  /** Also over a state that knows something. */
  readonly replace: boolean;
}

export interface RestoreDone {
  /** When the backup was made. */
  readonly backupMs: number;
  readonly rows: number;
}

/**
 * Restores a backup, of an older whosaw too: its tables are made as they were, filled, and migrated. What is there goes,
 * in the same transaction. Nobody may be using the state.
 * @throws {WhosawError} STATE_FAILED (no backup, damaged), STORE_MISMATCH (backup or state of a newer whosaw, or of another
 *   installation), STORE_LOCKED (`whosaw serve` runs), USAGE (there is a state, and not `replace`), FILE_UNREADABLE,
 *   STATE_UNREACHABLE
 */
export async function restoreState(
  location: StateLocation,
  options: RestoreOptions,
  file: string,
): Promise<RestoreDone> {
  await readToItsEnd(file, options.installation);
  const connection = await own(location);
  try {
    return await connection.session.run((db) =>
      db.transaction().execute((transaction) => replaceBy(file, transaction.withSchema(SCHEMA), options)),
    );
  } finally {
    await connection.close();
  }
}

/** Before anything is started or touched. */
async function readToItsEnd(file: string, installation: string): Promise<void> {
  for await (const item of items(file)) if ("atMs" in item) assertFits(item, installation);
}

async function* items(file: string): AsyncGenerator<BackupHeader | BackupRow, void, undefined> {
  try {
    yield* readBackup(createReadStream(file));
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw new WhosawError("FILE_UNREADABLE", `${file} cannot be read.`, {
      hint: "Give a file that `whosaw state backup` has written, readable for this user.",
      cause,
    });
  }
}

function assertFits({ installation, tables }: BackupHeader, ours: string): void {
  assertKnown(tables);
  if (installation === ours) return;
  throw new WhosawError("STORE_MISMATCH", `The backup is of the installation ${installation}, not of ${ours}.`, {
    hint: "Take a backup of this installation, or correct ledger.origin in whosaw.yaml.",
  });
}

async function replaceBy(file: string, db: StateDatabase, options: RestoreOptions): Promise<RestoreDone> {
  await assertReplaceable(db, options);
  await dropTables(db);
  const filler = new Filler(db);
  let backupMs = 0;
  for await (const item of items(file)) {
    if ("atMs" in item) {
      assertFits(item, options.installation);
      backupMs = item.atMs;
      await migrate(db, { to: item.tables });
    } else {
      await filler.add(item);
    }
  }
  await filler.flush();
  await migrate(db);
  await assertOurs(db, options.installation);
  await markRestored(db, { backupMs, restoredMs: options.clock.nowMs() });
  return { backupMs, rows: filler.rows };
}

async function assertReplaceable(db: StateDatabase, { installation, replace }: RestoreOptions): Promise<void> {
  const tables = await migratedTo(db);
  if (tables === undefined) return;
  assertKnown(tables);
  await migrate(db);
  await assertOurs(db, installation);
  const { seen } = await db
    .selectFrom("logs")
    .select((select) => select.fn.max("seen_ms").as("seen"))
    .executeTakeFirstOrThrow();
  if (seen === null || replace) return;
  throw new WhosawError("USAGE", `There is a state already, last in use on ${new Date(seen).toISOString()}.`, {
    hint: "To put the backup in its place, add --replace; `whosaw state backup` keeps what there is now.",
  });
}

/** Gathers rows of a table and adds them in turns. */
class Filler {
  rows = 0;
  readonly #db: StateDatabase;
  #tables: readonly string[] | undefined;
  #table = "";
  #held: string[] = [];
  #chars = 0;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  async add({ table, json }: BackupRow): Promise<void> {
    this.#tables ??= await tablesOf(this.#db);
    if (!this.#tables.includes(table)) throw damaged("it has rows of a table that there never was");
    const full = this.#held.length >= LIMITS.backupRowsPerTurnMax || this.#chars > LIMITS.backupLineBytesMax;
    if (table !== this.#table || full) await this.flush();
    this.#table = table;
    this.#held.push(json);
    this.#chars += json.length;
  }

  async flush(): Promise<void> {
    const rows = this.#held;
    [this.#held, this.#chars] = [[], 0];
    if (rows.length === 0) return;
    this.rows += rows.length;
    await addRows(this.#db, this.#table, rows).catch((cause: unknown) => {
      throw doesNotFit(cause) ? damaged(`a row of ${this.#table} does not fit its table`, cause) : cause;
    });
  }
}

/** Classes data exception, constraint violation, and what is too deep to read. */
function doesNotFit(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && typeof error.code === "string" && /^(?:22|23|54)/u.test(error.code)
  );
}
