/** Loads the catalog: facts from the server, held against the classification, as one immutable snapshot. */
import { createHash } from "node:crypto";
import { loadModule } from "libpg-query";
import { WhosawError } from "../../base/errors.ts";
import type { CatalogSnapshot } from "../catalog.ts";
import type { Classification } from "../classification.ts";
import { readFacts } from "./facts.ts";
import { nearestName } from "./names.ts";
import { Snapshot } from "./snapshot.ts";
import type { Grants } from "./snapshot.ts";
import { classify } from "./standing.ts";
import type { CatalogQuery } from "./statements.ts";
import { columnPrivilegesSql, DIGEST_SQL, rolesSql, tablePrivilegesSql } from "./statements.ts";

/** One text that changes with every DDL that could change a plan. Cheap enough to ask for twice a second. */
export async function readDigest(query: CatalogQuery): Promise<string> {
  return (await query(DIGEST_SQL))[0]?.[0] ?? "";
}

async function readGrants(query: CatalogQuery, roles: readonly string[]): Promise<Map<string, Grants>> {
  const grants = new Map<string, { whole: Set<number>; columns: Map<number, Set<string>> }>();
  for (const role of roles) grants.set(role, { whole: new Set(), columns: new Map() });
  if (roles.length === 0) return grants;
  for (const row of await query(tablePrivilegesSql(roles))) {
    for (const oid of (row[1] ?? "").split(",")) grants.get(row[0]!)?.whole.add(Number(oid));
  }
  for (const row of await query(columnPrivilegesSql(roles))) {
    const columns = grants.get(row[0]!)?.columns;
    const names = columns?.get(Number(row[1]));
    if (names === undefined) columns?.set(Number(row[1]), new Set([row[2]!]));
    else names.add(row[2]!);
  }
  return grants;
}

async function missingRoles(query: CatalogQuery, roles: readonly string[]): Promise<string[]> {
  if (roles.length === 0) return [];
  const existing = new Set((await query(rolesSql(roles))).map((row) => row[0]));
  const missing = roles.filter((role) => !existing.has(role));
  if (missing.length === 0) return [];
  const all = (await query("SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname !~ '^pg_'")).map(
    (row) => row[0]!,
  );
  return missing.map((role) => {
    const near = nearestName(role, all);
    return `the role ${role} does not exist${near === undefined ? "" : `; did you mean ${near}?`}`;
  });
}

/** The digest also names what the snapshot was made for: another classification makes other plans. */
function snapshotDigest(digest: string, classification: Classification, roles: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([digest, classification, roles]))
    .digest("hex")
    .slice(0, 32);
}

/** Each with its full stop, unless it ends with a question. */
function sentences(problems: readonly string[]): string {
  return problems.map((problem) => (problem.endsWith("?") ? problem : `${problem}.`)).join(" ");
}

/**
 * Reads the catalog and resolves the classification against it.
 *
 * @param query runs one statement inside a repeatable-read transaction of the caller's (see CATALOG_TRANSACTION), on
 *   PostgreSQL 14 to 18, as any role: nothing but what PUBLIC may read is asked for
 * @param roles upstream roles for which `maySelect` shall answer
 * @throws WhosawError CATALOG_MISMATCH with one sentence for each thing in the classification that does not fit
 */
export async function loadCatalog(
  query: CatalogQuery,
  classification: Classification,
  roles: readonly string[],
): Promise<CatalogSnapshot> {
  await loadModule();
  const digest = await readDigest(query);
  const facts = await readFacts(query);
  const distinctRoles = [...new Set(roles)].sort();
  const { standings, mismatches } = await classify(facts, classification, query);
  const problems = [...mismatches, ...(await missingRoles(query, distinctRoles))];
  if (problems.length > 0) {
    throw new WhosawError("CATALOG_MISMATCH", `the configuration does not fit the database: ${sentences(problems)}`, {
      hint: "correct the tables, keys and roles in the configuration, or create what is missing",
    });
  }
  return new Snapshot({
    digest: snapshotDigest(digest, classification, distinctRoles),
    serverVersion: Number(digest.split(" ", 1)[0]),
    relations: [...facts.relations.values()],
    standings,
    userCode: facts.userCode,
    grants: await readGrants(query, distinctRoles),
  });
}
