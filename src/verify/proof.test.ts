import { mkdtempSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { checkProof, makeProof } from "./proof.ts";
import { naiveCheckpoint, naiveFiles, naiveKey, naiveLog, writeFiles } from "./testing/naive.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-proof-"));
afterAll(() => rmSync(root, { recursive: true }));
const log = naiveLog(
  "acme.example/gw-1",
  Buffer.alloc(32, 7),
  Array.from({ length: 1_100 }, (_, i) => ({ kind: 1, time: 1_790_000_000_000 + i, payload: [i] })),
);

function directory(size: number): string {
  const dir = join(root, String(size));
  writeFiles(dir, naiveFiles(log, { size, groupSize: 50 }));
  return dir;
}

test("every entry of trees of many sizes has a proof that checks", () => {
  for (const size of [1, 2, 3, 255, 256, 257, 511, 700, 1_023, 1_024, 1_100]) {
    const dir = directory(size);
    const step = size > 260 ? 37 : 1;
    for (const index of [...Array(Math.ceil(size / step)).keys()].map((i) => i * step).concat(size - 1)) {
      const proof = Buffer.from(makeProof(dir, index));
      expect(checkProof(proof, { vkey: log.vkey })).toMatchObject({
        index,
        size,
        kind: 1,
        time: 1_790_000_000_000 + index,
      });
    }
  }
}, 60_000);

describe("a proof", () => {
  const dir = directory(600);
  const proof = makeProof(dir, 300);
  const check = (text: string, entry?: Buffer): unknown =>
    checkProof(Buffer.from(text), { vkey: log.vkey, ...(entry === undefined ? {} : { entry }) });

  test("is a tlog-proof, byte for byte", () => {
    const lines = proof.split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "c2sp.org/tlog-proof@v1",
      `extra ${log.entries[300]!.toString("base64")}`,
      "index 300",
    ]);
    expect(proof.endsWith(`\n\n${naiveCheckpoint(log, 600).toString()}`)).toBe(true);
  });

  test("may come without the entry", () => {
    const bare = proof.replace(/^extra .*\n/m, "");
    expect(() => check(bare)).toThrow("does not hold the entry");
    expect(check(bare, log.entries[300])).toMatchObject({ index: 300 });
    expect(() => check(bare, log.entries[301])).toThrow("does not lead");
    expect(() => check(proof, log.entries[301])).toThrow("does not lead");
  });

  test("names the witnesses that are asked for and signed", () => {
    const witness = { name: "acme.example/witness", ...naiveKey("acme.example/witness", 4) };
    const other = naiveKey("acme.example/other", 4);
    const cosigned = proof.slice(0, proof.indexOf("\n\n") + 2) + naiveCheckpoint(log, 600, [witness]).toString();
    const checked = checkProof(Buffer.from(cosigned), { vkey: log.vkey, witnesses: [witness.vkey, other.vkey] });
    expect(checked.witnesses).toEqual([witness.name]);
  });

  test("of an entry that is not under the checkpoint cannot be made", () => {
    for (const index of [600, -1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => makeProof(dir, index)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    }
  });

  test("is not made from files that do not lead to the root", () => {
    const broken = directory(513);
    unlinkSync(join(broken, "tile/0/002.p/1"));
    expect(() => makeProof(broken, 3)).toThrow(expect.objectContaining({ code: "LEDGER_DAMAGED" }));
    unlinkSync(join(broken, "checkpoint"));
    expect(() => makeProof(broken, 3)).toThrow(expect.objectContaining({ code: "LEDGER_DAMAGED" }));
  });

  test("with any byte changed, added or gone proves nothing, and crashes nothing", () => {
    const bytes = Buffer.from(proof);
    // The log's own signature line may be followed by those of others: only bytes before its end matter.
    fc.assert(
      fc.property(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom("flip", "drop", "add"),
        (at, value, how) => {
          const changed =
            how === "flip"
              ? Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ value : byte)))
              : Buffer.concat([
                  bytes.subarray(0, at),
                  how === "add" ? Buffer.from([value]) : Buffer.alloc(0),
                  bytes.subarray(at + Number(how === "drop")),
                ]);
          if (changed.equals(bytes)) return;
          expect(() => checkProof(changed, { vkey: log.vkey })).toThrow(
            expect.objectContaining({ code: "NOT_PROVEN" }),
          );
        },
      ),
      { numRuns: 1_500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        expect(() => checkProof(Buffer.from(garbage), { vkey: log.vkey })).toThrow(
          expect.objectContaining({ code: "NOT_PROVEN" }),
        );
      }),
    );
  });
});
