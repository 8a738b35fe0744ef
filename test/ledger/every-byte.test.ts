/**
 * Every byte of every file of a ledger, one changed at a time: `verify` finds it and names the file, or the byte lies in
 * one of the few places that are none of its business, and then whoever reads them finds it.
 *
 * | file            | who finds it                                                                              |
 * |-----------------|-------------------------------------------------------------------------------------------|
 * | log.json, wal/, tile/ | `verify`, with nothing but the public key                                           |
 * | checkpoint      | `verify`; a witness's line only if it was told of the witness: else it is nobody's it knows |
 * | keys/           | whoever opens the day: wrapped under the master key, which a verifier must not need        |
 * | lock            | nobody: the note of a running writer, never part of the log                                |
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { witnessSigner } from "../../src/ledger/checkpoint.ts";
import { nodeDisk } from "../../src/ledger/disk.ts";
import { openLedger } from "../../src/ledger/log.ts";
import { readEntries } from "../../src/ledger/read.ts";
import { localWitness } from "../../src/ledger/witness.ts";
import { verifyLog, type VerifyOptions } from "../../src/verify/log.ts";
import { naiveFiles, naiveLog, writeFiles } from "../../src/verify/testing/naive.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-every-byte-"));
afterAll(() => rmSync(root, { recursive: true }));
const origin = "acme.example/gw-1";
const masterKey = Buffer.alloc(32, 7);
const START = Date.UTC(2026, 10, 21, 23, 59);
const DAY_MS = 86_400_000;
const witness = witnessSigner("acme.example/witness", Buffer.alloc(32, 2));

/** A bit that wanders; in texts also the one between upper and lower case. */
const masks = (file: string, at: number): ReadonlySet<number> =>
  new Set(/^(?:log[.]json|checkpoint)$/u.test(file) ? [1 << (at % 8), 0x20] : [1 << (at % 8)]);

interface Place {
  readonly file: string;
  readonly at: number;
  readonly mask: number;
}

function filesOf(dir: string): string[] {
  const names = readdirSync(dir, { recursive: true }).map(String);
  return names.filter((name) => statSync(join(dir, name)).isFile()).toSorted();
}

/** Changes one byte after the other, puts it back, and returns the places where `holds` was not shaken. */
async function unnoticed(
  dir: string,
  holds: (file: string) => Promise<boolean>,
  only = /(?:)/u,
  step = 1,
): Promise<Place[]> {
  const places: Place[] = [];
  for (const file of filesOf(dir).filter((name) => only.test(name))) {
    const bytes = readFileSync(join(dir, file));
    for (let at = 0; at < bytes.length; at += step) {
      for (const mask of masks(file, at)) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= mask;
        writeFileSync(join(dir, file), changed);
        if (await holds(file)) places.push({ file, at, mask });
      }
    }
    writeFileSync(join(dir, file), bytes);
  }
  return places;
}

/** Whether `verify` takes the log for sound, or blames another file. */
const passes =
  (dir: string, options: VerifyOptions) =>
  async (file: string): Promise<boolean> => {
    const { ok, findings } = await verifyLog(dir, options);
    return ok || !findings.some((finding) => finding.file === file);
  };

/** The writer's own: two days, two runs, several segments, a witness, and the lock of a writer that still runs. */
async function writtenLog(): Promise<{ dir: string; vkey: string }> {
  const dir = join(root, "written");
  for (const nowMs of [START, START + DAY_MS]) {
    const clock = { nowMs: () => nowMs };
    const ledger = await openLedger({
      dir,
      origin,
      logSeed: Buffer.alloc(32, 1),
      masterKey,
      clock,
      witness: localWitness({ dir: `${dir}-witness`, disk: nodeDisk(), signer: witness, clock }),
      sessionCount: () => 0,
      onHealth: () => undefined,
      onFatal: () => undefined,
      walSegmentBytesMax: 500,
    });
    for (const detail of ["one", "two"]) await ledger.append({ kind: "alert", code: "TEST", detail });
    await ledger.close();
  }
  writeFileSync(join(dir, "lock"), JSON.stringify({ pid: 4711, started: "1", boot: "b", pidns: "pid:[1]" }));
  const { vkey } = JSON.parse(readFileSync(join(dir, "log.json"), "utf8")) as { vkey: string };
  return { dir, vkey };
}

describe("a small log", () => {
  test("of the writer", async () => {
    const { dir, vkey } = await writtenLog();
    const told: VerifyOptions = { vkey, witnesses: [witness.vkey] };
    expect((await verifyLog(dir, told)).findings).toEqual([]);
    const kinds = new Set(filesOf(dir).map((file) => file.replaceAll(/\d[\d-]*/gu, "#")));
    expect([...kinds]).toEqual([
      "checkpoint",
      "keys/#",
      "lock",
      "log.json",
      "tile/#/#.p/#",
      "tile/entries/#.p/#",
      "wal/#",
    ]);

    const missed = await unnoticed(dir, passes(dir, told));
    expect(missed.filter(({ file }) => file !== "lock" && !file.startsWith("keys/"))).toEqual([]);

    // Without the witness's key its line is only looked at for its form: names and signatures of others are theirs.
    const note = readFileSync(join(dir, "checkpoint"), "utf8");
    const line = Buffer.byteLength(note.slice(0, note.indexOf(`— ${witness.name}`)));
    const untold = await unnoticed(dir, passes(dir, { vkey }), /^checkpoint$/u);
    expect(untold.length).toBeGreaterThan(0);
    expect(untold.filter(({ at }) => at < line)).toEqual([]);

    // Day keys: whoever has the master key finds every change.
    const opens = async (): Promise<boolean> => {
      try {
        for await (const { entry } of readEntries(dir, { masterKey })) if (entry === undefined) return false;
        return true;
      } catch {
        return false;
      }
    };
    expect(await opens()).toBe(true);
    expect(await unnoticed(dir, opens, /^keys\//u)).toEqual([]);
  }, 60_000);

  test("with entries that no checkpoint covers yet", async () => {
    const entries = Array.from({ length: 8 }, (_, i) => ({ kind: 1, time: START + i, payload: [i] }));
    const log = naiveLog(origin, masterKey, entries);
    const dir = join(root, "beyond");
    mkdirSync(dir);
    writeFiles(dir, naiveFiles(log, { size: 5, groupSize: 2, walFrom: 2, segmentGroups: 2 }));
    expect(await verifyLog(dir, log)).toMatchObject({ ok: true, size: 5, beyondCheckpoint: 3 });
    const missed = await unnoticed(dir, passes(dir, { vkey: log.vkey }));
    expect(missed.filter(({ file }) => !file.startsWith("keys/"))).toEqual([]);
  }, 60_000);
});

test("a log with full tiles and a level above them", async () => {
  const entries = Array.from({ length: 258 }, (_, i) => ({ kind: 1, time: START + i, payload: [i] }));
  const log = naiveLog(origin, masterKey, entries);
  const dir = join(root, "full");
  mkdirSync(dir);
  writeFiles(dir, naiveFiles(log, { size: 257, groupSize: 2, walFrom: 254 }));
  expect((await verifyLog(dir, log)).findings).toEqual([]);
  const check = passes(dir, { vkey: log.vkey });
  expect(await unnoticed(dir, check, /^tile\/(?:1|0\/001|entries\/001)/u)).toEqual([]);
  // Of a full tile a byte of each hash: what is done with it is the same for all.
  expect(await unnoticed(dir, check, /^tile\/0\/000$/u, 31)).toEqual([]);
}, 60_000);
