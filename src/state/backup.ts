/** Writes a backup of the state, as it is at one moment, while it may be in use. */
import { randomBytes } from "node:crypto";
import { type FileHandle, link, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { BackupLines } from "./backup-file.ts";
import { assertOurs } from "./installation.ts";
import type { StateLocation } from "./location.ts";
import { assertKnown, migratedTo } from "./migrations.ts";
import { lookAt, noState } from "./place.ts";
import { rowsOf, tablesOf } from "./rows.ts";
import { SCHEMA, type StateDatabase } from "./tables.ts";

export interface BackupDone {
  readonly atMs: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Writes the state to a new file, mode 0600 (backup-file.ts has its format); on return it is on stable storage.
 * @throws {WhosawError} NOT_FOUND when there is no state yet, FILE_UNWRITABLE, STORE_MISMATCH (of another installation, of a
 *   newer program), STATE_UNREACHABLE, STATE_FAILED
 */
export async function backupState(
  location: StateLocation,
  options: { readonly installation: string; readonly clock: Clock },
  file: string,
): Promise<BackupDone> {
  const look = await lookAt(location);
  try {
    return await writeWhole(file, (handle) =>
      look.session.run((db) =>
        db
          .transaction()
          .setIsolationLevel("repeatable read")
          .setAccessMode("read only")
          .execute((snapshot) => copy(snapshot.withSchema(SCHEMA), options, handle)),
      ),
    );
  } finally {
    await look.close();
  }
}

async function copy(
  db: StateDatabase,
  { installation, clock }: { readonly installation: string; readonly clock: Clock },
  handle: FileHandle,
): Promise<BackupDone> {
  const tables = await migratedTo(db);
  if (tables === undefined) throw noState("the database");
  assertKnown(tables);
  await assertOurs(db, installation);
  const lines = new BackupLines();
  const atMs = clock.nowMs();
  let bytes = 0;
  let rows = 0;
  const write = async (text: string): Promise<void> => {
    bytes += (await handle.write(text)).bytesWritten;
  };
  await write(lines.header({ installation, tables, atMs }));
  for (const table of await tablesOf(db)) {
    for await (const row of rowsOf(db, table)) {
      await write(lines.row(row));
      rows += 1;
    }
  }
  await write(lines.end());
  return { atMs, rows, bytes };
}

/** The file appears whole, under a name that nothing had, or not at all. */
async function writeWhole<T>(file: string, write: (handle: FileHandle) => Promise<T>): Promise<T> {
  const unfinished = `${file}.${randomBytes(4).toString("hex")}.tmp`;
  const handle = await open(unfinished, "wx", 0o600).catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
  try {
    const result = await write(handle);
    await handle.sync();
    await link(unfinished, file);
    await syncDirectory(dirname(file));
    return result;
  } catch (error) {
    throw unwritable(file, error);
  } finally {
    await handle.close();
    await unlink(unfinished);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Only errors of the file: others are passed on. */
function unwritable(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof WhosawError || !("code" in error)) return error;
  const [says, hint] =
    error.code === "EEXIST"
      ? ["is there already", "Choose a new name: a backup never writes over another."]
      : [`cannot be written (${String(error.code)})`, "Choose a folder that is there, is writable and has space."];
  return new WhosawError("FILE_UNWRITABLE", `${file} ${says}.`, { hint, cause: error });
}
