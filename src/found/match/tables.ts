/** Which tables of the protected database say who somebody is, and how they may be asked: from whosaw.yaml and the catalog. */
import { KEY_TYPES } from "../../columns/rows.ts";
import type { Config } from "../../config/config.ts";
import { type Query, roleThatReads } from "../../config/strata-source.ts";
import { quoteIdentifier, quoteLiteral, splitQualified } from "../../lineage/catalog/names.ts";
import type { ProtectedTableRule } from "../../lineage/classification.ts";
import { keyTypeOfOid } from "../../shipping/subject-columns.ts";
import { type Shape, shapesOf } from "./shapes.ts";

/** A column whose values name people. */
export interface MatchField {
  readonly column: string;
  /** Of whosaw.yaml: identity, contact or ticket. */
  readonly class: string;
  /** What the database takes values as. */
  readonly type: "text" | "bigint" | "uuid";
  /** An index finds rows by it. */
  readonly indexed: boolean;
  readonly shapes: readonly Shape[];
}

export interface MatchTable {
  readonly kind: string;
  /** As whosaw.yaml has it. */
  readonly name: string;
  /** Quoted. */
  readonly from: string;
  /** SQL: the subject key of a row. */
  readonly key: string;
  readonly keyType: number;
  /** One row for each subject, found by its key with an index. */
  readonly single: boolean;
  readonly fields: readonly MatchField[];
  /** When a row was made, and last changed. */
  readonly created: string | undefined;
  readonly updated: string | undefined;
  /** As the planner of the database estimates; -1 where it does not know. */
  readonly rows: number;
  readonly role: string;
}

/** Classes of fields that name people: what somebody wrote does not. */
const CLASSES: ReadonlySet<string> = new Set(["identity", "contact", "ticket"]);

const TYPES: ReadonlyMap<string, MatchField["type"]> = new Map([
  ["int2", "bigint"],
  ["int4", "bigint"],
  ["int8", "bigint"],
  ["uuid", "uuid"],
]);

/** Names of columns that say when a row was made, or changed. */
const CREATED = /^(?:creat|insert|regist|added|joined|signup|since)/iu;
const UPDATED = /^(?:updat|modif|chang|last_?(?:updat|modif|chang)|edited)/iu;

interface CatalogColumn {
  readonly name: string;
  readonly type: string;
  readonly category: string;
  readonly indexed: boolean;
  readonly unique: boolean;
}

/**
 * The tables of all kinds that can be asked. Tables whose key leads through another table are left out, and so are those
 * that no role may read.
 * @param query over a session that reads; roles are taken on and laid down
 * @param onLeftOut told the name of a table that cannot be asked
 */
export async function matchTables(
  query: Query,
  describe: (sql: string) => Promise<number>,
  config: Config,
  onLeftOut: (table: string) => void,
): Promise<readonly MatchTable[]> {
  const found: MatchTable[] = [];
  for (const [kind, { tables }] of Object.entries(config.classification.subjects)) {
    for (const [name, rule] of Object.entries(tables)) {
      const columns = Object.entries(rule.fields).filter(([, of]) => CLASSES.has(of));
      if (columns.length === 0 || "path" in rule.key) continue;
      const table = await tableOf({ query, describe, config }, kind, name, rule);
      if (table === undefined) onLeftOut(name);
      else if (table.fields.length > 0) found.push(table);
    }
  }
  return found;
}

interface Asking {
  readonly query: Query;
  readonly describe: (sql: string) => Promise<number>;
  readonly config: Config;
}

async function tableOf(
  { query, describe, config }: Asking,
  kind: string,
  name: string,
  rule: ProtectedTableRule,
): Promise<MatchTable | undefined> {
  const [schema = "", table = ""] = splitQualified(name) ?? [];
  // What roles the upstream user may take on is asked as that user.
  await query("RESET ROLE");
  const [relation] = await query(
    `SELECT c.oid, c.reltuples FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(table)}`,
  );
  if (relation === undefined) return undefined;
  const columns = await columnsOf(query, Number(relation[0]));
  const from = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
  const keyColumn =
    "column" in rule.key ? columns.find(({ name: of }) => "column" in rule.key && of === rule.key.column) : undefined;
  const key = "sql" in rule.key ? `(${rule.key.sql})` : quoteIdentifier(keyColumn?.name ?? "");
  const created = columns.find(({ name: of, category }) => category === "D" && CREATED.test(of))?.name;
  const updated = columns.find(({ name: of, category }) => category === "D" && UPDATED.test(of))?.name;
  const wanted = columns.filter(({ name: of }) => CLASSES.has(rule.fields[of] ?? ""));
  const names = [...wanted.map(({ name: of }) => of), ...[keyColumn?.name, created, updated].flatMap((of) => of ?? [])];
  const role = await roleThatReads(query, config, { schema, oid: Number(relation[0]), names });
  if (role === undefined) return undefined;
  await query(`SET ROLE ${quoteIdentifier(role)}`);
  const oid = await describe(`SELECT ${key} FROM ${from} LIMIT 0`);
  const [type] = await query(`SELECT typcategory FROM pg_catalog.pg_type WHERE oid = ${oid}`);
  if (type?.[0] === "A") return undefined;
  return {
    kind,
    name,
    from,
    key,
    keyType: keyTypeOfOid(oid),
    single: keyColumn?.unique ?? false,
    fields: await fieldsOf(query, from, rule, wanted),
    created,
    updated,
    rows: Number(relation[1]),
    role,
  };
}

async function columnsOf(query: Query, oid: number): Promise<CatalogColumn[]> {
  const rows = await query(`SELECT a.attname, t.typname, t.typcategory,
      coalesce(bool_or(i.indkey[0] = a.attnum), false),
      coalesce(bool_or(i.indkey[0] = a.attnum AND i.indisunique AND i.indnkeyatts = 1), false)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisvalid AND i.indpred IS NULL
    WHERE a.attrelid = ${oid} AND a.attnum > 0 AND NOT a.attisdropped GROUP BY a.attnum, a.attname, t.typname, t.typcategory ORDER BY a.attnum`);
  return rows.map(([name, type, category, indexed, unique]) => ({
    name: name ?? "",
    type: type ?? "",
    category: category ?? "",
    indexed: indexed === "t",
    unique: unique === "t",
  }));
}

/** Values looked at to tell what a column holds. */
const SAMPLE_ROWS = 200;

async function fieldsOf(
  query: Query,
  from: string,
  rule: ProtectedTableRule,
  columns: readonly CatalogColumn[],
): Promise<MatchField[]> {
  const fields: MatchField[] = [];
  for (const { name, type, category, indexed } of columns) {
    const as = TYPES.get(type) ?? (category === "S" ? "text" : undefined);
    if (as === undefined) continue;
    const column = quoteIdentifier(name);
    const rows = await query(`SELECT ${column} FROM ${from} WHERE ${column} IS NOT NULL LIMIT ${SAMPLE_ROWS}`);
    const shapes = shapesOf(
      rows.flatMap(([value]) => (value === null || value === undefined || value.trim() === "" ? [] : [value])),
    );
    fields.push({ column: name, class: rule.fields[name] ?? "", type: as, indexed, shapes });
  }
  return fields;
}

/** What an array of keys is called in SQL. */
export function keySqlType(keyType: number): "bigint" | "uuid" | "text" {
  if (keyType === KEY_TYPES.int) return "bigint";
  return keyType === KEY_TYPES.uuid ? "uuid" : "text";
}
