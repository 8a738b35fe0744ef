/** Whom an actor has seen. */
import type { Columns } from "../columns.ts";
import type { Names } from "./names.ts";
import { inOrderOfEntries, type Sighting, SIGHTING_COLUMNS, sightings, type Window, within } from "./sightings.ts";

/**
 * Everybody whom an actor was shown, by time, as it comes: answers of any length.
 * @param actor number64 of the actor's id
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export function seenBy(columns: Columns, names: Names, actor: bigint, window: Window = {}): AsyncGenerator<Sighting> {
  return sightings(
    columns,
    names,
    `SELECT ${SIGHTING_COLUMNS} FROM disclosures_by_actor WHERE actor = ${actor}${within(window)} ORDER BY ${inOrderOfEntries(window) ? "" : "at, "}log, entry, use, key_type, subject, subject2`,
  );
}
