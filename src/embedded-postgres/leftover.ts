/** A server whose owner was killed stops by itself; what is left of one whose guardian was killed too is stopped here. */
import { readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { isCode } from "../ledger/disk.ts";

export interface PidFile {
  readonly pid: number;
  /** Undefined while the server starts. */
  readonly socketFolder: string | undefined;
}

/** PostgreSQL's postmaster.pid: pid, directory, start time, port, folder of the socket, a line each. */
export async function readPidFile(data: string): Promise<PidFile | undefined> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch((error: unknown) => {
    if (isCode(error, "ENOENT")) return "";
    throw error;
  });
  const [pid = "", , , , socketFolder = ""] = text.split("\n");
  if (!/^\d{1,9}$/u.test(pid)) return undefined;
  return { pid: Number(pid), socketFolder: socketFolder === "" ? undefined : socketFolder };
}

/**
 * Stops the server that runs in `data`; the caller holds the lock of the directory, so it is nobody's.
 * @throws {WhosawError} STORE_LOCKED when it does not stop
 */
export async function stopLeftover(data: string): Promise<void> {
  const deadline = performance.now() + LIMITS.serverStopMs;
  for (let signalled = false; ;) {
    const found = await readPidFile(data);
    if (found === undefined || !(await runsIn(found.pid, data))) return;
    if (!signalled) process.kill(found.pid, "SIGQUIT");
    signalled = true;
    if (performance.now() > deadline) {
      throw new WhosawError("STORE_LOCKED", `A PostgreSQL without an owner runs in ${data} and does not stop.`, {
        hint: `End its process, ${found.pid}, and start again.`,
      });
    }
    await delay(LIMITS.lockPollMs);
  }
}

/** A server's working directory is its data. Where there is no /proc, its own lock speaks when the next one starts. */
async function runsIn(pid: number, data: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data));
  } catch {
    return false;
  }
}
