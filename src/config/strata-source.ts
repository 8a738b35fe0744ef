/** Where strata are read from in the protected database: whether they can be, under which role, and with which statements. */
import { WhosawError } from "../base/errors.ts";
import { quoteIdentifier, quoteLiteral, splitQualified } from "../lineage/catalog/names.ts";
import type { Config, StrataConfig } from "./config.ts";

/** Runs one statement; values in text format. */
export type Query = (sql: string) => Promise<readonly (readonly (string | null)[])[]>;

/** A table of strata that can be read. */
export interface StrataSource {
  readonly strata: StrataConfig;
  /** To be taken on; the upstream user itself where it may read. */
  readonly role: string;
}

/**
 * Looks whether table, columns, an index and a role that may read them are there.
 * @throws WhosawError CATALOG_MISMATCH with what to do, and as `query`
 */
export async function findStrata(query: Query, config: Config, strata: StrataConfig): Promise<StrataSource> {
  const [schema = "", table = ""] = splitQualified(strata.table) ?? [];
  const names = [...new Set([strata.key, ...strata.columns.values()])];
  const rows = await query(`SELECT c.oid, a.attname, t.typcategory = 'A', EXISTS (
      SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
        AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(table)} AND a.attname IN (${names.map(quoteLiteral).join(", ")})`);
  const missing = names.filter((name) => !rows.some(([, found]) => found === name));
  if (missing.length > 0)
    throw unreadable(strata, `${strata.table} has no column ${missing.join(", ")}`, "Correct strata: in whosaw.yaml.");
  const [oid, , isArray, indexed] = rows.find(([, found]) => found === strata.key) ?? [];
  if (isArray === "t") throw unreadable(strata, `${strata.table}.${strata.key} is an array`, "Leave strata: out.");
  if (indexed !== "t") {
    throw unreadable(
      strata,
      `${strata.table} has no unique index on ${strata.key} alone`,
      "A table of subjects has one row for each: name it first under this kind's tables, or give it a primary key. Without an index every look would read all of it.",
    );
  }
  return { strata, role: await readingRole(query, config, { strata, schema, oid: Number(oid), names }) };
}

/** Columns of a table that are to be read. */
interface ReadColumns {
  readonly schema: string;
  readonly oid: number;
  readonly names: readonly string[];
}

/** The upstream user, or the first role that it takes on, which may read all these columns; undefined if none may. */
export async function roleThatReads(
  query: Query,
  { upstream, roles }: Config,
  { schema, oid, names }: ReadColumns,
): Promise<string | undefined> {
  const candidates = [
    ...new Set([upstream.user, ...[...roles.values()].flatMap(({ upstreamRole }) => upstreamRole ?? [])]),
  ];
  const allowed = await query(`SELECT r.rolname FROM pg_catalog.pg_roles r
    WHERE r.rolname IN (${candidates.map(quoteLiteral).join(", ")})
      AND pg_catalog.pg_has_role(r.oid, 'MEMBER')
      AND pg_catalog.has_schema_privilege(r.oid, ${quoteLiteral(schema)}, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = ${oid}
        AND a.attname IN (${names.map(quoteLiteral).join(", ")})
        AND NOT pg_catalog.has_column_privilege(r.oid, a.attrelid, a.attnum, 'SELECT'))`);
  return candidates.find((candidate) => allowed.some(([name]) => name === candidate));
}

async function readingRole(
  query: Query,
  config: Config,
  { strata, ...columns }: ReadColumns & { strata: StrataConfig },
): Promise<string> {
  const role = await roleThatReads(query, config, columns);
  if (role !== undefined) return role;
  const { upstream } = config;
  const { names, schema } = columns;
  const grant = `GRANT SELECT (${names.map(quoteIdentifier).join(", ")}) ON ${quotedTable(strata)} TO ${quoteIdentifier(upstream.user)}`;
  throw unreadable(
    strata,
    `neither ${upstream.user} nor a role that it takes on may read ${names.join(", ")} of ${strata.table}`,
    `Run in the database: GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${quoteIdentifier(upstream.user)}; ${grant}.`,
  );
}

/** A session that reads strata: it changes nothing, waits for nobody, and finds no names but those of the catalog. */
export function strataSession(timeoutMs: number): readonly string[] {
  return [
    "SET default_transaction_read_only = on",
    "SET standard_conforming_strings = on",
    "SET search_path = pg_catalog",
    `SET statement_timeout = ${timeoutMs}`,
    `SET lock_timeout = ${timeoutMs}`,
  ];
}

/**
 * One page in the order of the key: key, then a value for each stratum. Each is a statement of its own, so that no old
 * snapshot keeps the database from cleaning up.
 * @param after the last key of the page before
 */
export function strataPage({ key, columns, ...of }: StrataConfig, rows: number, after: string | undefined): string {
  const quoted = quoteIdentifier(key);
  const selected = [quoted, ...[...columns.values()].map(quoteIdentifier)].join(", ");
  const beyond = after === undefined ? `${quoted} IS NOT NULL` : `${quoted} > ${quoteLiteral(after)}`;
  return `SELECT ${selected} FROM ${quotedTable(of)} WHERE ${beyond} ORDER BY ${quoted} LIMIT ${rows}`;
}

/** @returns the statement that takes a source's role on */
export function takeOn({ role }: StrataSource): string {
  return `SET ROLE ${quoteIdentifier(role)}`;
}

function quotedTable({ table }: Pick<StrataConfig, "table">): string {
  return (splitQualified(table) ?? [table]).map(quoteIdentifier).join(".");
}

function unreadable({ kind }: StrataConfig, why: string, hint: string): WhosawError {
  return new WhosawError("CATALOG_MISMATCH", `The strata of ${kind} cannot be read: ${why}.`, { hint });
}
