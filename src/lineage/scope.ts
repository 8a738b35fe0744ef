/** Range tables: what the names in a query mean, and which protected columns stand behind them. */
import type { ProtectedRelation, Relation } from "./catalog.ts";
import { quoteIdentifier } from "./refusal.ts";

/** A protected table as the statement uses it; becomes a TableUse of the plan. */
export interface UseDraft {
  readonly table: ProtectedRelation;
  readonly shown: Set<string>;
  readonly predicate: Set<string>;
}

/** One protected column of one use. One object each, so that sets of them hold no duplicates. */
export interface Origin {
  readonly use: UseDraft;
  readonly column: string;
}

export interface EntryColumn {
  readonly name: string;
  readonly origins: readonly Origin[];
  /** The column is, unchanged, this column of the row that the key belongs to. */
  readonly base?: { readonly key: HiddenKey; readonly column: string } | undefined;
}

/** A hidden key as an expression over the row of a query's FROM clause. */
export interface HiddenKey {
  readonly sql: string;
  /**
   * The key itself, where its text form is a companion already: an integer that is never NULL. At the outermost level the
   * server then writes it once instead of twice (measured: the cast costs up to 40 % of a bulk result).
   */
  readonly plain: string | undefined;
  readonly use: UseDraft;
  readonly array: boolean;
  readonly nullable: boolean;
  /** NULL may stand for 'no such row' here. */
  readonly absent: boolean;
}

/** One entry of a range table. */
export interface Entry {
  /** The name by which columns call it; undefined for a subquery without alias. */
  readonly alias: string | undefined;
  readonly schema: string | undefined;
  readonly columns: readonly EntryColumn[];
  /** It may have more columns than are known here: a function, a temporary table. */
  readonly open: boolean;
  /** Protected columns that may stand behind any of its columns, for open entries. */
  readonly openOrigins: readonly Origin[];
  readonly keys: readonly HiddenKey[];
  /** Its rows depend on one another (LIMIT, GROUP BY): dropping some of them further out would hide subjects. */
  readonly cuts: boolean;
  /** Its rows even stand in for rows that it does not return (LIMIT): merging them further out would hide those, too. */
  readonly limits: boolean;
  /** A subquery or CTE that was given hidden columns: its whole row must not be read. */
  readonly hiding: boolean;
}

export interface Scope {
  readonly entries: Entry[];
  readonly outer: Scope | undefined;
}

const SYSTEM_COLUMNS = new Set(["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"]);
/** A column that every table has, and that `*` does not show. */
export function isSystemColumn(name: string): boolean {
  return SYSTEM_COLUMNS.has(name);
}

/** All protected columns of an entry: what its whole row shows. */
export function wholeRow(entry: Entry): Origin[] {
  return [...entry.columns.flatMap((column) => column.origins), ...entry.openOrigins];
}

/** A column as it can be written anywhere in the query, quoted. */
export function qualified(entry: Entry, column: string): string {
  return entry.alias === undefined
    ? quoteIdentifier(column)
    : `${quoteIdentifier(entry.alias)}.${quoteIdentifier(column)}`;
}

/** An entry for a relation that holds no subjects. */
export function publicEntry(alias: string, relation: Relation | undefined, colnames: readonly string[]): Entry {
  const columns = (relation?.columns ?? []).map((column, i): EntryColumn => ({
    name: colnames[i] ?? column.name,
    origins: [],
  }));
  return {
    alias,
    schema: relation?.schema,
    columns,
    open: relation === undefined,
    openOrigins: [],
    keys: [],
    cuts: false,
    limits: false,
    hiding: false,
  };
}

/** An entry for a protected table: each protected column is an origin, and the key of the row its companion. */
export function protectedEntry(alias: string, use: UseDraft, absent: boolean): Entry {
  const { table } = use;
  const key: HiddenKey = {
    sql: keySql(table, quoteIdentifier(alias), absent),
    plain:
      table.keyNeverNull && table.keyType === "int" && !table.array
        ? `(${table.keySql(quoteIdentifier(alias))})`
        : undefined,
    use,
    array: table.array,
    nullable: table.nullable,
    absent,
  };
  const columns = table.relation.columns.map((column): EntryColumn => {
    const { name } = column;
    return { name, origins: table.publicColumns.has(name) ? [] : [{ use, column: name }], base: { key, column: name } };
  });
  return {
    alias,
    schema: table.relation.schema,
    columns,
    open: false,
    openOrigins: [],
    keys: [key],
    cuts: false,
    limits: false,
    hiding: false,
  };
}

/**
 * The companion of one row, as text (encoding: see Companion in plan.ts). Every name in it carries its schema: nothing
 * in the search path can redirect it.
 * @param absent the row may be missing (the nullable side of an outer join): NULL then, while '' is a row without a key
 */
export function keySql(table: ProtectedRelation, alias: string, absent: boolean): string {
  const key = `(${table.keySql(alias)})`;
  const encoded = table.array
    ? arraySql(table, key)
    : table.keyType === "text"
      ? textSql(key)
      : `${key}::pg_catalog.text`;
  // A key that is never NULL in a row is NULL exactly where an outer join found no row.
  if (table.keyNeverNull) return encoded;
  if (!absent) return `coalesce(${encoded}, '')`;
  return `case when ${alias}.tableoid is not null then coalesce(${encoded}, '') end`;
}

function textSql(key: string): string {
  return `('='::pg_catalog.text OPERATOR(pg_catalog.||) pg_catalog.encode(pg_catalog.convert_to(${key}::pg_catalog.text, 'UTF8'), 'hex'))`;
}

/** `{1,2}` without quotes or blanks; NULL elements are left out. */
function arraySql(table: ProtectedRelation, key: string): string {
  const elements =
    table.keyType === "text"
      ? `array(select ${textSql("whosaw_key.key")} from pg_catalog.unnest(${key}) as whosaw_key(key) where whosaw_key.key is not null)`
      : key;
  return `('{'::pg_catalog.text OPERATOR(pg_catalog.||) pg_catalog.array_to_string(${elements}, ',') OPERATOR(pg_catalog.||) '}'::pg_catalog.text)`;
}

/** The keys of all rows of a group, as one array companion. */
export function groupKey(key: HiddenKey): HiddenKey {
  const { table } = key.use;
  const element = key.array
    ? `nullif(pg_catalog.btrim(${key.sql}, '{}'), '')`
    : table.keyNeverNull
      ? key.sql
      : `nullif(${key.sql}, '')`;
  const list = `('{'::pg_catalog.text OPERATOR(pg_catalog.||) coalesce(pg_catalog.string_agg(${element}, ','), '') OPERATOR(pg_catalog.||) '}'::pg_catalog.text)`;
  // One row without a key makes the group's companion '', which is refused unless such rows are allowed.
  const sql =
    key.nullable || table.keyNeverNull
      ? list
      : `case when pg_catalog.bool_or(${key.sql} OPERATOR(pg_catalog.=) '') then '' else ${list} end`;
  return { ...key, sql, plain: undefined, array: true };
}
