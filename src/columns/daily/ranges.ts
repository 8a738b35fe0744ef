/** Subjects in stretches of about as many rows each, so that one statement fits memory and takes about a second. */
import type { Making } from "./cells.ts";

/**
 * ` AND ...` for each stretch; together they hold every subject once.
 * @param disclosures a condition on disclosures of that kind
 */
export async function subjectRanges(
  { columns, kind, stretchRows }: Pick<Making, "columns" | "kind" | "stretchRows">,
  disclosures: string,
): Promise<readonly string[]> {
  const subjects = `(SELECT subject FROM disclosures WHERE ${disclosures} UNION ALL SELECT subject FROM strata WHERE kind = ${kind})`;
  const counted = await columns.select(`SELECT count() AS n FROM ${subjects}`);
  const stretches = Math.ceil(Number(counted[0]?.[0] ?? 0) / stretchRows);
  if (stretches < 2) return [""];
  const levels = Array.from({ length: stretches - 1 }, (_, index) => ((index + 1) / stretches).toFixed(6));
  const rows = await columns.select(`SELECT quantiles(${levels.join(", ")})(subject) AS q FROM ${subjects}`);
  const ends = (rows[0]?.[0] ?? []) as readonly number[];
  return rangesOf(ends.map((end) => BigInt(Math.floor(end))));
}

/** @param ends ascending; a subject that is so frequent that it stands there twice has no stretch in between */
export function rangesOf(ends: readonly bigint[]): readonly string[] {
  const distinct = [...new Set(ends)];
  return [undefined, ...distinct].map((from, index) => {
    const to = distinct[index];
    return `${from === undefined ? "" : ` AND subject >= ${from}`}${to === undefined ? "" : ` AND subject < ${to}`}`;
  });
}
