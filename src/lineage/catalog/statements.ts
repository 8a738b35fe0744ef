/**
 * The statements that read a database's catalog. All names are qualified, and everything works on PostgreSQL 14 to 18
 * without rights beyond those of PUBLIC.
 */
import { quoteLiteral } from "./names.ts";

/** Runs one statement and returns its rows in text format. Rejects with the server's error. */
export type CatalogQuery = (sql: string) => Promise<readonly (readonly (string | null)[])[]>;

/**
 * What to send before and after `loadCatalog` and the digest, on a connection of the gateway's own: one snapshot for all
 * statements, and no schema on the search path in which somebody could have put an operator.
 */
export const CATALOG_TRANSACTION = {
  begin: [
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL search_path = pg_catalog",
    "SET LOCAL jit = off",
  ],
  end: "COMMIT",
  rollback: "ROLLBACK",
} as const;

/** Temporary relations belong to one session each: the gateway follows its own, and no other can be read. */
const NOT_TEMPORARY = `n.nspname !~ '^pg_(toast_)?temp_'`;

/**
 * A cheap number that changes when rows of a catalog are inserted, updated or removed: `xmin` is new with every update,
 * and VACUUM and ANALYZE update in place.
 */
function rows(from: string, columns: string, where: string): string {
  return `(SELECT pg_catalog.concat(pg_catalog.count(*), '.', pg_catalog.sum(pg_catalog.hash_record(ROW(${columns})))) FROM ${from} WHERE ${where})`;
}

/** Oids below this one are assigned by initdb. */
const FIRST_USER_OID = 16384;

/** There are few temporary relations, if any: leaving them out one by one is cheaper than a join. */
const permanent = (relation: string): string =>
  `${relation} >= ${FIRST_USER_OID} AND ${relation} <> ALL (ARRAY(SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relpersistence = 't'))`;
const USER_NAMESPACES = `(SELECT n.oid FROM pg_catalog.pg_namespace n WHERE ${NOT_TEMPORARY} AND n.nspname <> 'pg_toast')`;

/** One row, one column: a text that changes with every DDL that could change a plan (grants and roles included). */
export const DIGEST_SQL = `SELECT pg_catalog.concat_ws(' ',
  pg_catalog.current_setting('server_version_num'),
  pg_catalog.current_database(),
  ${rows("pg_catalog.pg_namespace n", "n.oid, n.xmin", NOT_TEMPORARY)},
  ${rows("pg_catalog.pg_class c", "c.oid, c.xmin", "c.relpersistence <> 't' AND c.relkind <> 't'")},
  ${rows("pg_catalog.pg_attribute a", "a.attrelid, a.attnum, a.xmin", `a.attnum > 0 AND ${permanent("a.attrelid")}`)},
  ${rows("pg_catalog.pg_constraint o", "o.oid, o.xmin", `o.connamespace IN ${USER_NAMESPACES}`)},
  ${rows("pg_catalog.pg_index i", "i.indexrelid, i.xmin", permanent("i.indrelid"))},
  ${rows("pg_catalog.pg_inherits h", "h.inhrelid, h.inhparent, h.xmin", "true")},
  ${rows("pg_catalog.pg_rewrite w", "w.oid, w.xmin", permanent("w.ev_class"))},
  ${rows("pg_catalog.pg_policy p", "p.oid, p.xmin", "true")},
  ${rows("pg_catalog.pg_proc p", "p.oid, p.xmin", `p.oid >= ${FIRST_USER_OID}`)},
  ${rows("pg_catalog.pg_operator p", "p.oid, p.xmin", `p.oid >= ${FIRST_USER_OID}`)},
  ${rows("pg_catalog.pg_cast p", "p.oid, p.xmin", `p.oid >= ${FIRST_USER_OID}`)},
  ${rows("pg_catalog.pg_type t", "t.oid, t.xmin", `t.oid >= ${FIRST_USER_OID} AND t.typnamespace IN ${USER_NAMESPACES}`)},
  ${rows("pg_catalog.pg_extension e", "e.oid, e.xmin", "true")},
  ${rows("pg_catalog.pg_auth_members m", "m.roleid, m.member, m.xmin", "true")},
  (SELECT pg_catalog.concat(pg_catalog.count(*), '.', pg_catalog.sum(pg_catalog.hashtextextended(
    pg_catalog.concat_ws(' ', r.oid, r.rolname, r.rolsuper, r.rolinherit, r.rolbypassrls), 0))) FROM pg_catalog.pg_roles r))`;

