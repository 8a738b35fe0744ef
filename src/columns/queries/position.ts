/** How far each log has arrived in columns. */
import type { Columns, ColumnsTable } from "../columns.ts";

/** By log (number32 of its origin): the index of the first entry that is not shipped. A log that is missing starts at 0. */
export async function shippedUpTo(columns: Columns): Promise<ReadonlyMap<number, number>> {
  const rows = await columns.select("SELECT log, max(next) AS next FROM shipped GROUP BY log");
  return new Map(rows.map(([log, next]) => [Number(log), Number(next)]));
}

/**
 * The highest index of a log in a table, among entries from `fromMs` on; undefined if there is none. After a stop in the
 * middle of a batch, a table may hold entries that `shipped` does not speak of yet.
 * @param fromMs no later than the first row that is not shipped: older partitions are not read; undefined where any row may be older
 */
export async function highestIndex(
  columns: Columns,
  table: Extract<ColumnsTable, "disclosures" | "disclosures_by_actor" | "statements">,
  log: number,
  fromMs: number | undefined,
): Promise<number | undefined> {
  const rows = await columns.select(
    `SELECT count() AS found, max(entry) AS entry FROM ${table} WHERE log = ${log}${fromMs === undefined ? "" : ` AND at >= ${fromMs}`}`,
  );
  const [found, entry] = rows[0] ?? [];
  return Number(found ?? 0) === 0 ? undefined : Number(entry);
}

/** The last statement of a log among so many entries before an index; undefined if there is none. */
export async function lastStatement(
  columns: Columns,
  log: number,
  before: number,
  among: number,
): Promise<{ readonly index: number; readonly atMs: number } | undefined> {
  const rows = await columns.select(
    `SELECT entry, at FROM statements WHERE log = ${log} AND entry >= ${Math.max(0, before - among)} AND entry < ${before} ORDER BY entry DESC LIMIT 1`,
  );
  const [row] = rows;
  return row === undefined ? undefined : { index: Number(row[0]), atMs: Number(row[1]) };
}
