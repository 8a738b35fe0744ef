/** Which columns of a table name rows of another: by foreign key, or by their name, held against the values. */
import { LIMITS } from "../base/limits.ts";
import { quoteIdentifier } from "../lineage/catalog/names.ts";
import { tryQuery } from "../lineage/catalog/savepoint.ts";
import type { CatalogQuery } from "../lineage/catalog/statements.ts";
import type { ColumnFacts, DatabaseFacts, TableFacts } from "./database.ts";
import { CUSTOMERS, DOERS, KEY_SUFFIXES, says, singular, STAFF, tableWords, words } from "./words.ts";

/** What a link says of its row: it is the customer's, it is somebody's, or somebody did something to it. */
export type LinkMeaning = "customer" | "neutral" | "doer";

export interface Link {
  readonly column: ColumnFacts;
  readonly target: TableFacts;
  readonly targetColumn: string;
  readonly meaning: LinkMeaning;
  /** A foreign key; otherwise only the names say so. */
  readonly declared: boolean;
  /** For links by name: of so many different values so many have their row. */
  readonly checked: { readonly asked: number; readonly found: number } | undefined;
}

export type Links = ReadonlyMap<number, readonly Link[]>;

/** Reads keys alone, counted by the database; links whose values mostly lead nowhere are left out. */
export async function findLinks(query: CatalogQuery, database: DatabaseFacts): Promise<Links> {
  const byOid = new Map(database.tables.map((table) => [table.relation.oid, table]));
  const byName = new NameIndex(database.tables);
  const links = new Map<number, Link[]>();
  for (const table of database.tables) {
    const declared = declaredLinks(table, byOid);
    const taken = new Set(declared.map((link) => link.column.name));
    const guessed: Link[] = [];
    for (const column of table.columns) {
      if (taken.has(column.name)) continue;
      const link = byName.linkOf(table, column);
      if (link !== undefined) guessed.push(...(await checkedLink(query, table, link)));
    }
    links.set(table.relation.oid, [...declared, ...guessed]);
  }
  return links;
}

function declaredLinks(table: TableFacts, byOid: ReadonlyMap<number, TableFacts>): Link[] {
  return table.foreignKeys.flatMap(({ column: name, target: oid, targetColumn }) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    const target = byOid.get(oid);
    if (column === undefined || target === undefined) return [];
    const meaning = meaningOf(column, target);
    return [{ column, target, targetColumn, meaning, declared: true, checked: undefined }];
  });
}

function meaningOf(column: ColumnFacts, target: TableFacts): LinkMeaning {
  const stem = stemOf(column.name);
  if (says(stem, CUSTOMERS)) return "customer";
  const own = tableWords(target.relation.name);
  if (stem.every((word) => own.includes(singular(word)))) return "neutral";
  return says(stem, DOERS) || says(stem, STAFF) ? "doer" : "neutral";
}

/** `customer_id`, `customerId`, `id_kunde`, `kunden_nr`: the words without those that only say that it is a key. */
function stemOf(column: string): string[] {
  return words(column).filter((word, index, all) => {
    const edge = index === 0 || index === all.length - 1;
    return !(edge && all.length > 1 && KEY_SUFFIXES.has(word));
  });
}

/** Tables by the ends of their names: `spree_line_items` is also `line_items` and `items`. */
class NameIndex {
  readonly #byWords = new Map<string, TableFacts[]>();
  /** Tables of those whom the company serves. */
  readonly #customers: TableFacts[] = [];

  constructor(tables: readonly TableFacts[]) {
    for (const table of tables) {
      if (table.primaryKey === undefined) continue;
      const own = tableWords(table.relation.name);
      if (says(own.slice(-1), CUSTOMERS)) this.#customers.push(table);
      own.forEach((_, index) => {
        const key = own.slice(index).join("");
        this.#byWords.set(key, [...(this.#byWords.get(key) ?? []), table]);
      });
    }
  }

