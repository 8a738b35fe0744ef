/**
 * One holder at a time of a log or of the actor register, across processes. Node has no flock, so a lock is a file that
 * says who holds it: its pid, the kernel's start time of that pid (so that a reused pid is not mistaken for it), the
 * boot id, the pid namespace and the host name. It appears whole (written beside, then linked), or not at all.
 *
 * | the lock is of                              | then |
 * |---|---|
 * | this boot and pid namespace, the pid runs   | it is held |
 * | this boot and pid namespace, the pid is gone | it is taken over |
 * | an earlier boot of this host                | it is taken over |
 * | this boot, another pid namespace (container) | nothing can be known: it is held, and the error says how to free it |
 * | another host                                | the same |
 */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { type ErrorCode, WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { isCode, type Disk } from "./disk.ts";
import { readWhole, syncDirectoryOrFail, syncOrFail, writeAll } from "./durable-file.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat. */
  readonly started: string;
  readonly boot: string;
  readonly pidns: string;
  /** Of the machine or container. */
  readonly host: string;
}

/** Who we are and who else runs. */
export interface ProcessTable {
  readonly self: ProcessIdentity;
  /** The kernel's start time of a running pid, or undefined. */
  startedOf(pid: number): string | undefined;
}

function startedOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in field 2 is in brackets and may hold anything; field 3 follows the last bracket.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Reads /proc; where there is none (not Linux), a lock of this host is judged by its pid alone. */
export function systemProcesses(): ProcessTable {
  const { pid } = process;
  const host = hostname();
  if (!fs.existsSync("/proc/self/stat")) {
    const runs = (other: number) => {
      try {
        process.kill(other, 0);
        return "running";
      } catch (error) {
        return isCode(error, "EPERM") ? "running" : undefined;
      }
    };
    return { self: { pid, started: "running", boot: "", pidns: "", host }, startedOf: runs };
  }
  const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  const pidns = fs.readlinkSync("/proc/self/ns/pid");
  return { self: { pid, started: startedOf(pid) ?? "", boot, pidns, host }, startedOf };
}

function parseLock(bytes: Buffer): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value !== "object" || value === null) return undefined;
    const { pid, started, boot, pidns, host } = value as Record<string, unknown>;
    if (typeof pid !== "number" || !Number.isSafeInteger(pid) || typeof started !== "string") return undefined;
    if (typeof boot !== "string" || typeof pidns !== "string" || typeof host !== "string") return undefined;
    return { pid, started, boot, pidns, host };
  } catch {
    return undefined;
  }
}

/** `held`, `gone`, or where the holder is that nothing can be known of. */
type Standing = "held" | "gone" | "container" | "machine";

function standingOf(holder: ProcessIdentity, processes: ProcessTable): Standing {
  const { self } = processes;
  const sameHost = holder.host === self.host;
  // Without boot ids (not Linux) the host name stands for the machine.
  const sameBoot = holder.boot === self.boot && (self.boot !== "" || sameHost);
  if (!sameBoot) return sameHost ? "gone" : "machine";
  if (holder.pidns !== self.pidns) return "container";
  return processes.startedOf(holder.pid) === holder.started ? "held" : "gone";
}

/** What a lock guards, for its errors. */
export interface Guarded {
  /** Begins a sentence: `The ledger`. */
  readonly subject: string;
  readonly code: ErrorCode;
}

export const LEDGER_GUARDED: Guarded = { subject: "The ledger", code: "LEDGER_LOCKED" };

export interface HeldLock {
  /** The lock of a process that is gone was found: it did not stop cleanly. */
  readonly takenOver: boolean;
  /** Gives the lock back: a clean stop. */
  release(): Promise<void>;
}

/**
 * Takes the lock `path`, whose directory is there.
 * @throws {WhosawError} of `guarded.code`, naming the holder and how to get free of it; system errors of the disk
 */
export async function takeLock(
  disk: Disk,
  path: string,
  guarded: Guarded,
  processes: ProcessTable = systemProcesses(),
): Promise<HeldLock> {
  let takenOver = false;
  for (let attempt = 1; ; attempt++) {
    takenOver = (await removeIfGone(disk, path, guarded, processes)) || takenOver;
    if (await create(disk, path, processes.self)) break;
    // Another was faster. Its lock says who; if it is gone again already, one more try.
    if (attempt === LIMITS.lockAttemptsMax) throw contested(guarded, path);
  }
  return {
    takenOver,
    release: async () => {
      try {
        await disk.unlink(path);
        await syncDirectoryOrFail(disk, dirname(path));
      } catch (error) {
        // Somebody has deleted the folder: then nobody else is kept out.
        if (!isCode(error, "ENOENT")) throw error;
      }
    },
  };
}

