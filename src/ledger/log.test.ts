import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../base/clock.ts";
import { witnessSigner } from "./checkpoint.ts";
import { nodeDisk } from "./disk.ts";
import { createKeys, type LedgerKeys } from "./keys-file.ts";
import type { EntrySource, Ledger, Receipt } from "./ledger.ts";
import { openLedger } from "./log.ts";
import { checkLog } from "./testing/check-log.ts";
import { localWitness } from "./witness.ts";

const ORIGIN = "test.example/gw-1";
let root: string;
let dir: string;
let keys: LedgerKeys;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "whosaw-ledger-"));
  dir = join(root, "log");
  keys = await createKeys(join(root, "keys"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

function open(): Promise<Ledger> {
  const disk = nodeDisk();
  return openLedger({
    dir,
    origin: ORIGIN,
    ...keys,
    clock: systemClock,
    witness: localWitness({
      dir: join(root, "witness"),
      disk,
      signer: witnessSigner("test.example/witness", keys.witnessSeed),
      clock: systemClock,
    }),
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: (error) => {
      throw error;
    },
  });
}

/** Enlists `count` sources of one entry each; resolves with their receipts. */
function enlistMany(ledger: Ledger, count: number): Promise<Receipt[]> {
  const one = (i: number) =>
    new Promise<Receipt>((durable, failed) => {
      const source: EntrySource = {
        drain: (group) => void group.add({ kind: "alert", code: "T", detail: `${i}` }),
        durable,
        failed,
      };
      ledger.enlist(source);
      ledger.enlist(source);
    });
  return Promise.all(Array.from({ length: count }, (_, i) => one(i)));
}

test("what has a receipt is in the log, once, through closing and opening", async () => {
  const ledger = await open();
  const receipts = await enlistMany(ledger, 700);
  expect(receipts.map((receipt) => receipt.firstIndex)).toEqual(Array.from({ length: 700 }, (_, i) => i + 1));
  await ledger.close();
  expect((await checkLog(nodeDisk(), dir)).checkpointSize).toBe(701);
  const again = await open();
  expect(again.size).toBe(702);
  await enlistMany(again, 3);
  await again.close();
  const { entries, checkpointSize } = await checkLog(nodeDisk(), dir);
  expect(entries.length).toBe(705);
  expect(checkpointSize).toBe(705);
});
