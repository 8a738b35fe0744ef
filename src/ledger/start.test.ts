/** What a start refuses, and with which words. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { ProcessTable } from "./lock.ts";
import { readEntries, type ReadEntry } from "./read.ts";
import { checkLog } from "./testing/check-log.ts";
import { memoryDisk, type MemoryDisk } from "./testing/memory-disk.ts";
import { DIR, handClock, MASTER_KEY, onlyProcess, openRig, ORIGIN, record } from "./testing/rig.ts";

async function grown(entries: number): Promise<MemoryDisk> {
  const disk = memoryDisk();
  const { ledger } = await openRig(disk, 1);
  await Promise.all(Array.from({ length: entries - 1 }, (_, i) => record(ledger, String(i))));
  await ledger.close();
  return disk;
}

async function overwrite(disk: MemoryDisk, path: string, change: (bytes: Buffer) => Uint8Array): Promise<void> {
  const before = await disk.open(path, "read");
  const bytes = Buffer.alloc(await before.length());
  await before.read(bytes, 0);
  const after = await disk.open(path, "fresh");
  after.writeNow(change(bytes), 0);
}

async function read(disk: MemoryDisk): Promise<ReadEntry[]> {
  const entries: ReadEntry[] = [];
  for await (const entry of readEntries(DIR, { masterKey: MASTER_KEY, disk })) entries.push(entry);
  return entries;
}

test("a second writer is refused, and told the first one's pid", async () => {
  const disk = memoryDisk();
  const { ledger } = await openRig(disk, 4711);
  const table: ProcessTable = { self: onlyProcess(1).self, startedOf: (pid) => (pid === 4711 ? "4711" : undefined) };
  await expect(openRig(disk, 1, { processes: table })).rejects.toMatchObject({
    code: "LEDGER_LOCKED",
    message: "The ledger is held by process 4711.",
  });
  await ledger.close();
  const next = await openRig(disk, 1, { processes: table });
  await next.ledger.close();
});

test.each<[string, ProcessTable, boolean]>([
  ["a reused pid", { self: onlyProcess(2).self, startedOf: () => "later" }, true],
  ["another boot", { self: { ...onlyProcess(2).self, boot: "next" }, startedOf: () => "1" }, true],
  ["another container", { self: { ...onlyProcess(2).self, pidns: "pid:[2]" }, startedOf: () => undefined }, false],
  [
    "another machine",
    { self: { ...onlyProcess(2).self, boot: "other", host: "there" }, startedOf: () => undefined },
    false,
  ],
])("a lock left behind, seen from %s", async (_, processes, takenOver) => {
  const disk = memoryDisk();
  await openRig(disk, 1);
  const opening = openRig(disk, 2, { processes });
  if (takenOver) await (await opening).ledger.close();
  else await expect(opening).rejects.toMatchObject({ code: "LEDGER_LOCKED" });
});

test("a restored older copy is refused", async () => {
  const disk = await grown(10);
  const older = disk.fork();
  const { ledger } = await openRig(disk, 1);
  await ledger.close();
  // The log is the older one, the witness has gone on.
  await expect(openRig(older, 1, { witnessDisk: disk })).rejects.toMatchObject({ code: "LEDGER_BEHIND_WITNESS" });
});

test("a log that lost its tail is refused, also when the copy is as long", async () => {
  const disk = await grown(10);
  const older = disk.fork();
  for (const [i, one] of [disk, older].entries()) {
    const { ledger } = await openRig(one, 1, { witnessDisk: memoryDisk() });
    await record(ledger, `history ${i}`);
    await ledger.close();
  }
  const witnessed = await openRig(disk, 1);
  await witnessed.ledger.close();
  const { ledger } = await openRig(older, 1, { witnessDisk: memoryDisk() });
  await ledger.close();
  await expect(openRig(older, 1, { witnessDisk: disk })).rejects.toMatchObject({ code: "LEDGER_BEHIND_WITNESS" });
});

test("a wrong master key, another log key, a lost log.json are refused", async () => {
  const disk = await grown(10);
  await expect(openRig(disk, 1, { masterKey: Buffer.alloc(32, 8) })).rejects.toMatchObject({ code: "LEDGER_KEY_LOST" });
  await expect(openRig(disk, 1, { logSeed: Buffer.alloc(32, 8) })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  await disk.unlink(`${DIR}/log.json`);
  await expect(openRig(disk, 1)).rejects.toMatchObject({ code: "LEDGER_DAMAGED" });
});

test("a read-only directory is refused with a sentence", async () => {
  const disk = memoryDisk();
  disk.fault = ({ name }) => (name === "mkdir" || name === "open" || name === "write" ? "EROFS" : undefined);
  await expect(openRig(disk, 1)).rejects.toMatchObject({
    code: "LEDGER_IO",
    hint: expect.stringContaining("writable"),
  });
});

test("no changed byte of the write-ahead file or the edge of the tree goes unseen", async () => {
  const disk = await grown(300);
  const segments = (await disk.list(`${DIR}/wal`)).map((name) => `${DIR}/wal/${name}`);
  const paths = [
    ...segments,
    `${DIR}/checkpoint`,
    `${DIR}/tile/0/001.p/44`,
    `${DIR}/tile/1/000.p/1`,
    `${DIR}/tile/entries/001.p/44`,
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (path, at, difference) => {
        const changed = disk.fork();
        await overwrite(changed, path, (bytes) => {
          const i = at % bytes.length;
          bytes[i] = (bytes[i] ?? 0) ^ difference;
          return bytes;
        });
        let opened: Awaited<ReturnType<typeof openRig>>;
        try {
          opened = await openRig(changed, 1);
        } catch (error) {
          expect(error).toBeInstanceOf(WhosawError);
          return;
        }
        // What may be changed without a word: signature lines that are not the log's own.
        expect(path).toBe(`${DIR}/checkpoint`);
        await opened.ledger.close();
        await checkLog(changed, DIR);
      },
    ),
    { numRuns: 150 },
  );
});

test("arbitrary bytes after the last group are cut, never taken", async () => {
  const disk = await grown(5);
  const last = (await disk.list(`${DIR}/wal`)).at(-1) ?? "";
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (garbage, withMagic) => {
      const torn = disk.fork();
      const tail = withMagic ? Buffer.concat([Buffer.from("WSG1"), garbage]) : Buffer.from(garbage);
      await overwrite(torn, `${DIR}/wal/${last}`, (bytes) => Buffer.concat([bytes, tail]));
      const { ledger } = await openRig(torn, 1);
      expect(ledger.size).toBe(6);
      await ledger.close();
      await checkLog(torn, DIR);
    }),
    { numRuns: 30 },
  );
});

test("a run begins with a heartbeat, or with a gap after silence or an unclean stop", async () => {
  const disk = await grown(1);
  const clock = handClock();
  const second = await openRig(disk, 2, { clock });
  await second.ledger.close();
  clock.ms += LIMITS.heartbeatIntervalMs + 1;
  const third = await openRig(disk, 3, { clock });
  const lastMs = clock.ms;
  await third.ledger.append({ kind: "alert", code: "TEST", detail: "then the machine stops" });
  clock.ms += 5;
  const after = disk.afterPowerCut(() => 0);
  const fourth = await openRig(after, 4, { clock });
  await fourth.ledger.close();
  expect((await read(after)).map(({ entry }) => entry)).toEqual([
    { kind: "heartbeat", sessions: 0 },
    { kind: "heartbeat", sessions: 0 },
    { kind: "gap", fromMs: handClock().ms, toMs: lastMs },
    { kind: "alert", code: "TEST", detail: "then the machine stops" },
    { kind: "gap", fromMs: lastMs, toMs: clock.ms },
  ]);
});

test("heartbeats come by the timer, also after one has failed", async () => {
  const disk = memoryDisk();
  const { ledger, timers } = await openRig(disk, 1);
  disk.fault = ({ name, path }) => (name === "write" && path.includes("/wal/") ? "ENOSPC" : undefined);
  timers.fire();
  await expect(record(ledger, "a")).rejects.toMatchObject({ code: "LEDGER_DISK_FULL" });
  disk.fault = () => undefined;
  timers.fire();
  await record(ledger, "b");
  await ledger.close();
  expect((await read(disk)).map(({ entry }) => entry?.kind)).toEqual(["heartbeat", "heartbeat", "alert"]);
  expect(ledger.origin).toBe(ORIGIN);
});

test("a closed ledger takes nothing more", async () => {
  const { ledger } = await openRig(memoryDisk(), 1);
  await ledger.close();
  await expect(record(ledger, "late")).rejects.toMatchObject({ code: "LEDGER_CLOSED" });
});
