/** A real process on a real disk, killed with SIGKILL again and again. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compileChild } from "../../test/rig/compile-child.ts";
import { systemClock } from "../base/clock.ts";
import { nodeDisk } from "./disk.ts";
import { witnessSigner } from "./checkpoint.ts";
import { createKeys, type LedgerKeys } from "./keys-file.ts";
import type { Ledger } from "./ledger.ts";
import { openLedger } from "./log.ts";
import { readEntries } from "./read.ts";
import { checkLog } from "./testing/check-log.ts";
import { seeded } from "./testing/rig.ts";
import { localWitness } from "./witness.ts";

const KILLS = Number(process.env["WHOSAW_KILLS"] ?? 20);
const RECEIPTS_MAX = 400;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "whosaw-kill-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Runs a writer until it has given that many receipts, kills it, and returns all that it gave. */
async function runAndKill(child: string, run: number, receipts: number, given: Map<number, string>): Promise<void> {
  const writer = spawn(process.execPath, [child, root, String(run)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(writer, "close");
  let count = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    // The last line may have been cut by the kill.
    const match = /^(\d+) (\d+\/\d+\/\d+)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    given.set(Number(match[1]), match[2]);
    count += 1;
    if (count === receipts) writer.kill("SIGKILL");
  }
  expect(await ended).toEqual([null, "SIGKILL"]);
}

function openOnce(keys: LedgerKeys): Promise<Ledger> {
  const signer = witnessSigner("test.example/witness", keys.witnessSeed);
  return openLedger({
    dir: join(root, "log"),
    origin: "test.example/gw-1",
    ...keys,
    clock: systemClock,
    witness: localWitness({ dir: join(root, "witness"), disk: nodeDisk(), signer, clock: systemClock }),
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: (error) => {
      throw error;
    },
  });
}

test(`no receipt is lost by ${KILLS} kills`, { timeout: 10_000 + KILLS * 2_000 }, async () => {
  const keys = await createKeys(join(root, "keys"));
  const child = await compileChild(root, ["src/ledger/testing/kill-child.ts"]);
  const random = seeded(KILLS);
  const given = new Map<number, string>();
  for (let run = 0; run < KILLS; run += 1) await runAndKill(child, run, 1 + Math.floor(random() * RECEIPTS_MAX), given);
  const dir = join(root, "log");
  const found = new Map<number, string>();
  let gaps = 0;
  for await (const { index, entry } of readEntries(dir, { masterKey: keys.masterKey })) {
    if (entry?.kind === "alert") found.set(index, entry.detail);
    if (entry?.kind === "gap") gaps += 1;
  }
  for (const [index, detail] of given) expect(found.get(index)).toBe(detail);
  expect(gaps).toBe(KILLS - 1);
  // One more start, which cuts what the last kill may have torn.
  await (await openOnce(keys)).close();
  expect((await checkLog(nodeDisk(), dir)).entries.length).toBeGreaterThan(Math.max(...given.keys()));
});
