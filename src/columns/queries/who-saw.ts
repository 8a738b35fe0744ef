/** Who saw a subject. */
import type { Columns } from "../columns.ts";
import type { SubjectKey } from "../rows.ts";
import type { Names } from "./names.ts";
import { inOrderOfEntries, type Sighting, SIGHTING_COLUMNS, sightings, type Window, within } from "./sightings.ts";

/**
 * Everybody to whom a subject was shown, by time.
 * @param kind number32 of the subject kind
 * @param readings one for each way in which the subject's key may stand in columns: as an integer, a uuid, a hashed text
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export function whoSaw(
  columns: Columns,
  names: Names,
  kind: number,
  readings: readonly SubjectKey[],
  window: Window = {},
): AsyncGenerator<Sighting> {
  const keys = readings.map(
    ({ keyType, subject, subject2 }) => `(key_type = ${keyType} AND subject = ${subject} AND subject2 = ${subject2})`,
  );
  return sightings(
    columns,
    names,
    `SELECT ${SIGHTING_COLUMNS} FROM disclosures WHERE kind = ${kind} AND (${keys.join(" OR ")})${within(window)} ORDER BY ${inOrderOfEntries(window) ? "" : "at, "}entry, log, use, key_type`,
  );
}
