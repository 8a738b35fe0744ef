/** Holds the configuration against the database: tables, keys, roles, grants. */
import type { Config } from "../../config/config.ts";
import { findStrata } from "../../config/strata-source.ts";
import { CatalogConnection } from "../../gateway/catalog-connection.ts";
import type { CatalogSnapshot, Relation } from "../../lineage/catalog.ts";
import { missingKeyGrants, quoted } from "../../lineage/catalog/key-grants.ts";
import { loadCatalog } from "../../lineage/catalog/load.ts";
import { quoteIdentifier, quoteLiteral, splitQualified } from "../../lineage/catalog/names.ts";
import { CATALOG_TRANSACTION, type CatalogQuery } from "../../lineage/catalog/statements.ts";
import { createPlanner } from "../../lineage/create-planner.ts";
import { WhosawError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import { type CheckFinding, failed, fine, warning } from "./finding.ts";

/** The privilege SET came with PostgreSQL 16; before, membership was enough to take on a role. */
const SET_PRIVILEGE_VERSION = 160_000;

/** @throws WhosawError UPSTREAM_UNREACHABLE, UPSTREAM_LOST, CATALOG_MISMATCH */
export async function checkDatabase(config: Config): Promise<readonly CheckFinding[]> {
  const connection = new CatalogConnection(config.upstream);
  const query: CatalogQuery = (sql) => connection.query(sql);
  try {
    for (const statement of CATALOG_TRANSACTION.begin) await query(statement);
    const roles = [...new Set([...config.roles.values()].map((role) => role.upstreamRole ?? config.upstream.user))];
    const catalog = await loadCatalog(query, config.classification, roles);
    const relations = await readableRelations(query, catalog);
    const findings = [
      fine(
        "upstream",
        `Connected to ${config.upstream.database}; every table, key and role in the configuration is there.`,
      ),
      ...checkClassified(config, catalog, relations),
      ...(await checkRoles(query, catalog, config)),
      ...checkGrants(catalog, relations, roles),
      ...(await checkPlans(config, catalog, roles)),
      ...(await checkStrata(query, config)),
    ];
    await query(CATALOG_TRANSACTION.end);
    return findings;
  } finally {
    await connection.close();
  }
}

/** The gateway starts without strata: what is wrong with them is a warning. */
async function checkStrata(query: CatalogQuery, config: Config): Promise<CheckFinding[]> {
  const findings: CheckFinding[] = [];
  for (const strata of config.strata) {
    const subject = `subjects.${strata.kind}.strata`;
    try {
      await findStrata(query, config, strata);
      findings.push(fine(subject, `The strata of ${strata.kind} can be read.`));
    } catch (error) {
      if (!(error instanceof WhosawError) || error.code !== "CATALOG_MISMATCH") throw error;
      findings.push(warning(subject, error.message, error.hint ?? ""));
    }
  }
  return findings;
}

async function readableRelations(query: CatalogQuery, catalog: CatalogSnapshot): Promise<Relation[]> {
  const rows = await query(
    "SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind IN ('r','p','v','m','f') ORDER BY c.oid",
  );
  return rows.flatMap(([oid]) => catalog.relation(Number(oid)) ?? []);
}

function checkClassified(config: Config, catalog: CatalogSnapshot, relations: readonly Relation[]): CheckFinding[] {
  const names = relations
    .filter((relation) => catalog.standing(relation).kind === "unclassified")
    .map((relation) => `${relation.schema}.${relation.name}`)
    .sort();
  if (names.length === 0) return [fine("subjects", "Every table is classified.")];
  const shown = names.slice(0, LIMITS.shownNamesMax).join(", ");
  const more = names.length > LIMITS.shownNamesMax ? ` and ${names.length - LIMITS.shownNamesMax} more` : "";
  const effect = config.mode === "enforce" ? "refused" : "recorded as opaque";
  return [
    warning(
      "subjects",
      `Not classified, so statements on them are ${effect}: ${shown}${more}.`,
      "Add each under subjects with its key, or under public.",
    ),
  ];
}

async function checkRoles(query: CatalogQuery, catalog: CatalogSnapshot, config: Config): Promise<CheckFinding[]> {
  const privilege = catalog.serverVersion >= SET_PRIVILEGE_VERSION ? "SET" : "MEMBER";
  const findings: CheckFinding[] = [];
  for (const [name, { upstreamRole }] of config.roles) {
    const role = upstreamRole ?? config.upstream.user;
    const [row] = await query(
      `SELECT r.rolsuper OR r.rolbypassrls, pg_catalog.pg_has_role(r.oid, '${privilege}') FROM pg_catalog.pg_roles r WHERE r.rolname = ${quoteLiteral(role)}`,
    );
    const subject = `roles.${name}`;
    if (row?.[1] === "f") findings.push(failed(subject, notMember(config.upstream.user, role)));
    if (row?.[0] === "t") {
      findings.push(
        warning(
          subject,
          `The database role ${role} is a superuser or passes over row security.`,
          "Name an upstream-role with no more rights than its people need.",
        ),
      );
    }
  }
  return findings;
}

function notMember(user: string, role: string): WhosawError {
  return new WhosawError("CATALOG_MISMATCH", `The gateway's user ${user} may not take on the role ${role}.`, {
    hint: `Run in the database: GRANT ${quoted(role)} TO ${quoted(user)}.`,
  });
}

/** A role that may read some of a protected table, but not the columns that say whose row it is, is refused the rest. */
function checkGrants(
  catalog: CatalogSnapshot,
  relations: readonly Relation[],
  roles: readonly string[],
): CheckFinding[] {
  return missingKeyGrants(catalog, relations, roles).map(({ role, table, target, columns, sql }) =>
    failed(
      `subjects.${table.subjectKind}.tables.${table.table}`,
      new WhosawError(
        "CATALOG_MISMATCH",
        `The role ${role} may read ${table.table}, but not the key's ${columns.join(", ")} in ${target}.`,
        { hint: `Run in the database: ${sql}.` },
      ),
    ),
  );
}

/** What the configuration protects and the planner refuses whole, whoever asks: views, tables with rewrite rules. */
async function checkPlans(config: Config, catalog: CatalogSnapshot, roles: readonly string[]): Promise<CheckFinding[]> {
  const planner = await createPlanner();
  const context = { catalog, mode: "enforce", migrate: false, searchPath: [], tempTables: new Set<string>() } as const;
  return Object.entries(config.classification.subjects).flatMap(([kind, { tables }]) =>
    Object.keys(tables).flatMap((table) => {
      const [schema = "", name = ""] = splitQualified(table) ?? [];
      const relation = catalog.find(schema, name);
      const role = relation && roles.find((other) => readsAll(catalog, other, relation));
      // Nobody may read it: then there is nothing to refuse.
      if (relation === undefined || role === undefined) return [];
      const text = `SELECT * FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
      const reason = planner.plan(text, { ...context, role }, "simple").refusal;
      return reason === undefined
        ? []
        : [refusedWhole(config, `subjects.${kind}.tables.${table}`, table, relation, reason)];
    }),
  );
}

function readsAll(catalog: CatalogSnapshot, role: string, relation: Relation): boolean {
  const standing = catalog.standing(relation);
  const paths = standing.kind === "protected" ? standing.table.pathReads : [];
  const columns = relation.columns.map((column) => column.name);
  return [{ oid: relation.oid, columns }, ...paths].every((read) => catalog.maySelect(role, read.oid, read.columns));
}

function refusedWhole(
  config: Config,
  subject: string,
  table: string,
  relation: Relation,
  reason: WhosawError,
): CheckFinding {
  const [message, hint] =
    relation.kind === "view"
      ? [`${table} is a view, which cannot be protected`, "List the tables that it reads in its place."]
      : [reason.message, `${reason.hint ?? "Take it out of the configuration"}.`];
  if (config.mode === "enforce")
    return failed(
      subject,
      new WhosawError("CATALOG_MISMATCH", `Every statement on ${table} is refused: ${message}.`, { hint }),
    );
  return warning(subject, `Every statement on ${table} is recorded as opaque: ${message}.`, hint);
}