  linkOf(table: TableFacts, column: ColumnFacts): Link | undefined {
    const all = words(column.name);
    if (column.key === undefined || column.name === table.primaryKey) return undefined;
    if (isPolymorphic(table, column)) return undefined;
    const marked = all.length > 1 && (KEY_SUFFIXES.has(all.at(-1) ?? "") || KEY_SUFFIXES.has(all[0] ?? ""));
    if (!marked && !column.key.array) return undefined;
    const stem = stemOf(column.name).map(singular);
    for (let from = 0; from <= stem.length; from++) {
      const target =
        from < stem.length
          ? this.#nearest(stem.slice(from).join(""), table, column)
          : this.#customer(stem, table, column);
      const key = target?.columns.find((candidate) => candidate.name === target.primaryKey);
      if (target === undefined || key === undefined) continue;
      const meaning = meaningOf(column, target);
      return { column, target, targetColumn: key.name, meaning, declared: false, checked: undefined };
    }
    return undefined;
  }

  /** `requestors`, `caller_id`: a customer by another word, if there is but one table of them. */
  #customer(stem: readonly string[], table: TableFacts, column: ColumnFacts): TableFacts | undefined {
    const fitting = says(stem, CUSTOMERS) ? this.#customers.filter((other) => fits(other, table, column)) : [];
    return fitting.length === 1 ? fitting[0] : undefined;
  }

  /** Of the tables with that name: one whose key has the column's type, the same schema first, the shortest name first. */
  #nearest(name: string, table: TableFacts, column: ColumnFacts): TableFacts | undefined {
    const fitting = (this.#byWords.get(name) ?? []).filter((candidate) => fits(candidate, table, column));
    const distance = (candidate: TableFacts): number =>
      (candidate.relation.schema === table.relation.schema ? 0 : 1_000) +
      sharedStart(candidate, table) +
      tableWords(candidate.relation.name).length;
    return fitting.toSorted((a, b) => distance(a) - distance(b))[0];
  }
}

/** Another table, whose key has the column's type. */
function fits(candidate: TableFacts, table: TableFacts, column: ColumnFacts): boolean {
  const key = candidate.columns.find(({ name }) => name === candidate.primaryKey)?.key;
  return candidate !== table && key !== undefined && key.type === column.key?.type && !key.array;
}

/** Beside `source_id` stands `source_type`: it names rows of several tables. */
export function isPolymorphic(table: TableFacts, column: ColumnFacts): boolean {
  const type = column.name.replace(/_?id$/iu, (suffix) => suffix.replace(/id/iu, "type"));
  return type !== column.name && table.columns.some(({ name }) => name === type || name === `${type}_id`);
}

/** Tables of one part of a product begin alike. */
function sharedStart(a: TableFacts, b: TableFacts): number {
  return words(a.relation.name)[0] === words(b.relation.name)[0] ? 0 : 10;
}

const FOUND_MIN = 0.9;

/** The link with what its values say; nothing if they lead nowhere. */
async function checkedLink(query: CatalogQuery, table: TableFacts, link: Link): Promise<Link[]> {
  if (!table.readable || !link.target.readable || table.relation.kind === "foreign") return [link];
  const rows = await tryQuery(query, checkSql(table, link));
  if (rows === undefined) return [link];
  const [asked = 0, found = 0] = rows[0]?.map(Number) ?? [];
  if (asked > 0 && found < asked * FOUND_MIN) return [];
  return [{ ...link, checked: { asked, found } }];
}

function checkSql(table: TableFacts, { column, target, targetColumn }: Link): string {
  const full = (other: TableFacts): string =>
    `${quoteIdentifier(other.relation.schema)}.${quoteIdentifier(other.relation.name)}`;
  const name = `t.${quoteIdentifier(column.name)}`;
  const value = column.key?.array === true ? `pg_catalog.unnest(${name})` : name;
  const from = `SELECT ${value} AS v FROM ${full(table)} AS t WHERE ${name} IS NOT NULL LIMIT ${LIMITS.initLinkValuesMax}`;
  const exists = `EXISTS (SELECT FROM ${full(target)} AS k WHERE k.${quoteIdentifier(targetColumn)} = d.v)`;
  return `SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE ${exists}) FROM (SELECT DISTINCT s.v FROM (${from}) AS s) AS d`;
}
