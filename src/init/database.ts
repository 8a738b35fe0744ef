/** What init knows of a database before it looks at a single value: tables, columns, keys, comments, statistics. */
import type { SubjectKeyType } from "../lineage/plan.ts";
import type { Relation } from "../lineage/catalog.ts";
import { type Facts, keyTypeOf, readFacts } from "../lineage/catalog/facts.ts";
import { quoteIdentifier } from "../lineage/catalog/names.ts";
import type { CatalogQuery } from "../lineage/catalog/statements.ts";
import { isSystemSchema } from "../lineage/catalog/system.ts";

/** What a column can hold, as far as its type says. */
export type Nature =
  | "text"
  | "number"
  | "truth"
  | "time"
  | "date"
  | "uuid"
  | "network"
  | "choice"
  | "payload"
  | "other";

export interface ColumnFacts {
  readonly name: string;
  readonly nature: Nature;
  readonly comment: string;
  readonly notNull: boolean;
  /** As a subject key; undefined for types that no key has. */
  readonly key: { readonly type: SubjectKeyType; readonly array: boolean } | undefined;
  /** Unique by itself. */
  readonly unique: boolean;
  /** Of the rows that ANALYZE saw, by pg_stats; undefined where it may not be read or knows nothing. */
  readonly nullFraction: number | undefined;
}

export interface ForeignKeyFacts {
  readonly column: string;
  readonly target: number;
  readonly targetColumn: string;
}

export interface TableFacts {
  readonly relation: Relation;
  /** As whosaw.yaml names it: `schema.table`, parts in double quotes where a dot or a quote makes that necessary. */
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly ColumnFacts[];
  /** The one column of the primary key; undefined if there is none or it has several. */
  readonly primaryKey: string | undefined;
  readonly foreignKeys: readonly ForeignKeyFacts[];
  /** As the planner of the database estimates. */
  readonly rows: number;
  /** This connection's role may read it. */
  readonly readable: boolean;
}

export interface DatabaseFacts {
  readonly facts: Facts;
  /** Tables, partitioned tables, foreign tables and materialised views; partitions are left to their parents. */
  readonly tables: readonly TableFacts[];
  readonly views: readonly Relation[];
}

/** relation, column number (0 for the relation itself), comment. */
const COMMENTS_SQL = `SELECT d.objoid, d.objsubid, d.description FROM pg_catalog.pg_description d
  WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid >= 16384`;

/** relation, rows, may be read. */
const SIZES_SQL = `SELECT c.oid, greatest(c.reltuples, s.n_live_tup, 0)::bigint,
    pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
  FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_stat_user_tables s ON s.relid = c.oid
  WHERE c.relkind IN ('r','p','m','f') AND c.oid >= 16384`;

/** schema, table, column, share of NULLs. Shows only what this role may read. */
const NULLS_SQL = `SELECT s.schemaname, s.tablename, s.attname, s.null_frac FROM pg_catalog.pg_stats s
  WHERE s.schemaname NOT IN ('pg_catalog', 'information_schema') AND NOT s.inherited`;

const KINDS: ReadonlySet<string> = new Set(["table", "partitioned", "matview", "foreign"]);

/**
 * Reads the catalog in the caller's transaction (CATALOG_TRANSACTION). Reads no row of any table.
 * @throws WhosawError as `query` does
 */
