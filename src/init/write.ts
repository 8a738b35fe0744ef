/** whosaw.yaml on disk: never over another without being told to, and never without a way back. */
import { link, open, rename, rm } from "node:fs/promises";
import { basename } from "node:path";
import { WhosawError } from "../base/errors.ts";

const OWNER_ONLY = 0o600;

/** Where the file that was there before is kept. */
export function backupOf(file: string): string {
  return `${file}.bak`;
}

/**
 * Writes `text` for its owner alone (0600). With `force` a file that is there becomes `FILE.bak`, whole, before the new one
 * takes its place.
 * @returns whether there was one
 * @throws WhosawError FILE_UNWRITABLE
 */
export async function writeConfig(file: string, text: string, force: boolean): Promise<boolean> {
  const fresh = `${file}.new-${process.pid}`;
  try {
    const handle = await open(fresh, "wx", OWNER_ONLY);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!force) {
      // Unlike a rename, a link does not replace what somebody wrote meanwhile.
      await link(fresh, file);
      return false;
    }
    const replaced = await rename(file, backupOf(file)).then(() => true, ifMissing);
    await rename(fresh, file);
    return replaced;
  } catch (cause) {
    throw unwritable(file, cause);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Puts the backup back in the place of the file. @throws WhosawError NOT_FOUND, FILE_UNWRITABLE */
export async function undoConfig(file: string): Promise<void> {
  try {
    await rename(backupOf(file), file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw unwritable(file, cause);
    throw new WhosawError("NOT_FOUND", `There is no ${basename(backupOf(file))}: nothing to undo.`, {
      hint: "A backup is kept when `whosaw init --force` replaces a file.",
      cause,
    });
  }
}

/** @throws WhosawError USAGE if it is there and may not be replaced */
export function fileIsThere(file: string): WhosawError {
  return new WhosawError("USAGE", `${basename(file)} is there already; it was left as it is.`, {
    hint: "Name another with --config FILE, or replace it with --force (the old one is kept as .bak).",
  });
}

function ifMissing(error: unknown): boolean {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
  throw error;
}

function unwritable(file: string, cause: unknown): WhosawError {
  if ((cause as NodeJS.ErrnoException).code === "EEXIST") return fileIsThere(file);
  return new WhosawError("FILE_UNWRITABLE", `${file} cannot be written.`, {
    hint: "Check the folder and its permissions, or name another file with --config FILE.",
    cause,
  });
}
