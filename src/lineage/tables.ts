/** The tables that an opaque statement names: best effort, for the record of what passed unaccounted. */
import type { RangeVar } from "libpg-query";
import type { CatalogSnapshot, Relation } from "./catalog.ts";
import { resolveName } from "./names.ts";
import type { StatementContext } from "./statement.ts";

/**
 * Protected and unclassified relations named anywhere in the statement, and the protected tables behind views, sorted; a
 * name that hides a CTE counts too.
 */
export function tablesRead(statement: StatementContext, node: unknown): string[] {
  const found = new Set<string>();
  const pending: unknown[] = [node];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null) continue;
    if (typeof (value as RangeVar).relname === "string") {
      const resolved = resolveName(statement.context, statement.temps, value);
      if (resolved.kind === "relation") note(statement.context.catalog, resolved.relation, found);
    }
    pending.push(...Object.values(value));
  }
  return [...found].sort();
}

function note(catalog: CatalogSnapshot, relation: Relation, found: Set<string>): void {
  const standing = catalog.standing(relation);
  if (standing.kind === "protected") found.add(standing.table.table);
  else if (standing.kind !== "public") found.add(`${relation.schema}.${relation.name}`);
  for (const oid of relation.viewReads) {
    const behind = catalog.relation(oid);
    const standsBehind = behind && catalog.standing(behind);
    if (standsBehind?.kind === "protected") found.add(standsBehind.table.table);
  }
}
