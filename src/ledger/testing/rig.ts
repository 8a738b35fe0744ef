/** A log on a disk in memory with hand-driven time: what the tests of this folder share. */
import type { Clock } from "../../base/clock.ts";
import type { WhosawError } from "../../base/errors.ts";
import { witnessSigner } from "../checkpoint.ts";
import type { Disk } from "../disk.ts";
import type { Ledger, LedgerHealth, Receipt } from "../ledger.ts";
import type { ProcessTable } from "../lock.ts";
import { openLedger } from "../log.ts";
import type { Timers } from "../timers.ts";
import { localWitness, type Witness } from "../witness.ts";

export const ORIGIN = "test.example/gw-1";
export const DIR = "/data/log";
export const MASTER_KEY: Buffer = Buffer.alloc(32, 7);
const LOG_SEED = Buffer.alloc(32, 1);
const WITNESS = witnessSigner("test.example/witness", Buffer.alloc(32, 2));
/** Small, so that every test meets the change of segments. */
const SEGMENT_BYTES = 600;
const START_MS = Date.UTC(2026, 10, 21, 12);

export interface HandClock extends Clock {
  ms: number;
}

export function handClock(ms: number = START_MS): HandClock {
  return {
    ms,
    nowMs() {
      return this.ms;
    },
  };
}

/** Timers that fire when told. */
export interface HandTimers extends Timers {
  /** Fires everything that is set now, the shortest delay first. */
  fire(): void;
}

export function handTimers(): HandTimers {
  const set = new Map<() => void, number>();
  return {
    after: (delayMs, call) => {
      set.set(call, delayMs);
      return () => set.delete(call);
    },
    fire: () => {
      const due = [...set].sort(([, a], [, b]) => a - b);
      set.clear();
      for (const [call] of due) call();
    },
  };
}

/** Processes of an imagined machine: only `self` runs, each boot with a pid of its own. */
export function onlyProcess(pid: number): ProcessTable {
  const self = { pid, started: String(pid), boot: "boot", pidns: "pid:[1]", host: "here" };
  return { self, startedOf: (other) => (other === pid ? self.started : undefined) };
}

export interface Rig {
  readonly ledger: Ledger;
  readonly clock: HandClock;
  readonly timers: HandTimers;
  readonly health: LedgerHealth[];
  readonly fatal: WhosawError[];
}

export function rigWitness(disk: Disk, clock: Clock): Witness {
  return localWitness({ dir: "/data/witness", disk, signer: WITNESS, clock });
}

export async function openRig(
  disk: Disk,
  pid: number,
  given: {
    clock?: HandClock;
    masterKey?: Uint8Array;
    witnessDisk?: Disk;
    logSeed?: Uint8Array;
    processes?: ProcessTable;
  } = {},
): Promise<Rig> {
  const clock = given.clock ?? handClock();
  const timers = handTimers();
  const health: LedgerHealth[] = [];
  const fatal: WhosawError[] = [];
  const ledger = await openLedger({
    dir: DIR,
    origin: ORIGIN,
    logSeed: given.logSeed ?? LOG_SEED,
    masterKey: given.masterKey ?? MASTER_KEY,
    clock,
    witness: rigWitness(given.witnessDisk ?? disk, clock),
    sessionCount: () => 0,
    onHealth: (state) => health.push(state),
    onFatal: (error) => fatal.push(error),
    disk,
    timers,
    processes: given.processes ?? onlyProcess(pid),
    walSegmentBytesMax: SEGMENT_BYTES,
  });
  return { ledger, clock, timers, health, fatal };
}

/** Enlists a source with one alert entry; resolves with its receipt. */
export function record(ledger: Ledger, detail: string): Promise<Receipt> {
  return ledger.append({ kind: "alert", code: "TEST", detail });
}

/** A small generator of numbers in [0, 1) from a seed (mulberry32), so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
