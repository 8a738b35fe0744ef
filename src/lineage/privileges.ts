/** The role must be able to read what a companion reads. */
import type { ProtectedRelation } from "./catalog.ts";
import { refuse } from "./refusal.ts";
import type { StatementContext } from "./statement.ts";

function keyReads(table: ProtectedRelation): readonly { readonly oid: number; readonly columns: readonly string[] }[] {
  return [{ oid: table.relation.oid, columns: table.keyColumns }, ...table.pathReads];
}

/** The role can read what the companion reads. */
export function mayReadKey(statement: StatementContext, table: ProtectedRelation): boolean {
  const { catalog, role } = statement.context;
  return keyReads(table).every(({ oid, columns }) => catalog.maySelect(role, oid, columns));
}

/** @throws WhosawError REFUSED, with the GRANT that is missing */
export function checkPrivileges(statement: StatementContext, table: ProtectedRelation): void {
  const { catalog, role } = statement.context;
  for (const { oid, columns } of keyReads(table)) {
    if (catalog.maySelect(role, oid, columns)) continue;
    const relation = catalog.relation(oid);
    const name = relation ? `${relation.schema}.${relation.name}` : table.table;
    // A path can lead through tables that this role has no rights on: their names are the administrator's.
    const known = relation?.columns.some((column) => catalog.maySelect(role, oid, [column.name])) === true;
    refuse(
      `the key of ${table.table} cannot be read by the role ${role}`,
      known
        ? `GRANT SELECT (${columns.join(", ")}) ON ${name} TO ${role}`
        : "ask whoever runs the gateway: whosaw check prints the GRANT that is missing",
    );
  }
}
