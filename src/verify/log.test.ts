import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { verifyLog, type VerifyOptions } from "./log.ts";
import type { VerifyReport } from "./report.ts";
import {
  naiveCheckpoint,
  naiveFiles,
  naiveKey,
  naiveLog,
  writeFiles,
  type NaiveEntry,
  type NaiveLayout,
} from "./testing/naive.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-verify-"));
afterAll(() => rmSync(root, { recursive: true }));
const masterKey = Buffer.alloc(32, 7);
const START = Date.UTC(2026, 10, 21, 12);
let made = 0;

function sample(count: number, stepMs = 1_000): NaiveEntry[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: i % 30 === 0 ? 1 : 4,
    time: START + i * stepMs,
    payload: [i],
  }));
}

async function verifyFiles(
  files: ReadonlyMap<string, Buffer>,
  vkey: string,
  options: Omit<VerifyOptions, "vkey"> = {},
): Promise<VerifyReport> {
  const dir = join(root, String(made++));
  mkdirSync(dir);
  writeFiles(dir, files);
  const report = await verifyLog(dir, { vkey, ...options });
  rmSync(dir, { recursive: true });
  return report;
}

const codes = (report: VerifyReport): string[] => report.findings.map((finding) => finding.code);
const log = naiveLog("acme.example/gw-1", masterKey, sample(700));
const layout: NaiveLayout = { size: 600, groupSize: 20, walFrom: 400, segmentGroups: 4 };
const files = naiveFiles(log, layout);
const changed = (path: string, change: (bytes: Buffer) => Buffer): Map<string, Buffer> =>
  new Map([...files, [path, change(Buffer.from(files.get(path)!))]]);
const without = (path: string): Map<string, Buffer> => new Map([...files].filter(([name]) => name !== path));

describe("a sound log", () => {
  test.each([0, 1, 2, 255, 256, 257, 511, 512, 513, 700])(
    "of %i entries under the checkpoint verifies",
    async (size) => {
      const report = await verifyFiles(naiveFiles(log, { size }), log.vkey);
      expect(report.findings).toEqual([]);
      expect(report).toMatchObject({ ok: true, size, beyondCheckpoint: 700 - size, protectedBy: undefined });
    },
  );

  test("with three levels of tiles verifies", async () => {
    const many = naiveLog("acme.example/gw-1", masterKey, sample(66_000, 10));
    const report = await verifyFiles(naiveFiles(many, { size: 65_900, groupSize: 1_000 }), many.vkey);
    expect(report.findings).toEqual([]);
  }, 60_000);

  test("may keep old partial tiles, and tiles newer than its checkpoint", async () => {
    const all = new Map([690, 517, 600].flatMap((size) => [...naiveFiles(log, { ...layout, size })]));
    expect((await verifyFiles(all, log.vkey)).findings).toEqual([]);
  });

  test("is protected as far as a witness or an older checkpoint reaches", async () => {
    const witness = { name: "acme.example/witness", ...naiveKey("acme.example/witness", 4) };
    const cosigned = new Map([...files, ["checkpoint", naiveCheckpoint(log, 600, [witness])]]);
    const seen = await verifyFiles(cosigned, log.vkey, { witnesses: [witness.vkey] });
    expect(seen).toMatchObject({ ok: true, protectedBy: { name: witness.name, size: 600 } });
    const stripped = await verifyFiles(files, log.vkey, { witnesses: [witness.vkey] });
    expect(stripped.findings).toMatchObject([{ code: "WITNESS_MISSING", file: "checkpoint" }]);
    const kept = { name: "old", bytes: naiveCheckpoint(log, 500, [witness]) };
    const partly = await verifyFiles(files, log.vkey, { witnesses: [witness.vkey], checkpoint: kept });
    expect(partly).toMatchObject({ ok: true, protectedBy: { size: 500 } });
    for (const size of [0, 1, 255, 256, 300, 512, 600]) {
      const checkpoint = { name: "old", bytes: naiveCheckpoint(log, size) };
      const report = await verifyFiles(files, log.vkey, { checkpoint });
      expect(report).toMatchObject({ ok: true, protectedBy: { name: "old", size } });
    }
  });

  test("may end in a group whose writing was interrupted, and nowhere else", async () => {
    const last = "wal/0000000000000640";
    const groupStart = files.get(last)!.lastIndexOf("WSG1");
    for (const cut of [1, 5, 11, 12, 30, 50, 56, 57, 200]) {
      const report = await verifyFiles(
        changed(last, (bytes) => bytes.subarray(0, groupStart + cut)),
        log.vkey,
      );
      expect(report).toMatchObject({ ok: true, beyondCheckpoint: 80 });
      expect(report.notes.join()).toContain("interrupted");
      const middle = await verifyFiles(
        changed("wal/0000000000000560", (bytes) => bytes.subarray(0, cut)),
        log.vkey,
      );
      expect(codes(middle)).toContain("WAL_DAMAGED");
    }
  });
});

