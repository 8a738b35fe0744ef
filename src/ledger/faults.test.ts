/** Disks that are full, read-only or broken: nothing is released, and nothing is lost that was. */
import { expect, test } from "vitest";
import { readEntries } from "./read.ts";
import { checkLog } from "./testing/check-log.ts";
import { memoryDisk, type Fault, type MemoryDisk, type Operation } from "./testing/memory-disk.ts";
import { DIR, MASTER_KEY, openRig, record, type Rig } from "./testing/rig.ts";

const onWal = ({ name, path }: Operation, operation: Operation["name"]): boolean =>
  name === operation && path.includes("/wal/");

function failOnce(disk: MemoryDisk, when: (operation: Operation) => boolean, fault: Fault): void {
  disk.fault = (operation) => {
    if (!when(operation)) return undefined;
    disk.fault = () => undefined;
    return fault;
  };
}

async function details(disk: MemoryDisk): Promise<string[]> {
  const found: string[] = [];
  for await (const { entry } of readEntries(DIR, { masterKey: MASTER_KEY, disk }))
    if (entry?.kind === "alert") found.push(entry.detail);
  return found;
}

async function closeAndCheck(rig: Rig, disk: MemoryDisk, expected: readonly string[]): Promise<void> {
  await rig.ledger.close();
  const { entries, checkpointSize } = await checkLog(disk, DIR);
  expect(checkpointSize).toBe(entries.length);
  expect(await details(disk)).toEqual(expected);
}

test.each([
  ["ENOSPC", "LEDGER_DISK_FULL", "53100"],
  ["EIO", "LEDGER_IO", "58030"],
  ["EROFS", "LEDGER_IO", "58030"],
] as const)("%s on a write fails what is enlisted, and the next attempt succeeds", async (fault, code, sqlstate) => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  await record(rig.ledger, "before");
  failOnce(disk, (operation) => onWal(operation, "write"), fault);
  const both = await Promise.allSettled([record(rig.ledger, "a"), record(rig.ledger, "b")]);
  expect(both.map((one) => one.status === "rejected" && one.reason)).toEqual([
    expect.objectContaining({ code, sqlstate }),
    expect.objectContaining({ code }),
  ]);
  expect(rig.ledger.health).toMatchObject({ status: "red", error: { code } });
  const receipt = await record(rig.ledger, "after");
  expect(receipt.firstIndex).toBe(2);
  expect(rig.ledger.health).toEqual({ status: "green" });
  expect(rig.health.map(({ status }) => status)).toEqual(["red", "green"]);
  expect(rig.fatal).toEqual([]);
  await closeAndCheck(rig, disk, ["before", "after"]);
});

test("a write that is short and then finds no space leaves nothing behind", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  let writes = 0;
  disk.fault = (operation) => {
    if (!onWal(operation, "write")) return undefined;
    writes += 1;
    return writes === 1 ? "short" : writes === 2 ? "ENOSPC" : undefined;
  };
  await expect(record(rig.ledger, "torn")).rejects.toMatchObject({ code: "LEDGER_DISK_FULL" });
  await record(rig.ledger, "after");
  await closeAndCheck(rig, disk, ["after"]);
});

test("a short write alone is completed", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  failOnce(disk, (operation) => onWal(operation, "write"), "short");
  await record(rig.ledger, "whole");
  await closeAndCheck(rig, disk, ["whole"]);
});

test("a torn end that cannot be cut is not written over", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  disk.fault = (operation) => (onWal(operation, "write") ? "ENOSPC" : onWal(operation, "truncate") ? "EIO" : undefined);
  await expect(record(rig.ledger, "a")).rejects.toMatchObject({ code: "LEDGER_DISK_FULL" });
  await expect(record(rig.ledger, "b")).rejects.toMatchObject({ code: "LEDGER_IO" });
  disk.fault = () => undefined;
  await record(rig.ledger, "c");
  await closeAndCheck(rig, disk, ["c"]);
});

test("a failed sync is final: everything fails, the process is told to stop, the next start goes on", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  await record(rig.ledger, "before");
  failOnce(disk, (operation) => onWal(operation, "sync"), "EIO");
  await expect(record(rig.ledger, "lost")).rejects.toMatchObject({ code: "LEDGER_IO" });
  expect(rig.fatal).toMatchObject([{ code: "LEDGER_IO" }]);
  await expect(record(rig.ledger, "later")).rejects.toMatchObject({ code: "LEDGER_IO" });
  expect(rig.ledger.health).toMatchObject({ status: "red" });
  await expect(rig.ledger.close()).rejects.toMatchObject({ code: "LEDGER_IO" });
  const after = disk.afterPowerCut(() => 0);
  const next = await openRig(after, 2);
  await record(next.ledger, "after");
  await next.ledger.close();
  await checkLog(after, DIR);
  const found = await details(after);
  // The group whose sync failed may have reached the disk; what had a receipt must have.
  expect(found.filter((detail) => detail !== "lost")).toEqual(["before", "after"]);
});

