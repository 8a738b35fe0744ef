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
  const older = `WHERE at < ${beforeMs} AND log IN (${logs.join(", ")})`;
  for (const table of DISCLOSURES) await columns.command(`ALTER TABLE ${table} DELETE ${older}`);
  const nobodys = `actor = 0, form = 0, decision = ${DECISIONS.expired}, ticket = '', reason = ''`;
  // What is nobody's already is not written again: this runs every day.
  await columns.command(`ALTER TABLE statements UPDATE ${nobodys} ${older} AND decision <> ${DECISIONS.expired}`);
}
