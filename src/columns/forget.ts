/** Rows of expired days leave the column store. */
import { DAY_MS } from "../base/clock.ts";
import type { Columns, ColumnsTable } from "./columns.ts";
import { dropAggregatesBefore } from "./daily/kept.ts";
import { DECISIONS } from "./rows.ts";

const DISCLOSURES: readonly ColumnsTable[] = ["disclosures", "disclosures_by_actor"];

/**
 * Asks the store to delete disclosures that are older, and to make statements what they are when they are shipped after
 * their day: nobody's, but still counted. It does so in the background, part by part. Answers leave these rows out at
 * once, because their days cannot be read. Daily aggregates that hold such days go at once.
 * @param logs number32 of the origins that they are of
 * @param beforeMs epoch milliseconds
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function forgetBefore(columns: Columns, logs: readonly number[], beforeMs: number): Promise<void> {
  if (logs.length === 0) return;
  await dropAggregatesBefore(columns, Math.ceil(beforeMs / DAY_MS));
  await forget(columns, `WHERE at < ${beforeMs} AND log IN (${logs.join(", ")})`);
}

/**
 * The same for a log of imports, whose rows are older than their entries.
 * @param log number32 of its origin; @param before index of the first entry that is kept
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function forgetImported(columns: Columns, log: number, before: number): Promise<void> {
  if (before === 0) return;
  await dropAggregatesBefore(columns, Infinity);
  await forget(columns, `WHERE entry < ${before} AND log = ${log}`);
}

async function forget(columns: Columns, older: string): Promise<void> {
  for (const table of DISCLOSURES) await columns.command(`ALTER TABLE ${table} DELETE ${older}`);
  const nobodys = `actor = 0, form = 0, decision = ${DECISIONS.expired}, ticket = '', reason = ''`;
  // What is nobody's already is not written again: this runs every day.
  await columns.command(`ALTER TABLE statements UPDATE ${nobodys} ${older} AND decision <> ${DECISIONS.expired}`);
}

/**
 * Asks the store to delete every row of some entries of a log, in the background. Daily aggregates go at once: the rows may be of any day.
 * @param log number32 of its origin; @param entries each from the one on, before the other
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function forgetEntries(
  columns: Columns,
  log: number,
  entries: readonly (readonly [from: number, before: number])[],
): Promise<void> {
  await dropAggregatesBefore(columns, Infinity);
  const any = entries.map(([from, before]) => `(entry >= ${from} AND entry < ${before})`).join(" OR ");
  for (const table of [...DISCLOSURES, "statements"])
    await columns.command(`ALTER TABLE ${table} DELETE WHERE log = ${log} AND (${any})`);
}
