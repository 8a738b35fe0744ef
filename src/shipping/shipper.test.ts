import { mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Columns, ColumnsTable } from "../columns/columns.ts";
import { openColumns } from "../columns/open.ts";
import { LogReader } from "../ledger/read.ts";
import type { LogSource } from "./batch-reader.ts";
import { shipOnce, Shipping, type ShippingState } from "./shipper.ts";
import { RULES, writeRandomLog } from "./testing/random-log.ts";

let root: string;
let columns: Columns;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "whosaw-shipping-"));
  columns = await openColumns({ kind: "embedded", dir: join(root, "columns") });
});
afterEach(async () => {
  await columns.close();
  rmSync(root, { recursive: true });
});

const TABLES = ["disclosures", "disclosures_by_actor", "statements"] as const;
const contents = async (): Promise<unknown[]> =>
  Promise.all(
    TABLES.map(async (table) =>
      columns.select(
        `SELECT * FROM ${table} ORDER BY log, entry, use, key_type, subject, subject2`.replace(
          table === "statements" ? ", use, key_type, subject, subject2" : "",
          "",
        ),
      ),
    ),
  );
const shippedTo = async (): Promise<unknown> =>
  columns.select("SELECT log, max(next) AS n FROM shipped GROUP BY log ORDER BY n");
const sizeOf = async (log: LogSource): Promise<number> => (await LogReader.open(log.dir, log)).checkpointSize();

/** Columns that fail at the nth INSERT, before or after it has arrived. */
function failingAt(nth: number, arrives: boolean): Columns {
  let count = 0;
  return {
    select: (sql) => columns.select(sql),
    stream: (sql) => columns.stream(sql),
    bytes: (sql) => columns.bytes(sql),
    command: (sql) => columns.command(sql),
    close: () => columns.close(),
    insert: async (table: ColumnsTable, rows: Buffer) => {
      count += 1;
      if (count === nth && !arrives) throw new Error("cut");
      await columns.insert(table, rows);
      if (count === nth) throw new Error("cut");
    },
  };
}

test("a run that breaks off at any INSERT is gone on with: nothing lost, nothing twice", async () => {
  const log = await writeRandomLog(root, { seed: 5, steps: 90, crossingDays: true });
  await shipOnce({ columns, logs: [log], rules: RULES });
  const whole = await contents();
  expect((whole[0] as unknown[]).length).toBeGreaterThan(50);
  for (const arrives of [false, true]) {
    for (const table of [...TABLES, "shipped"]) await columns.command(`TRUNCATE TABLE ${table}`);
    for (let nth = 1; nth <= 9; nth += 1)
      await expect(shipOnce({ columns: failingAt(nth, arrives), logs: [log], rules: RULES })).rejects.toThrow("cut");
    await shipOnce({ columns, logs: [log], rules: RULES });
    expect(await contents()).toEqual(whole);
  }
});

test("several logs are followed; one that begins later is waited for", async () => {
  const first = await writeRandomLog(root, { seed: 1, steps: 40, crossingDays: false });
  const later = { ...first, dir: join(root, "gw-2"), origin: "test.example/gw-2" };
  const sizes = new Map<string, number>();
  const seen: ShippingState[] = [];
  const shipping = Shipping.start({
    columns,
    logs: [first, later],
    rules: RULES,
    pollMs: 5,
    onState: (state) => seen.push(state),
  });
  await writeRandomLog(root, { seed: 2, steps: 60, crossingDays: true, name: "gw-2" });
  for (const log of [first, later]) sizes.set(log.origin, await sizeOf(log));
  await expect.poll(() => shipping.states.map(({ next }) => next), { timeout: 20_000 }).toEqual([...sizes.values()]);
  await shipping.close();
  expect(seen.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(await shippedTo()).toHaveLength(2);
});

test("an old copy of a log, or another log of its name, is refused with what to do", async () => {
  const log = await writeRandomLog(join(root, "a"), { seed: 1, steps: 80, crossingDays: false });
  await shipOnce({ columns, logs: [log], rules: RULES });
  const mismatch = expect.objectContaining({ code: "STORE_MISMATCH", hint: expect.stringContaining("ledger reindex") });
  const older = await writeRandomLog(join(root, "b"), { seed: 1, steps: 40, crossingDays: false });
  await expect(shipOnce({ columns, logs: [older], rules: RULES })).rejects.toEqual(mismatch);
  const other = await writeRandomLog(join(root, "c"), { seed: 9, steps: 120, crossingDays: false });
  await expect(shipOnce({ columns, logs: [other], rules: RULES })).rejects.toEqual(mismatch);
});

/** Ships whatever comes, until the test ends. */
function following(log: LogSource): Shipping {
  return Shipping.start({ columns, logs: [log], rules: RULES, pollMs: 5 });
}

test("columns that were put back from an older copy while they are in use get what they lack, names included", async () => {
  const log = await writeRandomLog(root, { seed: 6, steps: 60, crossingDays: false });
  const shipping = following(log);
  const size = await sizeOf(log);
  await expect.poll(() => shipping.states[0]?.next, { timeout: 20_000 }).toBe(size);
  const names = async (): Promise<unknown> =>
    Promise.all(
      ["actors", "kinds", "logs"].map((table) => columns.select(`SELECT DISTINCT * FROM ${table} ORDER BY number`)),
    );
  const [whole, named] = [await contents(), await names()];
  for (const table of [...TABLES, "shipped", "actors", "kinds", "logs", "forms"])
    await columns.command(`TRUNCATE TABLE ${table}`);
  await writeRandomLog(root, { seed: 7, steps: 40, crossingDays: false });
  const longer = await sizeOf(log);
  expect(longer).toBeGreaterThan(size);
  await expect.poll(shippedTo, { timeout: 20_000 }).toMatchObject([[expect.anything(), String(longer)]]);
  await shipping.close();
  const got = await contents();
  for (const [i, rows] of whole.entries()) expect(got[i]).toEqual(expect.arrayContaining(rows as unknown[]));
  expect(await names()).toEqual(named);
});

test("an old copy of a log that is put back while it is followed is refused", async () => {
  const log = await writeRandomLog(join(root, "a"), { seed: 1, steps: 80, crossingDays: false });
  const shipping = following(log);
  const size = await sizeOf(log);
  await expect.poll(() => shipping.states[0]?.next, { timeout: 20_000 }).toBe(size);
  const older = await writeRandomLog(join(root, "b"), { seed: 2, steps: 30, crossingDays: false });
  renameSync(log.dir, join(root, "away"));
  renameSync(older.dir, log.dir);
  await expect.poll(() => shipping.states[0]?.error, { timeout: 20_000 }).toMatchObject({ code: "STORE_MISMATCH" });
  await shipping.close();
});

test("days that have expired are counted, and what is left is shipped", async () => {
  const log = await writeRandomLog(root, { seed: 3, steps: 200, crossingDays: true });
  const [firstDay] = readdirSync(join(log.dir, "keys"));
  rmSync(join(log.dir, "keys", firstDay ?? ""));
  await shipOnce({ columns, logs: [log], rules: RULES });
  const rows = await columns.select("SELECT count() AS n FROM statements WHERE decision = 4 AND actor = 0");
  expect(Number(rows[0]?.[0])).toBeGreaterThan(0);
  expect(Number((await columns.select("SELECT count() AS n FROM disclosures"))[0]?.[0])).toBeGreaterThan(0);
});
