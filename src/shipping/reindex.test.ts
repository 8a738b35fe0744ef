import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Columns } from "../columns/columns.ts";
import { type ColumnsPlace, openColumns } from "../columns/open.ts";
import type { LogSource } from "./batch-reader.ts";
import { reindex } from "./reindex.ts";
import { shipOnce } from "./shipper.ts";
import { RULES, writeRandomLog } from "./testing/random-log.ts";

let root: string;
let place: ColumnsPlace;
let columns: Columns;
let log: LogSource;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "whosaw-reindex-"));
  place = { kind: "embedded", dir: join(root, "columns") };
  columns = await openColumns(place);
  log = await writeRandomLog(root, { seed: 4, steps: 80, crossingDays: true });
});
afterEach(async () => {
  await columns.close();
  rmSync(root, { recursive: true });
});

const contents = async (): Promise<unknown[]> =>
  Promise.all(
    ["disclosures", "disclosures_by_actor"]
      .map((table) => `SELECT * FROM ${table} ORDER BY entry, use, key_type, subject, subject2`)
      .concat("SELECT * FROM statements ORDER BY entry", "SELECT log, max(next) AS n FROM shipped GROUP BY log")
      .map((sql) => columns.select(sql)),
  );

test("columns that were damaged are whole again, and shipping goes on behind", async () => {
  await shipOnce({ columns, logs: [log], rules: RULES });
  const whole = await contents();
  await columns.command("TRUNCATE TABLE statements");
  await columns.insert("disclosures", Buffer.from("1\t0\t1\t0\t1\t1\t1\t1\t0\t0\t1\t1\t0\n"));
  const steps: number[] = [];
  await reindex({ place, columns, logs: [log], rules: RULES, onState: ({ next }) => steps.push(next) });
  expect(await contents()).toEqual(whole);
  expect(steps.length).toBeGreaterThan(2);
  await shipOnce({ columns, logs: [log], rules: RULES });
  expect(await contents()).toEqual(whole);
  expect(await columns.select("SELECT name FROM system.databases WHERE name LIKE 'whosaw_%'")).toEqual([]);
});

test("a swap that is cut short anywhere is gone on with by whoever opens columns next", async () => {
  await shipOnce({ columns, logs: [log], rules: RULES });
  const whole = await contents();
  for (const moved of [1, 2, 3, 8, 13, 15, 20]) {
    const cut: Columns = {
      select: (sql) => columns.select(sql),
      stream: (sql) => columns.stream(sql),
      bytes: (sql) => columns.bytes(sql),
      insert: (table, rows) => columns.insert(table, rows),
      close: () => columns.close(),
      command: async (sql) => {
        const renames = /^RENAME TABLE (.*)$/u.exec(sql)?.[1]?.split(", ");
        if (renames === undefined) return columns.command(sql);
        await columns.command(`RENAME TABLE ${renames.slice(0, moved).join(", ")}`);
        throw new Error("cut");
      },
    };
    await expect(reindex({ place, columns: cut, logs: [log], rules: RULES })).rejects.toThrow("cut");
    await columns.close();
    columns = await openColumns(place);
    await shipOnce({ columns, logs: [log], rules: RULES });
    expect(await contents()).toEqual(whole);
  }
});

test("a log that is not given is not forgotten", async () => {
  const other = await writeRandomLog(root, { seed: 7, steps: 20, crossingDays: false, name: "gw-2" });
  await shipOnce({ columns, logs: [log, other], rules: RULES });
  await expect(reindex({ place, columns, logs: [log], rules: RULES })).rejects.toMatchObject({
    code: "STORE_MISMATCH",
    message: expect.stringContaining("test.example/gw-2"),
  });
});
