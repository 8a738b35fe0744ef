/** DISTINCT: where it may stay, and how it is written as GROUP BY where it may not. */
import type { SelectStmt } from "libpg-query";
import { assert } from "../base/assert.ts";
import type { EntryColumn, HiddenKey } from "./scope.ts";
import type { StatementContext } from "./statement.ts";
import { keyword } from "./tokens.ts";

/** Types whose equality is that of their text: DISTINCT cannot merge two different keys of them. */
const IDENTITY_TYPES = new Set([20, 21, 23, 25, 1043, 2950]);

/** The visible columns decide the key: equal rows have equal keys. */
export function isDecided(key: HiddenKey, columns: readonly EntryColumn[]): boolean {
  const { table } = key.use;
  // A row without a key and no row at all look alike in the columns.
  if (key.absent && !table.keyNeverNull) return false;
  const shown = new Set(columns.filter((column) => column.base?.key === key).map((column) => column.base?.column));
  return table.keyColumns.every(
    (column) =>
      shown.has(column) && IDENTITY_TYPES.has(table.relation.columns.find((of) => of.name === column)?.typeOid ?? 0),
  );
}

/** DISTINCT alone is a list of one empty node. */
export function isDistinctOn(select: SelectStmt): boolean {
  const first = select.distinctClause?.[0];
  return first !== undefined && Object.keys(first).length > 0;
}

/** `SELECT DISTINCT a, b FROM t WHERE p` as `SELECT a, b FROM t WHERE p GROUP BY 1, 2`. */
export function distinctAsGroups({ source, splices }: StatementContext, select: SelectStmt, columns: number): void {
  const first = select.targetList?.[0];
  assert(first !== undefined && "ResTarget" in first, "DISTINCT without columns");
  const target = source.tokenAt(first.ResTarget.location);
  assert(keyword(source.tokens, target - 1) === "distinct", "DISTINCT before its first column");
  splices.replace(source.start(target - 1), source.end(target - 1), "");
  const fromToken = source.afterTargets(target);
  const after = keyword(source.tokens, fromToken) === "from" ? source.afterFrom(fromToken) : fromToken;
  const end = keyword(source.tokens, after) === "where" ? source.afterWhere(after + 1) : after;
  const positions = Array.from({ length: columns }, (_, i) => i + 1).join(", ");
  splices.insert(source.end(end - 1), ` group by ${positions}${source.gapBefore(end)}`);
}
