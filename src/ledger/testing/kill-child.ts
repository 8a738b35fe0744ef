/** A writer to be killed: `node kill-child.js ROOT RUN` appends without end and prints `index detail` for every receipt. */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { witnessSigner } from "../checkpoint.ts";
import { nodeDisk } from "../disk.ts";
import { loadKeys } from "../keys-file.ts";
import type { EntrySource, Ledger } from "../ledger.ts";
import { openLedger } from "../log.ts";
import { systemTimers } from "../timers.ts";
import { localWitness } from "../witness.ts";

const WRITERS = 16;
const SEGMENT_BYTES = 20_000;
/** Tiles and checkpoints every 10 ms, so that kills meet them too. */
const HASTE = 50;

function writeForEver(ledger: Ledger, name: string): void {
  let count = 0;
  const source: EntrySource = {
    drain: (group) => void group.add({ kind: "alert", code: "TEST", detail: `${name}/${count}` }),
    durable: (receipt) => {
      writeSync(1, `${receipt.firstIndex} ${name}/${count}\n`);
      count += 1;
      ledger.enlist(source);
    },
    failed: (error) => {
      throw error;
    },
  };
  ledger.enlist(source);
}

const [root, run] = process.argv.slice(2);
if (root === undefined || run === undefined) throw new Error("usage: kill-child ROOT RUN");
const keys = await loadKeys(join(root, "keys"));
const signer = witnessSigner("test.example/witness", keys.witnessSeed);
const opened = await openLedger({
  dir: join(root, "log"),
  origin: "test.example/gw-1",
  ...keys,
  clock: systemClock,
  witness: localWitness({ dir: join(root, "witness"), disk: nodeDisk(), signer, clock: systemClock }),
  sessionCount: () => WRITERS,
  onHealth: () => undefined,
  onFatal: (error) => {
    throw error;
  },
  walSegmentBytesMax: SEGMENT_BYTES,
  timers: { after: (delayMs, call) => systemTimers.after(delayMs / HASTE, call) },
});
for (let i = 0; i < WRITERS; i += 1) writeForEver(opened, `${run}/${i}`);
