/** One writer of a file at a time, across processes: the lock of ledger/lock.ts, waited for. */
import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { nodeDisk } from "../ledger/disk.ts";
import { DirectoryFailed, makeDirectoryDurably } from "../ledger/durable-file.ts";
import { type Guarded, type HeldLock, takeLock } from "../ledger/lock.ts";

const GUARDED: Guarded = { subject: "The actor register", code: "ACTORS_LOCKED" };

/**
 * Runs `work` while holding the lock of `file`, `FILE.lock`.
 * @throws WhosawError ACTORS_LOCKED when another process holds it for too long, FILE_UNWRITABLE when it cannot be made
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  waitMs: number = LIMITS.actorRegisterLockWaitMs,
): Promise<T> {
  const lock = await acquire(`${file}.lock`, waitMs);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function acquire(path: string, waitMs: number): Promise<HeldLock> {
  const disk = nodeDisk();
  const deadline = performance.now() + waitMs;
  try {
    await makeDirectoryDurably(disk, dirname(path));
    for (;;) {
      try {
        return await takeLock(disk, path, GUARDED);
      } catch (error) {
        const busy = error instanceof WhosawError && error.code === GUARDED.code;
        if (!busy || performance.now() >= deadline) throw error;
        await delay(LIMITS.lockPollMs);
      }
    }
  } catch (cause) {
    throw cause instanceof WhosawError ? cause : unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): WhosawError {
  if (cause instanceof DirectoryFailed)
    return new WhosawError("FILE_UNWRITABLE", cause.message, { hint: cause.hint, cause });
  return new WhosawError("FILE_UNWRITABLE", `${basename(path)} cannot be created.`, {
    hint: `Make ${dirname(path)} writable for this user, and see that the disk is not full.`,
    cause,
  });
}