describe("a changed log", () => {
  test("one flipped bit in any byte is found", async () => {
    const few = naiveLog("acme.example/gw-1", masterKey, sample(270));
    const small = naiveFiles(few, { size: 265, groupSize: 5, walFrom: 255 });
    const dir = join(root, "flips");
    writeFiles(dir, small);
    const missed: string[] = [];
    for (const [path, bytes] of small) {
      // Day keys are opaque without the master key; the writer and readers check them.
      if (path.startsWith("keys/")) continue;
      const step = bytes.length > 3_000 ? 151 : bytes.length > 800 ? 13 : 1;
      for (let at = 0; at < bytes.length; at += step) {
        const flipped = Buffer.from(bytes);
        flipped[at]! ^= 1 << (at % 8);
        writeFileSync(join(dir, path), flipped);
        const report = await verifyLog(dir, { vkey: few.vkey });
        const named = report.findings.some((finding) => finding.file === path);
        if (report.ok || !named) missed.push(`${path}@${at}: ${codes(report).join()}`);
      }
      writeFileSync(join(dir, path), bytes);
    }
    expect(missed).toEqual([]);
  }, 60_000);

  test("a changed entry is named by its index, in a full and in a partial bundle", async () => {
    for (const [path, index] of [
      ["tile/entries/000", 100],
      ["tile/entries/002.p/88", 530],
    ] as const) {
      const at = files.get(path)!.indexOf(log.entries[index]!) + 20;
      const report = await verifyFiles(
        changed(path, (bytes) => bytes.fill(bytes[at]! ^ 1, at, at + 1)),
        log.vkey,
      );
      expect(report.findings[0]).toMatchObject({ code: "ENTRY_CHANGED", index, file: path, offset: at - 22 });
      expect(report.firstBadIndex).toBe(index);
    }
  });

  test("a changed hash is told from a changed entry", async () => {
    for (const [path, slot] of [
      ["tile/0/001", 9],
      ["tile/0/002.p/88", 3],
      ["tile/1/000.p/2", 1],
    ] as const) {
      const report = await verifyFiles(
        changed(path, (bytes) => bytes.fill(0, slot * 32, slot * 32 + 1)),
        log.vkey,
      );
      expect(report.findings[0]).toMatchObject({ code: "TILE_CHANGED", file: path, offset: slot * 32 });
    }
  });

  const rebuilt = (entries: readonly Buffer[], size: number): Map<string, Buffer> =>
    new Map([...naiveFiles({ ...log, entries }, { ...layout, size }), ["checkpoint", files.get("checkpoint")!]]);
  const swap = log.entries.with(10, log.entries[11]!).with(11, log.entries[10]!);

  test.each([
    ["removed", log.entries.toSpliced(300, 1)],
    ["inserted", log.entries.toSpliced(300, 0, log.entries[300]!)],
    ["reordered", swap],
  ])("an entry %s, with bundle alone, or with everything but the signature", async (_, entries) => {
    const bundles = naiveFiles({ ...log, entries }, layout);
    const mixed = new Map(
      [...files].map(([path, bytes]) => [path, path.startsWith("tile/entries") ? bundles.get(path)! : bytes]),
    );
    const named = await verifyFiles(mixed, log.vkey);
    expect(named.firstBadIndex).toBe(entries === swap ? 10 : 300 + Number(log.entries[300] === entries[300]));
    const unsigned = await verifyFiles(rebuilt(entries, 600), log.vkey);
    expect(codes(unsigned)).toContain("ROOT_MISMATCH");
  });

  test("entries signed again by the log key fork from an older checkpoint", async () => {
    const entries = log.entries.toSpliced(300, 1);
    const forged = naiveFiles({ ...log, entries }, layout);
    expect(await verifyFiles(forged, log.vkey)).toMatchObject({ ok: true });
    const old = await verifyFiles(forged, log.vkey, { checkpoint: { name: "old", bytes: naiveCheckpoint(log, 400) } });
    expect(codes(old)).toEqual(["HISTORY_FORKED"]);
    expect(old.protectedBy).toBeUndefined();
  });

  test("a truncated tail is found by an older checkpoint", async () => {
    const cut = naiveFiles({ ...log, entries: log.entries.slice(0, 500) }, { ...layout, size: 500 });
    const report = await verifyFiles(cut, log.vkey, { checkpoint: { name: "old", bytes: naiveCheckpoint(log, 600) } });
    expect(report.findings).toMatchObject([{ code: "LOG_TRUNCATED", index: 500 }]);
  });

  test("missing files are named", async () => {
    for (const path of files.keys()) {
      // A day key that is gone is a day that has expired.
      if (path.startsWith("keys/")) continue;
      const report = await verifyFiles(without(path), log.vkey);
      if (path === "wal/0000000000000400") {
        // The oldest segment may go: its entries are in bundles.
        expect(report).toMatchObject({ ok: true, beyondCheckpoint: 100 });
        continue;
      }
      if (path === "wal/0000000000000640") {
        // Entries that no checkpoint covers yet leave no trace: the report says how many there are.
        expect(report).toMatchObject({ ok: true, beyondCheckpoint: 40 });
        continue;
      }
      const expected = path.startsWith("wal/") ? "WAL_" : path.startsWith("tile") ? "_MISSING" : "_M";
      expect({ path, codes: codes(report).join() }).toEqual({ path, codes: expect.stringContaining(expected) });
    }
  });

  test("a log without a checkpoint is not verified, whatever else is there", async () => {
    const unsigned = new Map([...files].filter(([path]) => path !== "checkpoint"));
    const young = new Map([...naiveFiles(log, { size: 0 })].filter(([path]) => path !== "checkpoint"));
    for (const some of [unsigned, young]) {
      expect(await verifyFiles(some, log.vkey)).toMatchObject({
        ok: false,
        findings: [{ code: "CHECKPOINT_MALFORMED" }],
      });
    }
  });

  test("files that no log of this size has are named", async () => {
    for (const path of [
      "tile/entries/003",
      "tile/0/x001/000",
      "tile/2/000.p/1",
      "tile/7/000",
      "tile/entries/000.p/256",
      "wal/x",
      "tile/0/a",
    ]) {
      const report = await verifyFiles(new Map([...files, [path, Buffer.from("x")]]), log.vkey);
      expect({ path, findings: report.findings }).toMatchObject({ path, findings: [{ code: "FILE_UNEXPECTED" }] });
    }
    const leftover = await verifyFiles(new Map([...files, ["tile/0/002.p/9.tmp", Buffer.from("x")]]), log.vkey);
    expect(leftover).toMatchObject({ ok: true, notes: [expect.stringContaining("leftover")] });
  });

  test("a signature of another key, and another key altogether", async () => {
    const other = naiveLog(log.origin, masterKey, sample(700));
    const forged = new Map([...files, ["checkpoint", naiveCheckpoint(other, 600)]]);
    expect(codes(await verifyFiles(forged, log.vkey))).toContain("CHECKPOINT_UNSIGNED");
    expect(codes(await verifyFiles(files, other.vkey))).toContain("IDENTITY_MISMATCH");
    await expect(verifyFiles(files, "nonsense")).rejects.toMatchObject({ code: "USAGE" });
  });
});