/** oid, schema, name, kind, has rules, has row security, is a partition. */
export const RELATIONS_SQL = `SELECT c.oid, n.nspname, c.relname, c.relkind,
    c.relhasrules AND EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN'),
    c.relrowsecurity, c.relispartition
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE ${NOT_TEMPORARY} ORDER BY c.oid`;

/**
 * relation, name, number, type, not null. PostgreSQL 18 sets attnotnull for constraints that are not valid yet, too.
 */
export const COLUMNS_SQL = `SELECT a.attrelid, a.attname, a.attnum, a.atttypid,
    a.attnotnull AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o
      WHERE o.conrelid = a.attrelid AND o.contype = 'n' AND NOT o.convalidated AND o.conkey[1] = a.attnum)
  FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r','p','v','m','f','S','c') AND ${NOT_TEMPORARY}
  ORDER BY a.attrelid, a.attnum`;

/** child, parent. */
export const PARENTS_SQL =
  "SELECT h.inhrelid, h.inhparent FROM pg_catalog.pg_inherits h ORDER BY h.inhrelid, h.inhseqno";

/**
 * view, relation that its query names. From the dependencies, and from the oids in the stored query itself: relations of
 * the system catalogs have no dependencies recorded.
 */
export const VIEW_READS_SQL = `SELECT w.ev_class, d.refobjid
  FROM pg_catalog.pg_rewrite w
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> w.ev_class
  WHERE w.ev_class >= ${FIRST_USER_OID}
  UNION
  SELECT w.ev_class, found.relid[1]::pg_catalog.oid
  FROM pg_catalog.pg_rewrite w
    CROSS JOIN LATERAL pg_catalog.regexp_matches(w.ev_action::text, ':relid ([0-9]+)', 'g') AS found(relid)
  WHERE w.ev_class >= ${FIRST_USER_OID} AND found.relid[1] <> '0' AND found.relid[1]::pg_catalog.oid <> w.ev_class`;

/** Views whose query calls a function, or an operator of no extension: what they read is not known. */
export const VIEW_CALLS_SQL = `SELECT DISTINCT w.ev_class
  FROM pg_catalog.pg_rewrite w
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
      AND d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
  WHERE w.ev_class >= ${FIRST_USER_OID}
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass
      AND e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e')`;

const ofNoExtension = (functionOid: string): string =>
  `${functionOid} >= ${FIRST_USER_OID} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
    WHERE e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.objid = ${functionOid} AND e.deptype = 'e')`;

/**
 * kind and name: f, functions outside pg_catalog; w, those of them that are no extension's; o, operators outside pg_catalog whose function is no extension's; t, types whose
 * values are made by functions that are no extension's, and arrays, domains and rows of such types; n, the oids of those.
 */
