/** What a role that may read some of a protected table still lacks to have its rows accounted for: the columns of the key. */
import type { CatalogSnapshot, ProtectedRelation, Relation } from "../catalog.ts";

export interface MissingGrant {
  readonly role: string;
  readonly table: ProtectedRelation;
  /** Where the columns are: the table itself, or one that its key leads through, as `schema.table`. */
  readonly target: string;
  readonly columns: readonly string[];
  /** Without a semicolon. */
  readonly sql: string;
}

/** @param relations those of the catalog that rows are read from */
export function missingKeyGrants(
  catalog: CatalogSnapshot,
  relations: readonly Relation[],
  roles: readonly string[],
): MissingGrant[] {
  return roles.flatMap((role) =>
    relations.flatMap((relation) => {
      const standing = catalog.standing(relation);
      if (standing.kind !== "protected") return [];
      const readsSome = relation.columns.some((column) => catalog.maySelect(role, relation.oid, [column.name]));
      return readsSome ? missingOn(catalog, standing.table, relation, role) : [];
    }),
  );
}

function missingOn(
  catalog: CatalogSnapshot,
  table: ProtectedRelation,
  relation: Relation,
  role: string,
): MissingGrant[] {
  const reads = [{ oid: relation.oid, columns: table.keyColumns }, ...table.pathReads];
  return reads.flatMap(({ oid, columns }) => {
    const missing = columns.filter((column) => !catalog.maySelect(role, oid, [column]));
    const target = catalog.relation(oid);
    if (missing.length === 0 || target === undefined) return [];
    const name = `${quoted(target.schema)}.${quoted(target.name)}`;
    const sql = `GRANT SELECT (${missing.map(quoted).join(", ")}) ON ${name} TO ${quoted(role)}`;
    return [{ role, table, target: `${target.schema}.${target.name}`, columns: missing, sql }];
  });
}

/** As one would write it: quotes only where they are needed. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/u.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
