import { expect, test } from "vitest";
import { readEntries, type ReadEntry } from "./read.ts";
import { memoryDisk, type MemoryDisk } from "./testing/memory-disk.ts";
import { DIR, MASTER_KEY, openRig, record } from "./testing/rig.ts";

async function read(disk: MemoryDisk, range: { from?: number; to?: number } = {}): Promise<ReadEntry[]> {
  const entries: ReadEntry[] = [];
  for await (const entry of readEntries(DIR, { masterKey: MASTER_KEY, disk, ...range })) entries.push(entry);
  return entries;
}

const detailOf = ({ entry }: ReadEntry): string | undefined => (entry?.kind === "alert" ? entry.detail : undefined);

test("reads bundles, then the write-ahead file, at any range", async () => {
  const disk = memoryDisk();
  const first = await openRig(disk, 1);
  await Promise.all(Array.from({ length: 599 }, (_, i) => record(first.ledger, String(i + 1))));
  await first.ledger.close();
  const { ledger } = await openRig(disk, 1);
  for (let i = 601; i < 610; i += 1) await record(ledger, String(i));
  expect((await read(disk)).length).toBe(610);
  for (const [from, to] of [
    [0, 1],
    [255, 257],
    [256, 512],
    [500, 610],
    [599, 602],
    [604, 610],
  ] as const) {
    const entries = await read(disk, { from, to });
    expect(entries.map(({ index }) => index)).toEqual(Array.from({ length: to - from }, (_, i) => from + i));
    for (const entry of entries) if (entry.entry?.kind === "alert") expect(detailOf(entry)).toBe(String(entry.index));
  }
  expect(await read(disk, { from: 610 })).toEqual([]);
  expect(await read(disk, { from: 700 })).toEqual([]);
  await ledger.close();
});

test("a reader gets everything that was durable when it began, while segments go and bundles fill", async () => {
  const disk = memoryDisk();
  const { ledger, timers } = await openRig(disk, 1);
  for (let i = 1; i < 300; i += 1) await record(ledger, String(i));
  const reader = readEntries(DIR, { masterKey: MASTER_KEY, disk });
  let next = 0;
  for await (const { index } of reader) {
    expect(index).toBe(next);
    next += 1;
    if (index % 10 !== 0) continue;
    timers.fire();
    await record(ledger, "meanwhile");
  }
  expect(next).toBeGreaterThanOrEqual(300);
  await ledger.close();
  expect((await disk.list(`${DIR}/wal`)).length).toBe(1);
});

test("a day whose key is gone is sealed; the days around it open", async () => {
  const disk = memoryDisk();
  const { ledger, clock } = await openRig(disk, 1);
  await record(ledger, "first day");
  clock.ms += 86_400_000;
  await record(ledger, "second day");
  await ledger.close();
  const days = await disk.list(`${DIR}/keys`);
  expect(days).toEqual(["2026-11-21", "2026-11-22"]);
  await disk.unlink(`${DIR}/keys/2026-11-21`);
  const entries = await read(disk);
  expect(entries.map(detailOf)).toEqual([undefined, undefined, "second day"]);
  expect(entries.map(({ kind, entry }) => [kind, entry === undefined])).toEqual([
    [1, true],
    [11, true],
    [11, false],
  ]);
});

test("no log, and a wrong master key, are coded errors", async () => {
  const disk = memoryDisk();
  await expect(read(disk)).rejects.toMatchObject({ code: "NOT_FOUND" });
  const { ledger } = await openRig(disk, 1);
  await ledger.close();
  const wrong = readEntries(DIR, { masterKey: Buffer.alloc(32, 9), disk });
  await expect(wrong.next()).rejects.toMatchObject({ code: "LEDGER_KEY_LOST" });
});
