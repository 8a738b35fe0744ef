/** Which strata columns hold. */
import type { Columns } from "../columns.ts";

export interface HeldStratum {
  readonly subject: bigint;
  readonly subject2: bigint;
  readonly stratum: number;
  readonly atMs: number;
}

/**
 * Of a stretch of subjects, as they come. Of a subject that has moved, every row that has not been merged yet.
 * @param kind number32 of the subject kind
 * @param to included, as `from`
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function* heldStrata(
  columns: Columns,
  kind: number,
  from: bigint,
  to: bigint,
): AsyncGenerator<HeldStratum[]> {
  const sql = `SELECT subject, subject2, stratum, at FROM strata WHERE kind = ${kind} AND subject >= ${from} AND subject <= ${to}`;
  for await (const rows of columns.stream(sql)) {
    yield rows.map(([subject, subject2, stratum, at]) => ({
      subject: BigInt(String(subject)),
      subject2: BigInt(String(subject2)),
      stratum: Number(stratum),
      atMs: Number(at),
    }));
  }
}
