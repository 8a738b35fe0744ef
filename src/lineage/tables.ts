/** The tables that an opaque statement names: best effort, for the record of what passed unaccounted. */
import type { RangeVar } from "libpg-query";
import { resolveName } from "./names.ts";
import type { StatementContext } from "./statement.ts";

/** Protected and unclassified relations named anywhere in the statement, sorted; a name that hides a CTE counts too. */
export function tablesRead(statement: StatementContext, node: unknown): string[] {
  const found = new Set<string>();
  const pending: unknown[] = [node];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null) continue;
    if (typeof (value as RangeVar).relname === "string") {
      const resolved = resolveName(statement.context, statement.temps, value);
      if (resolved.kind === "relation" && resolved.standing.kind === "protected")
        found.add(resolved.standing.table.table);
      else if (resolved.kind === "relation" && resolved.standing.kind !== "public")
        found.add(`${resolved.relation.schema}.${resolved.relation.name}`);
    }
    pending.push(...Object.values(value));
  }
  return [...found].sort();
}