describe("time", () => {
  const timed = async (entries: NaiveEntry[]): Promise<VerifyReport> => {
    const one = naiveLog("acme.example/gw-1", masterKey, entries);
    return verifyFiles(naiveFiles(one, { size: entries.length - 1 }), one.vkey);
  };
  const at = (kind: number, seconds: number): NaiveEntry => ({ kind, time: START + seconds * 1_000, payload: [0] });

  test("never runs backwards, not even across the checkpoint", async () => {
    expect((await timed([at(1, 0), at(4, 10), at(4, 9), at(4, 11)])).findings).toMatchObject([
      { code: "TIME_BACKWARDS", index: 2 },
    ]);
    expect((await timed([at(1, 0), at(4, 10), at(4, 9)])).findings).toMatchObject([
      { code: "TIME_BACKWARDS", index: 2 },
    ]);
  });

  test("silence needs a gap entry", async () => {
    expect((await timed([at(1, 0), at(4, 121), at(4, 130)])).findings).toMatchObject([
      { code: "HEARTBEAT_SILENCE", index: 1 },
    ]);
    expect((await timed([at(1, 0), at(2, 500), at(4, 600)])).findings).toEqual([]);
    expect((await timed([at(1, 0), at(1, 500), at(4, 600)])).findings).toMatchObject([
      { code: "HEARTBEAT_SILENCE", index: 1 },
    ]);
  });

  test("an unknown kind is a note", async () => {
    expect(await timed([at(1, 0), at(99, 1), at(1, 2)])).toMatchObject({
      ok: true,
      notes: [expect.stringContaining("first at 1")],
    });
  });
});