/**
 * Who holds a lock, if that is a process that runs on this machine and can be seen from here.
 * @returns its pid
 */
export async function runningHolder(
  disk: Disk,
  path: string,
  processes: ProcessTable = systemProcesses(),
): Promise<number | undefined> {
  const bytes = await readWhole(disk, path, LIMITS.noteBytesMax);
  const holder = bytes && parseLock(bytes);
  return holder !== undefined && standingOf(holder, processes) === "held" ? holder.pid : undefined;
}

/**
 * Removes a lock whose holder is gone. Only the holder of `PATH.break` may, after it has read the lock again: otherwise
 * two that found the same dead lock could remove each other's new one. `PATH.break` is a lock as any other: that of a
 * process that is gone is removed by the holder of `PATH.break.break`, and so on.
 * @returns whether there was such a lock
 */
async function removeIfGone(disk: Disk, path: string, guarded: Guarded, processes: ProcessTable): Promise<boolean> {
  if (!(await isGone(disk, path, guarded, processes))) return false;
  const right = `${path}.break`;
  await removeIfGone(disk, right, guarded, processes);
  if (!(await create(disk, right, processes.self))) throw contested(guarded, path);
  try {
    const gone = await isGone(disk, path, guarded, processes);
    if (gone) await disk.unlink(path);
    return gone;
  } finally {
    await disk.unlink(right).catch(unlessMissing);
  }
}

/** @returns false if there is no such lock @throws {WhosawError} if it is held, or may be */
async function isGone(disk: Disk, path: string, guarded: Guarded, processes: ProcessTable): Promise<boolean> {
  const bytes = await readWhole(disk, path, LIMITS.noteBytesMax);
  if (bytes === undefined) return false;
  const holder = parseLock(bytes);
  if (holder === undefined) {
    throw new WhosawError(guarded.code, `${guarded.subject} has a lock that says nothing of who holds it.`, {
      hint: `If nobody uses it anywhere, remove ${path}.`,
    });
  }
  const standing = standingOf(holder, processes);
  if (standing === "gone") return true;
  throw locked(guarded, path, holder, standing);
}

function locked(guarded: Guarded, path: string, holder: ProcessIdentity, standing: Standing): WhosawError {
  const held = `${guarded.subject} is held by process ${holder.pid}`;
  if (standing === "held") {
    const hint = "Stop that process first, or wait until it has ended.";
    return new WhosawError(guarded.code, `${held}.`, { hint });
  }
  const [where, stop] =
    standing === "container"
      ? ["another container of this machine", "Stop that container first. If it is gone already"]
      : ["another machine", "Stop the process there first. If it is gone already"];
  return new WhosawError(guarded.code, `${held} of ${where} (host name ${shown(holder.host)}).`, {
    hint: `${stop}, which cannot be seen from here, remove ${path}.`,
  });
}

/** From a file that anybody may have written: fit for one line of a terminal. */
function shown(host: string): string {
  return host.replace(/[^\w.:-]/gu, "?").slice(0, LIMITS.shownNameCharsMax);
}

function contested(guarded: Guarded, path: string): WhosawError {
  return new WhosawError(guarded.code, `${guarded.subject} is being taken by another process at this moment.`, {
    hint: `Try again. If this does not pass and nobody uses it anywhere, remove ${path} and ${path}.break.`,
  });
}

/** Writes the lock beside, whole and synced, and links it in place. @returns false if there is one already */
async function create(disk: Disk, path: string, self: ProcessIdentity): Promise<boolean> {
  const written = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  const file = await disk.open(written, "new");
  try {
    try {
      writeAll(file, Buffer.from(JSON.stringify(self)), 0);
      await syncOrFail(file);
    } finally {
      await file.close();
    }
    await disk.link(written, path);
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    // Nobody reads it; left behind it does no harm.
    await disk.unlink(written).catch(() => undefined);
  }
  await syncDirectoryOrFail(disk, dirname(path));
  return true;
}

function unlessMissing(error: unknown): void {
  if (!isCode(error, "ENOENT")) throw error;
}
