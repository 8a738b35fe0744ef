/**
 * Whole files that appear at once or not at all.
 *
 * On return of `writeDurably` the system has seen, in this order: open(tmp), write, fdatasync(tmp), rename(tmp, path),
 * fsync(directory), and for each directory that was created fsync of its parent. A crash in between leaves the
 * old file or none, and perhaps a `*.tmp` that nobody reads.
 *
 * See "Can Applications Recover from fsync Failures?" (Rebello et al., USENIX ATC 2020): after a failed fsync the page
 * cache may call the lost pages clean, so a failure is passed up as fatal and never retried on the same file.
 */
import { dirname } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { isCode, type Disk, type DiskFile } from "./disk.ts";

/** A sync failed: nothing that this process wrote and believes durable can be trusted any more. */
export class SyncFailed extends Error {
  constructor(cause: unknown) {
    super("sync failed", { cause });
    this.name = "SyncFailed";
  }
}

/** Syncs, and tells a failed sync from every other failure. */
export async function syncOrFail(file: DiskFile): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    throw new SyncFailed(error);
  }
}

/** fsync of a directory, with its failure marked likewise. */
export async function syncDirectoryOrFail(disk: Disk, path: string): Promise<void> {
  try {
    await disk.syncDirectory(path);
  } catch (error) {
    throw new SyncFailed(error);
  }
}

/** Writes all bytes at a position, going on after a short write. A write that makes no progress is ENOSPC. */
export function writeAll(file: DiskFile, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const written = file.writeNow(done === 0 ? bytes : bytes.subarray(done), position + done);
    if (written === 0) throw Object.assign(new Error("a write made no progress"), { code: "ENOSPC" });
    done += written;
  }
}

/** Writes `bytes` as the file `path`, creating its directories. Throws system errors, or SyncFailed. */
export async function writeDurably(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  await makeDirectoryDurably(disk, dirname(path));
  await stageFile(disk, path, bytes);
  await disk.rename(`${path}.tmp`, path);
  await syncDirectoryOrFail(disk, dirname(path));
}

/** Writes and syncs `path.tmp`. */
export async function stageFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(`${path}.tmp`, "fresh");
  try {
    writeAll(file, bytes, 0);
    await syncOrFail(file);
  } finally {
    await file.close();
  }
}

/**
 * Creates a directory with its parents, outermost first; each parent that gained one is synced before the next is made.
 * @returns the directories that were made, outermost first
 * @throws {DirectoryFailed} naming the one that cannot be made; a full disk stays ENOSPC
 */
export async function makeDirectoryDurably(disk: Disk, path: string): Promise<string[]> {
  const parent = dirname(path);
  const above: string[] = [];
  let made: boolean;
  try {
    made = await disk.mkdir(path);
  } catch (error) {
    if (!isCode(error, "ENOENT") || parent === path) throw directoryError(path, error);
    above.push(...(await makeDirectoryDurably(disk, parent)));
    // Once more, and no further: the parent is there now, and some places (/proc) say ENOENT all the same.
    made = await disk.mkdir(path).catch((again: unknown) => {
      throw directoryError(path, again);
    });
  }
  if (!made) return above;
  await syncDirectoryOrFail(disk, parent);
  return [...above, path];
}

/** A directory that cannot be made. The message names it; `hint` says what to do. */
export class DirectoryFailed extends Error {
  readonly hint: string;
  /** Of the system's error. */
  readonly code: string;

  constructor(path: string, code: string, cause: unknown) {
    super(`The directory ${path} cannot be made (${code}).`, { cause });
    this.name = "DirectoryFailed";
    this.code = code;
    this.hint =
      DIRECTORY_HINTS[code]?.(path) ?? `Name another place in the configuration: ${dirname(path)} takes none.`;
  }
}

const notWritable = (path: string): string =>
  `Make ${dirname(path)} writable for this user, or name another place in the configuration.`;
const aFile = (path: string): string => `${path} is a file, or lies in one: name another place in the configuration.`;
const DIRECTORY_HINTS: Readonly<Record<string, (path: string) => string>> = {
  EACCES: notWritable,
  EPERM: notWritable,
  EROFS: notWritable,
  EEXIST: aFile,
  ENOTDIR: aFile,
};

function directoryError(path: string, error: unknown): unknown {
  if (isCode(error, "ENOSPC") || isCode(error, "EDQUOT")) return error;
  return new DirectoryFailed(path, error instanceof Error && "code" in error ? String(error.code) : "unknown", error);
}

/** The whole file, or undefined if there is none. Files over `bytesMax` are refused as damaged. */
export async function readWhole(disk: Disk, path: string, bytesMax: number): Promise<Buffer | undefined> {
  let file: DiskFile;
  try {
    file = await disk.open(path, "read");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const length = await file.length();
    if (length > bytesMax) throw new WhosawError("LEDGER_DAMAGED", `${path} is longer than such a file can be.`);
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const count = await file.read(done === 0 ? bytes : bytes.subarray(done), done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  } finally {
    await file.close();
  }
}

/** Says what a system error means for the ledger. */
export function ledgerError(error: unknown, doing: string): WhosawError {
  if (error instanceof WhosawError) return error;
  if (error instanceof DirectoryFailed)
    return new WhosawError("LEDGER_IO", error.message, { hint: error.hint, cause: error });
  const cause = error instanceof SyncFailed ? error.cause : error;
  if (isCode(cause, "ENOSPC") || isCode(cause, "EDQUOT")) {
    return new WhosawError("LEDGER_DISK_FULL", `The ledger's disk is full (${doing}); nothing is released.`, {
      hint: "Free space on the ledger's file system; the gateway goes on by itself.",
      cause: error,
    });
  }
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
  return new WhosawError("LEDGER_IO", `The ledger's disk failed with ${code} (${doing}); nothing is released.`, {
    hint:
      code === "EROFS" || code === "EACCES" || code === "EPERM"
        ? "Make the ledger's directory writable for the gateway's user."
        : "Check the disk and the system log.",
    cause: error,
  });
}
