/** Rows of expired days leave the column store. */
import type { Columns, ColumnsTable } from "./columns.ts";

/** Tables whose rows are of a day. */
const OF_DAYS: readonly ColumnsTable[] = ["disclosures", "disclosures_by_actor", "statements"];

/**
 * Asks the store to delete what is older; it does so in the background, part by part. Answers leave these rows out at
 * once, because their days cannot be read.
 * @param logs number32 of the origins that they are of
 * @param beforeMs epoch milliseconds
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function forgetBefore(columns: Columns, logs: readonly number[], beforeMs: number): Promise<void> {
  if (logs.length === 0) return;
  for (const table of OF_DAYS) {
    await columns.command(`ALTER TABLE ${table} DELETE WHERE at < ${beforeMs} AND log IN (${logs.join(", ")})`);
  }
}
