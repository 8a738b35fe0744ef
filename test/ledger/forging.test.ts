/**
 * What a forger does who owns the disk: pieces of real logs, put where they do not belong. Without the log's key, `verify`
 * finds it; with the key, a checkpoint kept elsewhere does, and the seals: an entry opens in its log, day and place only.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readEntries } from "../../src/ledger/read.ts";
import { verifyLog, type VerifyOptions } from "../../src/verify/log.ts";
import type { VerifyReport } from "../../src/verify/report.ts";
import {
  naiveCheckpoint,
  naiveFiles,
  type NaiveLayout,
  naiveLog,
  type NaiveLog,
  writeFiles,
} from "../../src/verify/testing/naive.ts";

type Files = ReadonlyMap<string, Buffer>;

const root = mkdtempSync(join(tmpdir(), "whosaw-forging-"));
afterAll(() => rmSync(root, { recursive: true }));
const masterKey = Buffer.alloc(32, 7);
/** The middle of the log is a midnight. */
const COUNT = 300;
const START = Date.UTC(2026, 10, 21, 24) - 15_000;
const layout: NaiveLayout = { size: 290, groupSize: 10, walFrom: 0, segmentGroups: 10 };
let made = 0;

/** Entries of two logs of one installation: same times, same lengths, same master key, and other origins. */
const logOf = (origin: string, target: string): NaiveLog =>
  naiveLog(
    origin,
    masterKey,
    Array.from({ length: COUNT }, (_, i) => ({
      kind: 10,
      time: START + i * 100,
      payload: ["uid:0", "who-saw", `customer:${target}`, i],
    })),
  );
const log = logOf("acme.example/gw-1", "4711");
const other = logOf("acme.example/gw-2", "4712");
const files = naiveFiles(log, layout);
const others = naiveFiles(other, layout);

function placed(some: Files): string {
  const dir = join(root, String(made++));
  writeFiles(dir, some);
  return dir;
}

const verified = (some: Files, options: Omit<VerifyOptions, "vkey"> = {}): Promise<VerifyReport> =>
  verifyLog(placed(some), { vkey: log.vkey, ...options });
const replaced = (path: string, bytes: Buffer): Files => new Map([...files, [path, bytes]]);
const codes = ({ findings }: VerifyReport): string[] => findings.map(({ code }) => code);
/** Everything made anew around other entries: with the log's key, or under the checkpoint that it had signed before. */
const rebuilt = (entries: readonly Buffer[]): Files => naiveFiles({ ...log, entries }, layout);
const unsigned = (entries: readonly Buffer[]): Files =>
  new Map([...rebuilt(entries), ["checkpoint", files.get("checkpoint")!]]);

/** The index at which a reader with the master key stops, and why. */
async function readingStops(some: Files): Promise<{ index: number; code: unknown } | undefined> {
  let index = 0;
  try {
    for await (const { entry } of readEntries(placed(some), { masterKey })) {
      if (entry === undefined) return { index, code: "expired" };
      index += 1;
    }
    return undefined;
  } catch (error) {
    return { index, code: (error as { code?: unknown }).code };
  }
}

test("both logs are sound, and everything in them can be read", async () => {
  expect(await verified(files)).toMatchObject({ ok: true, findings: [] });
  expect(await verifyLog(placed(others), other)).toMatchObject({ ok: true, findings: [] });
  expect(await readingStops(files)).toBeUndefined();
  // Nothing but contents tells them apart: every file has its counterpart of the same length (keys and names aside).
  for (const [path, bytes] of others)
    if (/^(?:tile|wal)/u.test(path)) expect(files.get(path)).toHaveLength(bytes.length);
});

/** The first entry of the second day is 150. */
const TRANSPLANTS: readonly (readonly [name: string, index: number, graft: Buffer])[] = [
  ["the entry of another log, from the same index and time", 7, other.entries[7]!],
  ["an entry of the same day, from another index", 7, log.entries[9]!],
  ["an entry of another day", 7, log.entries[200]!],
  ["an entry of the bundle after it, from the same place in it", 7, log.entries[263]!],
  ["an entry that was recorded twice", 8, log.entries[7]!],
];

