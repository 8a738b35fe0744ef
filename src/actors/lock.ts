/**
 * One writer at a time for a file, across processes: `FILE.lock` is created exclusively and holds who has it.
 *
 * A lock whose process on this machine is gone is broken. Only the holder of `FILE.lock.break` may do so, after it
 * has read the lock again: while that file stands nobody else removes a dead process's lock, so a fresh lock is never
 * taken for the dead one. A crash within those few calls leaves `FILE.lock.break` behind, and the error names it.
 */
import { open, readFile, rm, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { isCode, nodeDisk } from "../ledger/disk.ts";
import { makeDirectoryDurably } from "../ledger/durable-file.ts";

const RETRY_MS = 20;

/**
 * Runs `work` while holding the lock of `file`.
 * @throws WhosawError ACTORS_LOCKED when another process holds it for too long, FILE_UNWRITABLE when it cannot be made
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  waitMs: number = LIMITS.actorRegisterLockWaitMs,
): Promise<T> {
  const lock = `${file}.lock`;
  await acquire(lock, waitMs);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function acquire(lock: string, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  await makeDirectoryDurably(nodeDisk(), dirname(lock)).catch((cause: unknown) => {
    throw unwritable(lock, cause);
  });
  while (!(await create(lock))) {
    if (await breakIfDead(lock)) continue;
    if (performance.now() >= deadline) throw locked(lock);
    await delay(RETRY_MS);
  }
}

async function create(path: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx", 0o600);
    try {
      await handle.writeFile(owner(process.pid));
    } finally {
      await handle.close();
    }
    return true;
  } catch (cause) {
    if (isCode(cause, "EEXIST")) return false;
    throw unwritable(path, cause);
  }
}

/** @returns whether the lock was removed, by us or by its holder */
async function breakIfDead(lock: string): Promise<boolean> {
  if (!(await isDead(lock))) return false;
  if (!(await create(`${lock}.break`))) return false;
  try {
    if (!(await isDead(lock))) return false;
    await unlink(lock);
    return true;
  } finally {
    await unlink(`${lock}.break`);
  }
}

/** Of another machine, or still being written: nothing is known, so it counts as alive. */
async function isDead(lock: string): Promise<boolean> {
  const content = await readFile(lock, "utf8").catch(() => "");
  const pid = Number(/^(\d+) /u.exec(content)?.[1]);
  if (!Number.isSafeInteger(pid) || content !== owner(pid) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return isCode(error, "ESRCH");
  }
}

function owner(pid: number): string {
  return `${pid} ${hostname()}\n`;
}

function locked(lock: string): WhosawError {
  return new WhosawError("ACTORS_LOCKED", `Another process is changing the actor register (${basename(lock)}).`, {
    hint: `Try again. If no \`whosaw actor\` runs anywhere, remove ${basename(lock)} and ${basename(lock)}.break.`,
  });
}

function unwritable(path: string, cause: unknown): WhosawError {
  return new WhosawError("FILE_UNWRITABLE", `${basename(path)} cannot be created.`, {
    hint: "Make its folder writable for this user.",
    cause,
  });
}
