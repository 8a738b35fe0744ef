/** The database roles that the gateway takes on for its people, and the SQL that makes its own. */
import { LIMITS } from "../base/limits.ts";
import { missingKeyGrants } from "../lineage/catalog/key-grants.ts";
import { loadCatalog } from "../lineage/catalog/load.ts";
import { quoteIdentifier } from "../lineage/catalog/names.ts";
import type { CatalogQuery } from "../lineage/catalog/statements.ts";
import type { TableFacts } from "./database.ts";
import type { Proposal } from "./proposal.ts";
import { classificationOf } from "./propose.ts";

export interface PlannedRole {
  /** In whosaw.yaml. */
  readonly name: string;
  readonly upstreamRole: string;
}

export interface RolePlan {
  readonly roles: readonly PlannedRole[];
  /** Statements for somebody who may create roles, in order. */
  readonly sql: readonly string[];
}

/** Roles with a grant of their own on one of the tables, who neither own it nor are superusers. */
function grantedSql(oids: readonly number[]): string {
  return `SELECT DISTINCT r.rolname FROM pg_catalog.pg_class c
      CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
      JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
    WHERE c.oid IN (${oids.join(", ")}) AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner
      AND NOT r.rolsuper AND r.rolname !~ '^pg_' ORDER BY 1`;
}

/** The role that is made where nobody but the owner may read. */
const STAFF_ROLE = "whosaw_staff";

/**
 * Plans with the grants that are there; where only owners may read, a role is planned that may read what was classified.
 * @param gatewayUser the gateway's own user, which owns nothing and may read nothing by itself
 */
export async function planRoles(
  query: CatalogQuery,
  proposal: Proposal,
  gatewayUser: string,
  database: string,
): Promise<RolePlan> {
  const guarded = proposal.tables.filter(({ verdict }) => verdict === "protected").map(({ table }) => table);
  const oids = guarded.map(({ relation }) => relation.oid);
  const rows = oids.length === 0 ? [] : await query(grantedSql(oids));
  const found = rows.map(([name]) => name ?? "").filter((name) => name !== gatewayUser && name !== "");
  const existing = found.slice(0, LIMITS.initRolesMax);
  const exists = (await query(`SELECT r.rolname FROM pg_catalog.pg_roles r`)).map(([name]) => name);
  const user = quoteIdentifier(gatewayUser);
  const upstream = existing.length > 0 ? existing : guarded.length === 0 ? [] : [STAFF_ROLE];
  return {
    roles: upstream.map((upstreamRole, index) => ({ name: roleName(upstreamRole, index), upstreamRole })),
    sql: [
      ...(exists.includes(gatewayUser) ? [] : [`CREATE ROLE ${user} LOGIN NOINHERIT;`]),
      `GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO ${user};`,
      ...(upstream.includes(STAFF_ROLE) && existing.length === 0
        ? staffRoleSql(proposal, exists.includes(STAFF_ROLE))
        : []),
      ...upstream.map((role) => `GRANT ${quoteIdentifier(role)} TO ${user};`),
      ...(await keyGrants(query, proposal, existing)),
    ],
  };
}

/** Roles that may read parts of tables get the columns that say whose the rows are. */
async function keyGrants(query: CatalogQuery, proposal: Proposal, existing: readonly string[]): Promise<string[]> {
  if (existing.length === 0) return [];
  const catalog = await loadCatalog(query, classificationOf(proposal), existing);
  const relations = proposal.tables.flatMap(({ table }) => catalog.relation(table.relation.oid) ?? []);
  return [...new Set(missingKeyGrants(catalog, relations, existing).map(({ sql }) => `${sql};`))];
}

/** Unsure tables are not granted: nobody has said yet whose data they hold. */
function staffRoleSql(proposal: Proposal, exists: boolean): string[] {
  const tables = proposal.tables.filter(({ verdict }) => verdict !== "unsure").map(({ table }) => table);
  const schemas = [...new Set(tables.map(({ relation }) => relation.schema))];
  const role = quoteIdentifier(STAFF_ROLE);
  return [
    ...(exists ? [] : [`CREATE ROLE ${role} NOLOGIN;`]),
    ...(schemas.length === 0 ? [] : [`GRANT USAGE ON SCHEMA ${schemas.map(quoteIdentifier).join(", ")} TO ${role};`]),
    ...tables.map((table) => `GRANT SELECT ON ${quotedName(table)} TO ${role};`),
  ];
}

function quotedName({ relation }: TableFacts): string {
  return `${quoteIdentifier(relation.schema)}.${quoteIdentifier(relation.name)}`;
}

/** A name for whosaw.yaml: the database's, if it is plain. */
function roleName(upstreamRole: string, index: number): string {
  if (upstreamRole === STAFF_ROLE) return "staff";
  return /^[a-z][a-z0-9_-]{0,31}$/u.test(upstreamRole) ? upstreamRole : `role-${index + 1}`;
}
