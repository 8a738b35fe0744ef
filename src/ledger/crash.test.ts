/**
 * The machine stops at every single operation of a workload; what was not synced is kept, lost or torn. After each: every
 * receipt given before still holds, the log is whole, and it goes on.
 */
import { expect, test } from "vitest";
import { readEntries } from "./read.ts";
import { checkLog } from "./testing/check-log.ts";
import { memoryDisk, type MemoryDisk } from "./testing/memory-disk.ts";
import { DIR, handClock, MASTER_KEY, openRig, record, seeded, type Rig } from "./testing/rig.ts";

const SEEDS = Number(process.env["WHOSAW_CRASH_SEEDS"] ?? 1);
/** Hundreds of crashes, each with three starts, on a machine that may be busy. */
const TIMEOUT_MS = 180_000;
const DAY_MS = 86_400_000;

/** Receipts as they were given, by index: what the entry was about. */
type Given = Map<number, string>;

function keep(given: Given, ledger: Rig["ledger"], detail: string): Promise<void> {
  return record(ledger, detail).then(
    (receipt) => void given.set(receipt.firstIndex, detail),
    () => undefined,
  );
}

async function writeRound(given: Given, rig: Rig, name: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => keep(given, rig.ledger, `${name}/${i}`)));
  rig.timers.fire();
  // While tiles are being written, each of these in a segment of its own.
  for (let i = 0; i < 3; i += 1) await keep(given, rig.ledger, `${name}/late${i}/${"x".repeat(600)}`);
}

/** Runs with tiles, checkpoints and the end of a day in them, each closed. */
async function workload(disk: MemoryDisk, given: Given, startMs: number, runs: number): Promise<void> {
  const clock = handClock(startMs);
  for (let pid = 1; pid <= runs; pid += 1) {
    const rig = await openRig(disk, pid, { clock });
    await writeRound(given, rig, `${pid}/a`, 3);
    clock.ms += DAY_MS;
    await writeRound(given, rig, `${pid}/b`, 4);
    await rig.ledger.close();
  }
}

/** A log of 250 entries, so that the workload fills its first bundle and tile. */
async function grownDisk(): Promise<{ disk: MemoryDisk; given: Given }> {
  const disk = memoryDisk();
  const given: Given = new Map();
  const rig = await openRig(disk, 9);
  await writeRound(given, rig, "grown", 249);
  await rig.ledger.close();
  return { disk, given };
}

async function readDetails(disk: MemoryDisk): Promise<Map<number, string>> {
  const details = new Map<number, string>();
  for await (const { index, entry } of readEntries(DIR, { masterKey: MASTER_KEY, disk })) {
    if (entry?.kind === "alert") details.set(index, entry.detail);
  }
  return details;
}

async function hashes(disk: MemoryDisk): Promise<string[]> {
  return (await checkLog(disk, DIR)).entries.map((entry) => entry.toString("base64"));
}

/** Stops the machine at that operation of the workload; false if the workload ended before. */
async function crashAt(
  start: MemoryDisk,
  givenBefore: Given,
  runs: number,
  operation: number,
  random: () => number,
): Promise<boolean> {
  const disk = start.fork();
  const startMs = handClock().ms;
  disk.fault = () => (disk.operations >= operation ? "halt" : undefined);
  const given = new Map(givenBefore);
  const ended = await Promise.race([
    workload(disk, given, startMs, runs).then(() => true),
    disk.halted.then(() => false),
  ]);
  if (ended) return false;
  const known = new Map(given);
  const after = disk.afterPowerCut(random);
  const { ledger } = await openRig(after, 3, { clock: handClock(startMs + 2 * DAY_MS) });
  const before = await hashes(after);
  const details = await readDetails(after);
  for (const [index, detail] of known) expect(details.get(index)).toBe(detail);
  await record(ledger, "after");
  await ledger.close();
  const now = await hashes(after);
  expect(now.slice(0, before.length)).toEqual(before);
  expect(now.length).toBe(before.length + 1);
  return true;
}

const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);

test.each(seeds)(
  "a crash at any operation of a new log loses no receipt (seed %i)",
  { timeout: TIMEOUT_MS },
  async (seed) => {
    const random = seeded(seed);
    let operation = 1;
    while (await crashAt(memoryDisk(), new Map(), 2, operation, random)) operation += 1;
    expect(operation).toBeGreaterThan(100);
  },
);

test.each(seeds)(
  "a crash at any operation of a grown log loses no receipt (seed %i)",
  { timeout: TIMEOUT_MS },
  async (seed) => {
    const { disk, given } = await grownDisk();
    const random = seeded(seed);
    let operation = 1;
    while (await crashAt(disk, given, 1, operation, random)) operation += 1;
    expect(operation).toBeGreaterThan(100);
  },
);

test("what a killed process left in the page cache is durable once the next one has started", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  await record(rig.ledger, "x".repeat(600));
  disk.fault = ({ name, path }) => (name === "sync" && path.includes("/wal/") ? "halt" : undefined);
  // Longer than a segment, so that the next process begins another and never syncs this one on its own account.
  void record(rig.ledger, "y".repeat(600));
  await disk.halted;
  const next = disk.afterKill();
  // No tiles: only the write-ahead file has these entries.
  next.fault = ({ name, path }) => (name === "write" && path.includes("/tile/") ? "ENOSPC" : undefined);
  expect((await openRig(next, 2)).ledger.size).toBe(4);
  const { ledger } = await openRig(
    next.afterPowerCut(() => 0.99),
    3,
  );
  expect(ledger.size).toBe(5);
  await ledger.close();
});