describe.each(TRANSPLANTS)("%s", (_name, index, graft) => {
  const entries = log.entries.with(index, graft);

  test("in a bundle, or in the write-ahead file alone, is named", async () => {
    const path = "tile/entries/000";
    const bundled = await verified(replaced(path, rebuilt(entries).get(path)!));
    expect(bundled.firstBadIndex).toBe(index);
    expect(bundled.findings).toContainEqual(expect.objectContaining({ code: "ENTRY_CHANGED", index, file: path }));
    const wal = "wal/0000000000000000";
    const report = await verified(replaced(wal, rebuilt(entries).get(wal)!));
    expect(report.findings).toContainEqual(expect.objectContaining({ code: "WAL_ENTRY_CHANGED", index, file: wal }));
  });

  test("with bundles, tiles and groups made anew, does not hash to what was signed", async () => {
    expect(codes(await verified(unsigned(entries)))).toContain("ROOT_MISMATCH");
  });

  test("signed again, opens for nobody, and is no continuation of what was kept", async () => {
    const forged = rebuilt(entries);
    expect(await readingStops(forged)).toEqual({ index, code: "LEDGER_DAMAGED" });
    const kept = { name: "kept", bytes: naiveCheckpoint(log, 100) };
    expect(codes(await verified(forged, { checkpoint: kept }))).toContain("HISTORY_FORKED");
  });
});

test("entries in another order, everything made anew but the signature", async () => {
  const order = [...log.entries];
  [order[20], order[21]] = [order[21]!, order[20]!];
  const report = await verified(unsigned(order));
  expect(codes(report)).toContain("ROOT_MISMATCH");
  expect(codes(report)).toContain("TIME_BACKWARDS");
  expect(await readingStops(rebuilt(order))).toEqual({ index: 20, code: "LEDGER_DAMAGED" });
});

describe("a file of another log of the same size", () => {
  test.each([...files.keys()].filter((path) => others.has(path) && !path.startsWith("keys/")))("%s", async (path) => {
    const report = await verified(replaced(path, others.get(path)!));
    expect(report.ok).toBe(false);
    expect(report.findings.map(({ file }) => file)).toContain(path);
    expect(report.protectedBy).toBeUndefined();
  });

  test("all of them", async () => {
    const report = await verified(others);
    expect(codes(report)).toContain("IDENTITY_MISMATCH");
    expect(codes(report)).toContain("CHECKPOINT_MALFORMED");
  });

  test("all but log.json: the checkpoint speaks for another log", async () => {
    const report = await verified(new Map([...others, ["log.json", files.get("log.json")!]]));
    expect(codes(report)).toContain("CHECKPOINT_MALFORMED");
  });

  test("of the same name, made anew under another key", async () => {
    const twin = logOf(log.origin, "4711");
    expect(codes(await verified(naiveFiles(twin, layout)))).toEqual(
      expect.arrayContaining(["IDENTITY_MISMATCH", "CHECKPOINT_UNSIGNED"]),
    );
    expect(codes(await verified(replaced("checkpoint", naiveCheckpoint(twin, layout.size))))).toContain(
      "CHECKPOINT_UNSIGNED",
    );
  });
});

describe("day keys", () => {
  const [first = "", second = ""] = [...log.dayKeys.keys()];

  test.each([
    ["of another day", new Map([[first, log.dayKeys.get(second)!]]), 0],
    ["of another log", new Map([[second, other.dayKeys.get(second)!]]), 150],
  ])("%s", async (_name, keys, index) => {
    expect(await readingStops(new Map([...files, ...keys]))).toEqual({ index, code: "LEDGER_KEY_LOST" });
  });
});

describe("an older checkpoint of the log itself, played again", () => {
  const older = replaced("checkpoint", naiveCheckpoint(log, 200));

  test("covers less, says so, and is found by whoever kept a newer one", async () => {
    expect(await verified(older)).toMatchObject({ size: 200, beyondCheckpoint: COUNT - 200 });
    const kept = { name: "kept", bytes: naiveCheckpoint(log, layout.size) };
    expect(codes(await verified(older, { checkpoint: kept }))).toContain("LOG_TRUNCATED");
  });

  test("with the log cut to it, is found by whoever kept a newer one", async () => {
    const cut = naiveFiles({ ...log, entries: log.entries.slice(0, 200) }, { ...layout, size: 200 });
    expect(await verified(cut)).toMatchObject({ ok: true, size: 200 });
    const kept = { name: "kept", bytes: naiveCheckpoint(log, 201) };
    const report = await verified(cut, { checkpoint: kept });
    expect(report).toMatchObject({ ok: false, findings: [{ code: "LOG_TRUNCATED", index: 200 }] });
  });

  test("does not hide a change below it", async () => {
    const changed = rebuilt(log.entries.with(7, other.entries[7]!));
    const report = await verified(new Map([...changed, ["checkpoint", naiveCheckpoint(log, 200)]]));
    expect(codes(report)).toContain("ROOT_MISMATCH");
  });
});