test("directories in place of files, and files in place of directories, are findings", async () => {
  for (const path of [...files.keys()].filter((name) => !name.startsWith("keys/"))) {
    const inside = await verifyFiles(new Map([...without(path), [`${path}/inside`, Buffer.from("x")]]), log.vkey);
    expect({ path, ok: inside.ok }).toEqual({ path, ok: false });
  }
  for (const directory of ["wal", "tile", "tile/entries", "tile/0", "tile/1"]) {
    const rest = [...files].filter(([name]) => !name.startsWith(`${directory}/`));
    const report = await verifyFiles(new Map([...rest, [directory, Buffer.from("x")]]), log.vkey);
    expect({ directory, ok: report.ok }).toEqual({ directory, ok: false });
  }
});

test("bytes from anywhere never crash the verifier", async () => {
  const dir = join(root, "fuzz");
  writeFiles(dir, files);
  const edit = fc.tuple(
    fc.nat(),
    fc.constantFrom("flip", "cut", "insert", "replace"),
    fc.uint8Array({ maxLength: 40 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...[...files.keys()].filter((path) => !path.startsWith("keys/"))),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      async (path, edits) => {
        const original = files.get(path)!;
        let bytes = Buffer.from(original);
        for (const [where, how, some] of edits) {
          const spot = where % (bytes.length + 1);
          if (how === "flip" && spot < bytes.length) bytes[spot]! ^= 1 + (where % 255);
          if (how === "cut") bytes = bytes.subarray(0, spot);
          if (how === "insert") bytes = Buffer.concat([bytes.subarray(0, spot), some, bytes.subarray(spot)]);
          if (how === "replace") bytes = Buffer.from(some);
        }
        writeFileSync(join(dir, path), bytes);
        const report = await verifyLog(dir, { vkey: log.vkey });
        writeFileSync(join(dir, path), original);
        const tornTail = path === "wal/0000000000000640" && report.beyondCheckpoint < 100;
        const sameText = path === "log.json" && `${bytes.toString()}\n` === original.toString();
        expect(report.ok ? bytes.equals(original) || tornTail || sameText : !bytes.equals(original)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