test("tiles that cannot be written turn health red and are made up for", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  disk.fault = ({ name, path }) => (name === "write" && path.includes("/tile/") ? "ENOSPC" : undefined);
  await Promise.all(Array.from({ length: 300 }, (_, i) => record(rig.ledger, String(i))));
  await expect(rig.ledger.close()).rejects.toMatchObject({ code: "LEDGER_DISK_FULL" });
  disk.fault = () => undefined;
  const next = await openRig(disk, 2);
  await closeAndCheck(
    next,
    disk,
    Array.from({ length: 300 }, (_, i) => String(i)),
  );
});

test("no checkpoint is published that the witness has not signed", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  await record(rig.ledger, "a");
  disk.fault = ({ name, path }) => (name === "write" && path.includes("/witness/") ? "EIO" : undefined);
  const { checkpointSize } = await checkLog(disk, DIR);
  await expect(rig.ledger.close()).rejects.toMatchObject({ code: "LEDGER_IO" });
  expect((await checkLog(disk, DIR)).checkpointSize).toBe(checkpointSize);
});

test("the last segment with a group in it stays while the next one is empty", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  const long = "x".repeat(700);
  await record(rig.ledger, long);
  failOnce(disk, (operation) => onWal(operation, "write"), "ENOSPC");
  await expect(record(rig.ledger, "in the next segment")).rejects.toMatchObject({ code: "LEDGER_DISK_FULL" });
  await rig.ledger.close();
  const next = await openRig(disk, 2);
  await closeAndCheck(next, disk, [long]);
});

test("a source that throws or brings too much fails alone", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  const good = record(rig.ledger, "good");
  const huge = record(rig.ledger, "x".repeat(70_000));
  const bug = new Promise((durable, failed) => {
    rig.ledger.enlist({
      drain: (group) => {
        group.add({ kind: "alert", code: "TEST", detail: "half" });
        throw new Error("bug");
      },
      durable,
      failed,
    });
  });
  const last = record(rig.ledger, "last");
  await expect(huge).rejects.toMatchObject({ code: "ROW_TOO_LARGE" });
  await expect(bug).rejects.toMatchObject({ code: "INTERNAL" });
  expect([(await good).firstIndex, (await last).firstIndex]).toEqual([1, 2]);
  await closeAndCheck(rig, disk, ["good", "last"]);
});

test("a form is written once a day, and again if its group failed", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  const key = {};
  const recordForm = (): Promise<number> =>
    new Promise((resolve, reject) => {
      let index = -1;
      rig.ledger.enlist({
        drain: (group) => {
          index = group.form(key, () => ({ kind: "form", fingerprint: "00", text: "select", uses: [], scope: false }));
          group.add({ kind: "disclosure", statement: index, blocks: [], outcome: undefined });
        },
        durable: () => resolve(index),
        failed: reject,
      });
    });
  failOnce(disk, (operation) => onWal(operation, "write"), "ENOSPC");
  await expect(recordForm()).rejects.toMatchObject({ code: "LEDGER_DISK_FULL" });
  expect([await recordForm(), await recordForm()]).toEqual([1, 1]);
  rig.clock.ms += 86_400_000;
  expect([await recordForm(), await recordForm()]).toEqual([4, 4]);
  expect(rig.ledger.size).toBe(7);
  await closeAndCheck(rig, disk, []);
});

test("a log that is open has a checkpoint over what recovery found", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  expect((await checkLog(disk, DIR)).checkpointSize).toBe(1);
  await record(rig.ledger, "durable, and under no checkpoint when the process dies");
  const afterwards = disk.fork();
  await openRig(afterwards, 2);
  expect((await checkLog(afterwards, DIR)).checkpointSize).toBe(3);
});

test("time never goes back; a clock that does turns health red", async () => {
  const disk = memoryDisk();
  const rig = await openRig(disk, 1);
  rig.clock.ms -= 1_000;
  await record(rig.ledger, "a little");
  expect(rig.ledger.health.status).toBe("green");
  rig.clock.ms -= 1;
  await record(rig.ledger, "too much");
  expect(rig.ledger.health).toMatchObject({ status: "red", error: { code: "CLOCK_SKEW" } });
  rig.clock.ms += 5_000;
  await record(rig.ledger, "right again");
  expect(rig.ledger.health.status).toBe("green");
  await closeAndCheck(rig, disk, ["a little", "too much", "right again"]);
});

test("a witness that has seen another history stops the writer", async () => {
  const disk = memoryDisk();
  const witnessDisk = memoryDisk();
  const rig = await openRig(disk, 1, { witnessDisk });
  await record(rig.ledger, "common");
  await rig.ledger.close();
  const running = await openRig(disk, 1, { witnessDisk });
  // A copy of the running log goes on elsewhere, under the same witness.
  const copy = await openRig(disk.fork(), 2, { witnessDisk });
  await record(copy.ledger, "another history");
  await copy.ledger.close();
  await record(running.ledger, "mine");
  await expect(running.ledger.close()).rejects.toMatchObject({ code: "LEDGER_BEHIND_WITNESS" });
  expect(running.fatal).toMatchObject([{ code: "LEDGER_BEHIND_WITNESS" }]);
  // What it had published before still stands.
  expect((await checkLog(disk, DIR)).checkpointSize).toBeLessThan(running.ledger.size);
});
