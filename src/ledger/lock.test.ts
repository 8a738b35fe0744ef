/** The one rule for locks, and directories that cannot be made. */
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { makeDirectoryDurably, writeDurably } from "./durable-file.ts";
import { LEDGER_GUARDED, type ProcessTable, systemProcesses, takeLock } from "./lock.ts";
import { memoryDisk } from "./testing/memory-disk.ts";
import { onlyProcess } from "./testing/rig.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whosaw-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

const take = (path: string, table?: ProcessTable) => takeLock(nodeDisk(), path, LEDGER_GUARDED, table);

test("a lock is held until it is given back, and leaves nothing behind", async () => {
  const path = join(folder, "lock");
  const held = await take(path);
  expect(held.takenOver).toBe(false);
  await expect(take(path)).rejects.toMatchObject({ code: "LEDGER_LOCKED" });
  await held.release();
  expect(await readdir(folder)).toEqual([]);
});

test("a lock whose folder somebody has deleted is given back all the same", async () => {
  const inside = join(folder, "deleted");
  await mkdir(inside);
  const held = await take(join(inside, "lock"));
  await rm(inside, { recursive: true });
  await held.release();
  expect(await readdir(folder)).toEqual([]);
});

test("of many who find a dead lock, also with the right to break it left behind, one takes it over", async () => {
  const path = join(folder, "lock");
  const dead = JSON.stringify({ ...systemProcesses().self, started: "never" });
  for (const left of [[path], [path, `${path}.break`]]) {
    for (const file of left) await writeFile(file, dead);
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => take(path)));
    const taken = tries.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
    expect(taken).toHaveLength(1);
    expect(await readdir(folder)).toEqual(["lock"]);
    await taken[0]?.release();
  }
});

test("two who find a dead lock and a dead right to break it, however they are delayed: one has it", async () => {
  const path = join(folder, "lock");
  const dead = JSON.stringify({ ...systemProcesses().self, started: "never" });
  for (const file of [path, `${path}.break`]) await writeFile(file, dead);
  const slow = stopsBeforeUnlinking(`${path}.break`);
  const slower = stopsBeforeUnlinking(path);
  const tries = [takeLock(slow.disk, path, LEDGER_GUARDED)];
  await slow.stopped;
  tries.push(takeLock(slower.disk, path, LEDGER_GUARDED));
  const settled = Promise.allSettled(tries);
  await Promise.race([slower.stopped, tries[1]?.catch(() => undefined)]);
  slow.goOn();
  await tries[0]?.catch(() => undefined);
  slower.goOn();
  expect((await settled).map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

/** A disk on which the first removal of that file waits. */
function stopsBeforeUnlinking(file: string): { disk: Disk; stopped: Promise<void>; goOn: () => void } {
  const disk = nodeDisk();
  let arrived!: () => void;
  let goOn!: () => void;
  const stopped = new Promise<void>((resolve) => (arrived = resolve));
  const opened = new Promise<void>((resolve) => (goOn = resolve));
  const unlink = async (path: string): Promise<void> => {
    if (path === file) {
      arrived();
      await opened;
    }
    await disk.unlink(path);
  };
  return { disk: Object.assign(Object.create(disk) as Disk, { unlink }), stopped, goOn };
}

test("other hosts: after a reboot it is ours, another's is respected, and the error names what to remove", async () => {
  const path = join(folder, "lock");
  const { self } = onlyProcess(1);
  const held = async (holder: object): Promise<unknown> => {
    await writeFile(path, JSON.stringify({ ...self, ...holder }));
    return take(path, { self, startedOf: () => undefined }).then((lock) => lock.release());
  };
  await held({ boot: "earlier" });
  await held({ pid: 2 });
  await expect(held({ boot: "earlier", host: "there\u001b[31m" })).rejects.toMatchObject({
    message: "The ledger is held by process 1 of another machine (host name there??31m).",
    hint: `Stop the process there first. If it is gone already, which cannot be seen from here, remove ${path}.`,
  });
  await expect(held({ pidns: "pid:[2]", host: "c" })).rejects.toMatchObject({
    message: "The ledger is held by process 1 of another container of this machine (host name c).",
  });
});

test("a lock of any bytes is taken over or refused with a code", async () => {
  const table: ProcessTable = { self: onlyProcess(1).self, startedOf: () => undefined };
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
    fc
      .record({ pid: fc.integer(), started: fc.string(), boot: fc.string(), pidns: fc.string(), host: fc.string() })
      .map((value) => Buffer.from(JSON.stringify(value))),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (content) => {
      const disk = memoryDisk();
      await writeDurably(disk, "/lock", content);
      try {
        expect((await takeLock(disk, "/lock", LEDGER_GUARDED, table)).takenOver).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(WhosawError);
        expect(error).toMatchObject({ code: "LEDGER_LOCKED" });
      }
    }),
  );
});

test("directories are made one by one, for their owner alone; what is there is left alone", async () => {
  const path = join(folder, "a", "b", "c");
  expect(await makeDirectoryDurably(nodeDisk(), path)).toEqual([join(folder, "a"), join(folder, "a", "b"), path]);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect(await makeDirectoryDurably(nodeDisk(), path)).toEqual([]);
});

test.runIf(process.platform === "linux").each(["/proc/x", "/proc/x/y/ledger", "/dev/null/ledger", "/proc/self/stat"])(
  "no directory at %s: it gives up, names the place and says what to do",
  async (path) => {
    await expect(makeDirectoryDurably(nodeDisk(), path)).rejects.toMatchObject({
      name: "DirectoryFailed",
      message: expect.stringMatching(/^The directory \/\S+ cannot be made \(E[A-Z]+\)\.$/u) as string,
      hint: expect.stringContaining("another place in the configuration") as string,
    });
  },
);
