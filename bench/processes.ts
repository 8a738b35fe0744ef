/** What the processes that a bench watches take of the machine, from /proc. */
import { readFile } from "node:fs/promises";
import { WhosawError } from "../src/base/errors.ts";

/** One clock tick in /proc, on every Linux that Node runs on. */
const TICK_MICROSECONDS = 10_000;
/** Fields of /proc/PID/stat behind the program's name: user, system, and both of children that have ended. */
const TIME_FIELDS = { own: [11, 12], ended: [13, 14] } as const;

/** Resident memory now, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
  if (kilobytes === undefined) throw new WhosawError("INTERNAL", `process ${pid} has no resident memory`);
  return Number(kilobytes) * 1024;
}

/** Processor time of a server so far: the process, its children, and its children that have ended. In microseconds. */
export async function serverMicroseconds(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  let ticks = await ticksOf(pid, [...TIME_FIELDS.own, ...TIME_FIELDS.ended]);
  for (const child of children.split(" ").filter(Boolean)) {
    // Whoever ended just now is in the parent's sum the next time.
    ticks += await ticksOf(Number(child), TIME_FIELDS.own).catch(() => 0);
  }
  return ticks * TICK_MICROSECONDS;
}

/** Processor time of this process so far, in microseconds. */
export function ownMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function ticksOf(pid: number, fields: readonly number[]): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const values = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.reduce((sum, field) => sum + Number(values[field]), 0);
}
