/**
 * Two implementations of docs/ledger-format.md against each other: what the writer writes the verifier accepts, and
 * what the naive builder writes the writer goes on with and the reader reads.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { witnessSigner } from "../../src/ledger/checkpoint.ts";
import { nodeDisk } from "../../src/ledger/disk.ts";
import type { Entry } from "../../src/ledger/entry.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/log.ts";
import { readEntries, type ReadEntry } from "../../src/ledger/read.ts";
import { localWitness } from "../../src/ledger/witness.ts";
import { verifyLog, type VerifyOptions } from "../../src/verify/log.ts";
import { checkProof, makeProof } from "../../src/verify/proof.ts";
import type { VerifyReport } from "../../src/verify/report.ts";
import { naiveFiles, naiveLog, writeFiles } from "../../src/verify/testing/naive.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-cross-"));
afterAll(() => rmSync(root, { recursive: true }));
const origin = "acme.example/gw-1";
const masterKey = Buffer.alloc(32, 7);
const logSeed = Buffer.alloc(32, 1);
const START = Date.UTC(2026, 10, 21, 12);
const DAY_MS = 86_400_000;
const signer = witnessSigner("acme.example/witness", Buffer.alloc(32, 2));

/** Opens with a clock that stands still, and with or without the witness. */
function open(dir: string, options: { nowMs?: number; seed?: Uint8Array; witnessed?: boolean } = {}): Promise<Ledger> {
  const clock = { nowMs: () => options.nowMs ?? START };
  const witness = localWitness({ dir: `${dir}-witness`, disk: nodeDisk(), signer, clock });
  return openLedger({
    dir,
    origin,
    logSeed: options.seed ?? logSeed,
    masterKey,
    clock,
    witness: options.witnessed === false ? undefined : witness,
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: () => undefined,
  });
}

const look = (results: number): Entry => ({
  kind: "look",
  by: "uid:0",
  command: "who-saw",
  target: "customer:4711",
  results,
});

/** Appends so that several entries share a group, in `rounds` groups at least. */
async function fill(ledger: Ledger, count: number, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await Promise.all(Array.from({ length: Math.ceil(count / rounds) }, (_, i) => ledger.append(look(i))));
  }
}

const vkeyOf = (dir: string): string =>
  (JSON.parse(readFileSync(join(dir, "log.json"), "utf8")) as { vkey: string }).vkey;
const verify = (dir: string, options: Omit<VerifyOptions, "vkey"> = {}): Promise<VerifyReport> =>
  verifyLog(dir, { vkey: vkeyOf(dir), ...options });

async function readAll(dir: string): Promise<ReadEntry[]> {
  const all: ReadEntry[] = [];
  for await (const entry of readEntries(dir, { masterKey })) all.push(entry);
  return all;
}

describe("a log that the writer wrote", () => {
  test("verifies, closed, after restarts, and while it is open", async () => {
    const dir = join(root, "writer");
    for (const [run, count] of [3, 250, 400, 70, 0].entries()) {
      const ledger = await open(dir, { nowMs: START + run * 3_600_000 });
      await fill(ledger, count, 4);
      // The first checkpoint comes within a second; before it nothing is signed.
      if (run > 0) {
        const live = await verify(dir);
        expect(live.findings).toEqual([]);
        expect(live.size + live.beyondCheckpoint).toBe(ledger.size);
      }
      await ledger.close();
      const closed = await verify(dir, { witnesses: [signer.vkey] });
      expect(closed).toMatchObject({
        ok: true,
        size: ledger.size,
        beyondCheckpoint: 0,
        protectedBy: { name: signer.name, size: ledger.size },
      });
    }
    const { size } = await verify(dir);
    for (let index = 0; index < size; index += 13) {
      expect(
        checkProof(Buffer.from(makeProof(dir, index)), { vkey: vkeyOf(dir), witnesses: [signer.vkey] }),
      ).toMatchObject({ index, witnesses: [signer.name] });
    }
  });

  test("verifies when a day has expired; the other day can be read, and the writer goes on", async () => {
    const dir = join(root, "expired");
    for (const nowMs of [START, START + DAY_MS]) {
      const ledger = await open(dir, { nowMs });
      await fill(ledger, 20, 4);
      await ledger.close();
    }
    const [first = ""] = readdirSync(join(dir, "keys")).toSorted();
    rmSync(join(dir, "keys", first));
    expect(await verify(dir)).toMatchObject({ ok: true, findings: [] });
    const entries = await readAll(dir);
    expect(entries.filter(({ timeMs }) => timeMs < START + DAY_MS).every(({ entry }) => entry === undefined)).toBe(
      true,
    );
    expect(entries.filter(({ entry }) => entry?.kind === "look")).toHaveLength(20);
    const ledger = await open(dir, { nowMs: START + DAY_MS + 1 });
    await fill(ledger, 5, 1);
    await ledger.close();
    expect(await verify(dir)).toMatchObject({ ok: true, size: ledger.size });
  });
});

describe("a log that the naive builder built", () => {
  const entries = Array.from({ length: 600 }, (_, i) => ({
    kind: i % 50 === 0 ? 1 : 10,
    time: START + i * 1_000,
    payload: i % 50 === 0 ? [i] : ["uid:0", "who-saw", "customer:4711", i],
  }));
  const naive = naiveLog(origin, masterKey, entries);
  const seed = naive.key.export({ format: "der", type: "pkcs8" }).subarray(-32);

  test.each([0, 1, 255, 256, 300, 512, 600])(
    "is read and continued, with %i entries under its checkpoint",
    async (size) => {
      const dir = join(root, `naive-${size}`);
      writeFiles(
        dir,
        naiveFiles(naive, {
          size,
          groupSize: 20,
          walFrom: Math.max(0, Math.floor(size / 100) * 100 - 100),
          segmentGroups: 7,
        }),
      );
      const before = await readAll(dir);
      expect(before.map(({ kind, timeMs }) => ({ kind, timeMs }))).toEqual(
        entries.map(({ kind, time }) => ({ kind, timeMs: time })),
      );
      expect(before[51]?.entry).toEqual({
        kind: "look",
        by: "uid:0",
        command: "who-saw",
        target: "customer:4711",
        results: 51,
      });
      const ledger = await open(dir, { seed, nowMs: START + 601_000, witnessed: false });
      await fill(ledger, 100, 5);
      await ledger.close();
      expect(await verify(dir)).toMatchObject({ ok: true, findings: [], size: 701 });
      expect((await readAll(dir)).slice(0, 600)).toEqual(before);
    },
  );
});