export const USER_OBJECTS_SQL = `WITH RECURSIVE code(oid) AS (
    SELECT t.oid FROM pg_catalog.pg_type t WHERE ${ofNoExtension("t.typinput::pg_catalog.oid")}
    UNION
    SELECT c.casttarget FROM pg_catalog.pg_cast c WHERE c.casttarget >= ${FIRST_USER_OID} AND ${ofNoExtension("c.castfunc")}
    UNION
    SELECT o.contypid FROM pg_catalog.pg_constraint o
      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = o.oid
        AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      WHERE o.contypid <> 0 AND ${ofNoExtension("d.refobjid")}
    UNION
    SELECT t.oid FROM code JOIN pg_catalog.pg_type t ON t.typelem = code.oid OR t.typbasetype = code.oid OR EXISTS (
      SELECT FROM pg_catalog.pg_attribute a WHERE t.typrelid <> 0 AND a.attrelid = t.typrelid AND a.atttypid = code.oid)
  )
  SELECT DISTINCT 'f', p.proname::text FROM pg_catalog.pg_proc p
    WHERE p.oid >= ${FIRST_USER_OID} OR p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
  UNION ALL
  SELECT DISTINCT 'w', p.proname::text FROM pg_catalog.pg_proc p
    WHERE (p.oid >= ${FIRST_USER_OID} OR p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        AND d.objid = p.oid AND d.deptype = 'e')
  UNION ALL
  SELECT DISTINCT 'o', o.oprname::text FROM pg_catalog.pg_operator o
    WHERE (o.oid >= ${FIRST_USER_OID} OR o.oprnamespace <> 'pg_catalog'::pg_catalog.regnamespace)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        AND d.objid = o.oprcode::pg_catalog.oid AND d.deptype = 'e')
  UNION ALL
  SELECT DISTINCT 't', t.typname::text FROM code JOIN pg_catalog.pg_type t ON t.oid = code.oid
  UNION ALL
  SELECT 'n', code.oid::text FROM code`;

/** oid, name, type (b, d, e, c ...), category, element type, base type, of types that a key may have. */
export const TYPES_SQL = `SELECT t.oid, t.typname, t.typtype, t.typcategory, t.typelem, t.typbasetype
  FROM pg_catalog.pg_type t WHERE t.typtype IN ('b','d') AND (t.typcategory IN ('S','N','U','A') OR t.typtype = 'd')`;

/** relation, column number: columns whose values are unique by themselves (not over a part of the rows, not deferred). */
export const UNIQUE_SQL = `SELECT i.indrelid, i.indkey[0], i.indisprimary
  FROM pg_catalog.pg_index i
  WHERE i.indrelid >= ${FIRST_USER_OID} AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indnkeyatts = 1
    AND i.indkey[0] > 0 AND i.indpred IS NULL AND i.indexprs IS NULL`;

/**
 * relation, column, target relation, target column, always holds (valid, checked at once and by enabled triggers), of
 * foreign keys of one column. conenforced is new in PostgreSQL 18.
 */
export const FOREIGN_KEYS_SQL = `SELECT o.conrelid, o.conkey[1], o.confrelid, o.confkey[1],
    o.convalidated AND NOT o.condeferrable AND coalesce((pg_catalog.to_jsonb(o) ->> 'conenforced')::boolean, true)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgconstraint = o.oid AND t.tgenabled NOT IN ('O','A'))
  FROM pg_catalog.pg_constraint o
  WHERE o.contype = 'f' AND pg_catalog.cardinality(o.conkey) = 1 AND o.connamespace IN ${USER_NAMESPACES}
  ORDER BY o.oid`;

const roleList = (roles: readonly string[]): string => roles.map(quoteLiteral).join(", ");

/** role names that exist. */
export function rolesSql(roles: readonly string[]): string {
  return `SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname IN (${roleList(roles)})`;
}

/** role, relations (joined by commas) of which it may SELECT every column. */
export function tablePrivilegesSql(roles: readonly string[]): string {
  return `SELECT r.rolname, pg_catalog.string_agg(c.oid::text, ',')
    FROM pg_catalog.pg_roles r
      CROSS JOIN pg_catalog.pg_namespace n
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
    WHERE r.rolname IN (${roleList(roles)}) AND ${NOT_TEMPORARY} AND c.relkind IN ('r','p','v','m','f','S')
      AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE') AND pg_catalog.has_table_privilege(r.oid, c.oid, 'SELECT')
    GROUP BY r.rolname`;
}

/** role, relation, column: single columns that a role may SELECT although not the whole table. */
export function columnPrivilegesSql(roles: readonly string[]): string {
  return `SELECT r.rolname, c.oid, a.attname
    FROM pg_catalog.pg_roles r
      CROSS JOIN pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rolname IN (${roleList(roles)}) AND a.attacl IS NOT NULL AND a.attnum > 0 AND NOT a.attisdropped AND ${NOT_TEMPORARY}
      AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
      AND NOT pg_catalog.has_table_privilege(r.oid, c.oid, 'SELECT')
      AND pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT')`;
}
