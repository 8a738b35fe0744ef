/**
 * One writer a log. Node has no flock, so the lock is a file created with O_EXCL that says which process holds it: its
 * pid, the kernel's start time of that pid (so that a reused pid is not mistaken for it), the boot id and the pid
 * namespace. A lock of an earlier boot, or of a process of this namespace that is gone, is taken over. A lock of another
 * namespace (another container on this machine) cannot be judged and is respected.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { isCode, type Disk } from "./disk.ts";
import { readWhole, syncDirectoryOrFail, syncOrFail, writeAll } from "./durable-file.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat. */
  readonly started: string;
  readonly boot: string;
  readonly pidns: string;
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

/** Reads /proc; where there is none (not Linux), a lock is judged by its pid alone. */
export function systemProcesses(): ProcessTable {
  if (!fs.existsSync("/proc/self/stat")) {
    const runs = (pid: number) => {
      try {
        process.kill(pid, 0);
        return "running";
      } catch (error) {
        return isCode(error, "EPERM") ? "running" : undefined;
      }
    };
    return { self: { pid: process.pid, started: "running", boot: "", pidns: "" }, startedOf: runs };
  }
  const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  const pidns = fs.readlinkSync("/proc/self/ns/pid");
  return { self: { pid: process.pid, started: startedOf(process.pid) ?? "", boot, pidns }, startedOf };
}

function parseLock(bytes: Buffer): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value !== "object" || value === null) return undefined;
    const { pid, started, boot, pidns } = value as Record<string, unknown>;
    if (typeof pid !== "number" || typeof started !== "string" || typeof boot !== "string" || typeof pidns !== "string")
      return undefined;
    return { pid, started, boot, pidns };
  } catch {
    return undefined;
  }
}

function locked(holder: ProcessIdentity, path: string, why: string): WhosawError {
  return new WhosawError("LEDGER_LOCKED", `The ledger is held by process ${holder.pid}${why}.`, {
    hint: `Stop that process first. If no writer runs anywhere, remove ${path}.`,
  });
}

export interface HeldLock {
  /** The lock of a process that is gone was found: the log was not closed cleanly. */
  readonly takenOver: boolean;
  /** Gives the lock back: a clean stop. */
  release(): Promise<void>;
}

/** Takes the lock of the log in `dir`. Throws LEDGER_LOCKED naming the holder. */
export async function takeLock(disk: Disk, dir: string, processes: ProcessTable): Promise<HeldLock> {
  const path = join(dir, "lock");
  const stale = await readWhole(disk, path, LIMITS.noteBytesMax);
  if (stale !== undefined) {
    // A torn lock (no JSON) was never held: its writer died before it was synced.
    const holder = parseLock(stale);
    if (holder !== undefined) refuseIfAlive(holder, processes, path);
    await disk.unlink(path);
  }
  await writeLock(disk, path, processes.self);
  await syncDirectoryOrFail(disk, dir);
  return {
    takenOver: stale !== undefined,
    release: async () => {
      await disk.unlink(path);
      await syncDirectoryOrFail(disk, dir);
    },
  };
}

function refuseIfAlive(holder: ProcessIdentity, processes: ProcessTable, path: string): void {
  const { self } = processes;
  if (holder.boot !== self.boot) return;
  if (holder.pidns !== self.pidns) throw locked(holder, path, " of another container");
  if (processes.startedOf(holder.pid) === holder.started) throw locked(holder, path, "");
}

async function writeLock(disk: Disk, path: string, self: ProcessIdentity): Promise<void> {
  try {
    const file = await disk.open(path, "new");
    try {
      writeAll(file, Buffer.from(JSON.stringify(self)), 0);
      await syncOrFail(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isCode(error, "EEXIST")) throw locked(self, path, " or another that started at the same moment");
    throw error;
  }
}
