import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DAY_MS } from "../../src/base/clock.ts";
import type { Columns, ColumnsTable } from "../../src/columns/columns.ts";
import { openColumns } from "../../src/columns/open.ts";
import { parseConfig } from "../../src/config/load.ts";
import { newSeed, witnessSigner } from "../../src/ledger/checkpoint.ts";
import { openLedger } from "../../src/ledger/log.ts";
import { localWitness } from "../../src/ledger/witness.ts";

import { nodeDisk } from "../../src/ledger/disk.ts";
import { shippedNext } from "../../src/shipping/position.ts";
import { shipOnce } from "../../src/shipping/shipper.ts";
import { verifyLog } from "../../src/verify/log.ts";
import { companyConfig } from "./company-config.ts";
import { HistoryColumns } from "./history-columns.ts";
import { HistoryLog } from "./history-log.ts";
import { actorIdOf } from "./history.ts";
import { smallHistory } from "./testing/small-history.ts";
import { type Written, writeHistory } from "./write-history.ts";

const ORIGIN = "test.example/gw-1";
/** The last day of a partition of columns. */
const FIRST_DAY = 30 * 685 - 1;
const root = mkdtempSync(join(tmpdir(), "whosaw-history-"));
const dir = join(root, "ledger");
const keys = { logSeed: newSeed(), witnessSeed: newSeed(), masterKey: Buffer.alloc(32, 5) };
const config = parseConfig(
  Buffer.from(companyConfig({ upstreamUrl: "postgres://u@h/d", origin: ORIGIN })),
  join(root, "whosaw.yaml"),
  { env: {}, shownAs: "whosaw.yaml" },
);
const history = smallHistory({
  seed: 4,
  firstDay: FIRST_DAY,
  days: 4,
  statements: 300,
  customers: 5_000,
  dumped: 4_000,
});
let direct: Columns;
let shipped: Columns;
let log: HistoryLog;
let written: Written;

beforeAll(async () => {
  const actors = history.staff.map(({ id }) => actorIdOf(history.seed, id));
  direct = await openColumns({ kind: "embedded", dir: join(root, "direct") });
  log = await HistoryLog.create({ dir, witness: join(root, "witness"), origin: ORIGIN, keys });
  const columns = await HistoryColumns.open({
    columns: direct,
    origin: ORIGIN,
    actors,
    scratch: root,
    blockRows: 3_000,
  });
  const policy = Buffer.alloc(32, 1);
  written = await writeHistory(history, { log, columns, actors, policy, database: "support" });
  // One directory a process; another database in it.
  shipped = await openColumns({ kind: "embedded", dir: join(root, "direct") }, { database: "shipped" });
  const { masterKey } = keys;
  await shipOnce({ columns: shipped, logs: [{ dir, origin: ORIGIN, masterKey }], rules: config.classification });
});
afterAll(async () => {
  await direct.close();
  await shipped.close();
  rmSync(root, { recursive: true });
});

test("the verifier finds nothing, and the witness has seen it", async () => {
  const report = await verifyLog(dir, { vkey: log.vkey, witnesses: [log.witnessVkey] });
  expect(report.findings).toEqual([]);
  expect(report.ok).toBe(true);
});

test.each<[ColumnsTable, string]>([
  ["disclosures", "at, entry, subject"],
  ["disclosures_by_actor", "at, entry, subject"],
  ["statements", "entry"],
  ["forms", "form"],
  ["actors", "number"],
  ["kinds", "number"],
  ["logs", "number"],
  ["shipped", "log"],
])("%s holds what shipping makes of the same log", async (table, order) => {
  const sql = `SELECT * FROM ${table} FINAL ORDER BY ${order}`.replace(
    /FINAL /u,
    /disclosures|statements/u.test(table) ? "" : "FINAL ",
  );
  const rows = await direct.select(sql);
  expect(rows.length).toBeGreaterThan(0);
  expect(rows).toEqual(await shipped.select(sql));
});

test("every view is a disclosure, its shape that of its page; a full page is a list", async () => {
  const [[rows, listed] = []] = await direct.select("SELECT count(), sum(listed) FROM disclosures");
  expect(Number(rows)).toBe(written.disclosures);
  expect(Number(listed)).toBeGreaterThan(1_000);
  const parts = await direct.select(
    "SELECT table, partition, count() FROM system.parts WHERE active AND database = 'whosaw' AND table LIKE 'disc%' GROUP BY table, partition",
  );
  expect(parts.map(([, , count]) => Number(count))).toEqual([1, 1, 1, 1]);
});

test("a gateway goes on with the log, and shipping behind it", async () => {
  const signer = witnessSigner(`${ORIGIN}/witness`, keys.witnessSeed);
  const clock = { nowMs: () => (FIRST_DAY + 20) * DAY_MS };
  const ledger = await openLedger({
    dir,
    origin: ORIGIN,
    ...keys,
    clock,
    witness: localWitness({ dir: join(root, "witness"), disk: nodeDisk(), signer, clock }),
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: (error) => {
      throw error;
    },
  });
  await ledger.append({ kind: "alert", code: "TEST", detail: "" });
  await ledger.close();
  expect((await verifyLog(dir, { vkey: log.vkey })).findings).toEqual([]);
  const source = { dir, origin: ORIGIN, masterKey: keys.masterKey };
  expect(await shippedNext(direct, source)).toBe(log.size);
  await shipOnce({ columns: direct, logs: [source], rules: config.classification });
  expect(await shippedNext(direct, source)).toBe(ledger.size);
});