export async function readDatabase(query: CatalogQuery): Promise<DatabaseFacts> {
  const facts = await readFacts(query);
  const comments = new Map((await query(COMMENTS_SQL)).map((row) => [`${row[0]}.${row[1]}`, row[2] ?? ""]));
  const sizes = new Map((await query(SIZES_SQL)).map((row) => [Number(row[0]), row]));
  const nulls = new Map(
    (await query(NULLS_SQL)).map((row) => [JSON.stringify([row[0], row[1], row[2]]), Number(row[3])]),
  );
  const foreignKeys = groupForeignKeys(facts);
  const tables = userRelations(facts)
    .filter((relation) => KINDS.has(relation.kind) && !facts.partitions.has(relation.oid))
    .map((relation) => ({
      relation,
      name: configName(relation.schema, relation.name),
      comment: comments.get(`${relation.oid}.0`) ?? "",
      columns: relation.columns.map((column) => ({
        name: column.name,
        nature: natureOf(column.typeOid, facts),
        comment: comments.get(`${relation.oid}.${column.number}`) ?? "",
        notNull: column.notNull,
        key: keyOf(column.typeOid, facts),
        unique: facts.unique.has(`${relation.oid}.${column.number}`),
        nullFraction: nulls.get(JSON.stringify([relation.schema, relation.name, column.name])),
      })),
      primaryKey: relation.columns.find((column) => facts.unique.get(`${relation.oid}.${column.number}`) === true)
        ?.name,
      foreignKeys: foreignKeys.get(relation.oid) ?? [],
      rows: Number(sizes.get(relation.oid)?.[1] ?? 0),
      readable: sizes.get(relation.oid)?.[2] === "t",
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { facts, tables, views: userRelations(facts).filter((relation) => relation.kind === "view") };
}

function userRelations(facts: Facts): Relation[] {
  return [...facts.relations.values()].filter((relation) => !isSystemSchema(relation.schema));
}

function groupForeignKeys(facts: Facts): Map<number, ForeignKeyFacts[]> {
  const groups = new Map<number, ForeignKeyFacts[]>();
  const columnName = (oid: number, number: number): string | undefined =>
    facts.relations.get(oid)?.columns.find((column) => column.number === number)?.name;
  for (const key of facts.foreignKeys) {
    const column = columnName(key.relation, key.column);
    const targetColumn = columnName(key.target, key.targetColumn);
    if (column === undefined || targetColumn === undefined) continue;
    const group = groups.get(key.relation) ?? [];
    group.push({ column, target: key.target, targetColumn });
    groups.set(key.relation, group);
  }
  return groups;
}

function keyOf(typeOid: number, facts: Facts): ColumnFacts["key"] {
  const type = keyTypeOf(typeOid, facts.types);
  return type === undefined ? undefined : { type: type.keyType, array: type.array };
}

const BY_NAME: Readonly<Record<string, Nature>> = {
  bool: "truth",
  date: "date",
  timestamp: "time",
  timestamptz: "time",
  time: "time",
  timetz: "time",
  interval: "time",
  uuid: "uuid",
  inet: "network",
  cidr: "network",
  macaddr: "network",
  json: "payload",
  jsonb: "payload",
  hstore: "payload",
  xml: "payload",
  bytea: "payload",
  tsvector: "payload",
};

const FIRST_USER_OID = 16_384;

/** Types that TYPES_SQL leaves out; their oids are fixed. */
const BY_OID: Readonly<Record<number, Nature>> = {
  16: "truth",
  17: "payload",
  114: "payload",
  142: "payload",
  650: "network",
  869: "network",
  829: "network",
  1082: "date",
  1083: "time",
  1114: "time",
  1184: "time",
  1186: "time",
  1266: "time",
  3614: "payload",
  3802: "payload",
};

/** Arrays are as their elements; what is not known is `other`. */
function natureOf(typeOid: number, facts: Facts): Nature {
  let oid = typeOid;
  let type = facts.types.get(oid);
  while (type !== undefined && type.kind === "d") {
    oid = type.base;
    type = facts.types.get(oid);
  }
  if (type === undefined) return BY_OID[oid] ?? (oid >= FIRST_USER_OID ? "choice" : "other");
  if (type.category === "A") return natureOf(type.element, facts);
  const named = BY_NAME[type.name];
  if (named !== undefined) return named;
  if (type.category === "S") return "text";
  return type.category === "N" ? "number" : "payload";
}

/** `schema.table`, or with a third part a column, so that splitQualified takes it apart again. */
export function configName(...parts: readonly string[]): string {
  return parts.map((part) => (/[."]/u.test(part) ? quoteIdentifier(part) : part)).join(".");
}
