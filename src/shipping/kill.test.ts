/** A real process that ships to real columns, killed with SIGKILL again and again. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compileChild } from "../../test/rig/compile-child.ts";
import { openColumns } from "../columns/open.ts";
import { seeded } from "../ledger/testing/rig.ts";
import { shipOnce } from "./shipper.ts";
import { RULES, writeRandomLog } from "./testing/random-log.ts";

const KILLS = Number(process.env["WHOSAW_KILLS"] ?? 8);
/** INSERTs are two lines. */
const LINES_MAX = 9;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "whosaw-ship-kill-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @returns whether it was killed before it had shipped everything */
async function shipUntilKilled(child: string, name: string, lines: number): Promise<boolean> {
  const shipping = spawn(process.execPath, [child, root, name], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(shipping, "close");
  let count = 0;
  for await (const _ of createInterface({ input: shipping.stdout })) {
    count += 1;
    if (count === lines) shipping.kill("SIGKILL");
  }
  const [, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  return signal === "SIGKILL";
}

async function contents(dir: string, log: Parameters<typeof shipOnce>[0]["logs"][number]): Promise<unknown[]> {
  const columns = await openColumns({ kind: "embedded", dir });
  try {
    await shipOnce({ columns, logs: [log], rules: RULES });
    const order = "ORDER BY entry, use, key_type, subject, subject2";
    return [
      await columns.select(`SELECT * FROM disclosures ${order}`),
      await columns.select(`SELECT * FROM disclosures_by_actor ${order}`),
      await columns.select("SELECT * FROM statements ORDER BY entry"),
      await columns.select("SELECT DISTINCT * FROM forms ORDER BY form, use"),
      await columns.select("SELECT log, max(next) AS n FROM shipped GROUP BY log"),
    ];
  } finally {
    await columns.close();
  }
}

test(`${KILLS} kills lose nothing and double nothing`, { timeout: 30_000 + KILLS * 6_000 }, async () => {
  const child = await compileChild(root, ["src/shipping/testing/ship-child.ts", "src/shipping/lane-thread.ts"]);
  const random = seeded(KILLS);
  const log = await writeRandomLog(root, { seed: 11, steps: 60 + KILLS * 10, crossingDays: true });
  let killed = 0;
  for (let run = 0; run < KILLS; run += 1)
    if (await shipUntilKilled(child, "gw-1", 1 + Math.floor(random() * LINES_MAX))) killed += 1;
  expect(killed).toBe(KILLS);
  expect(await contents(join(root, "columns"), log)).toEqual(await contents(join(root, "fresh"), log));
});
