/** What the loader reads from the server, before classification is held against it. */
import type { Column, Relation, RelationKind } from "../catalog.ts";
import type { SubjectKeyType } from "../plan.ts";
import type { UserCode } from "./snapshot.ts";
import type { CatalogQuery } from "./statements.ts";
import * as statements from "./statements.ts";
import { isAllowedSystemRelation, isSystemSchema } from "./system.ts";

export interface ForeignKey {
  readonly relation: number;
  readonly column: number;
  readonly target: number;
  readonly targetColumn: number;
  /** Validated, enforced at once, by triggers that are enabled: a value that is not NULL has its row. */
  readonly alwaysHolds: boolean;
}

interface Type {
  readonly name: string;
  readonly kind: string;
  readonly category: string;
  readonly element: number;
  readonly base: number;
}

/** A key's type as the ledger writes it. */
export interface KeyType {
  readonly keyType: SubjectKeyType;
  readonly array: boolean;
}

export interface Facts {
  readonly relations: ReadonlyMap<number, Relation>;
  readonly partitions: ReadonlySet<number>;
  /** `oid.column` of columns that are unique by themselves; true for a primary key. */
  readonly unique: ReadonlyMap<string, boolean>;
  readonly foreignKeys: readonly ForeignKey[];
  readonly types: ReadonlyMap<number, Type>;
  readonly userCode: UserCode;
}

const KINDS: Readonly<Record<string, RelationKind>> = {
  r: "table",
  p: "partitioned",
  v: "view",
  m: "matview",
  f: "foreign",
  S: "sequence",
  i: "index",
  I: "index",
  c: "composite",
  t: "toast",
};

const KEY_TYPES: Readonly<Record<string, SubjectKeyType>> = {
  int2: "int",
  int4: "int",
  int8: "int",
  uuid: "uuid",
  text: "text",
  varchar: "text",
  bpchar: "text",
  citext: "text",
};

/** The type's meaning as a key, looking through domains and arrays; undefined for a type that no key may have. */
export function keyTypeOf(oid: number, types: ReadonlyMap<number, Type>): KeyType | undefined {
  let type = types.get(oid);
  while (type !== undefined && type.kind === "d") type = types.get(type.base);
  if (type === undefined) return undefined;
  if (type.category !== "A") {
    const keyType = KEY_TYPES[type.name];
    return keyType === undefined ? undefined : { keyType, array: false };
  }
  const element = keyTypeOf(type.element, types);
  return element === undefined || element.array ? undefined : { keyType: element.keyType, array: true };
}

type Rows = Awaited<ReturnType<CatalogQuery>>;

function text(row: Rows[number], index: number): string {
  return row[index] ?? "";
}

function groupNumbers(rows: Rows): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const row of rows) {
    const key = Number(row[0]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [Number(row[1])]);
    else group.push(Number(row[1]));
  }
  return groups;
}

function groupColumns(rows: Rows): Map<number, Column[]> {
  const groups = new Map<number, Column[]>();
  for (const row of rows) {
    const column: Column = {
      name: text(row, 1),
      number: Number(row[2]),
      typeOid: Number(row[3]),
      notNull: row[4] === "t",
    };
    const group = groups.get(Number(row[0]));
    if (group === undefined) groups.set(Number(row[0]), [column]);
    else group.push(column);
  }
  return groups;
}

/** Stands in `viewReads` for what cannot be known or may not be shown. */
const UNKNOWN_RELATION = 0;

/**
 * Everything that a view reads, directly or through other views. A function can read anything, and so can a system view
 * that is not on the list of harmless ones: for those UNKNOWN_RELATION is among the results. A cycle ends the walk.
 */
function viewReads(
  view: number,
  reads: ReadonlyMap<number, readonly number[]>,
  calls: ReadonlySet<number>,
  refused: ReadonlySet<number>,
): number[] {
  const seen = new Set<number>();
  const open = [view];
  for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
    if (seen.has(oid)) continue;
    seen.add(oid);
    if (calls.has(oid) || refused.has(oid)) seen.add(UNKNOWN_RELATION);
    open.push(...(reads.get(oid) ?? []));
  }
  seen.delete(view);
  return [...seen].sort((a, b) => a - b);
}

async function readRelations(query: CatalogQuery): Promise<Pick<Facts, "relations" | "partitions">> {
  const columns = groupColumns(await query(statements.COLUMNS_SQL));
  const inherits = await query(statements.PARENTS_SQL);
  const parents = groupNumbers(inherits);
  const inherited = new Set(inherits.map((row) => Number(row[1])));
  const reads = groupNumbers(await query(statements.VIEW_READS_SQL));
  const calling = new Set((await query(statements.VIEW_CALLS_SQL)).map((row) => Number(row[0])));
  const rows = await query(statements.RELATIONS_SQL);
  const refused = new Set(rows.filter((row) => isRefused(text(row, 1), text(row, 2))).map((row) => Number(row[0])));
  const relations = new Map<number, Relation>();
  const partitions = new Set<number>();
  for (const row of rows) {
    const oid = Number(row[0]);
    const kind = KINDS[text(row, 3)] ?? "composite";
    if (row[6] === "t") partitions.add(oid);
    relations.set(oid, {
      oid,
      schema: text(row, 1),
      name: text(row, 2),
      kind,
      columns: columns.get(oid) ?? [],
      parents: parents.get(oid) ?? [],
      hasRules: row[4] === "t",
      hasRowSecurity: row[5] === "t",
      hasInheritors: inherited.has(oid),
      viewReads: kind === "view" || kind === "matview" ? viewReads(oid, reads, calling, refused) : [],
    });
  }
  return { relations, partitions };
}

const isRefused = (schema: string, name: string): boolean =>
  isSystemSchema(schema) && !isAllowedSystemRelation(schema, name);

async function readUserCode(query: CatalogQuery): Promise<UserCode> {
  const objects: Record<string, Set<string>> = { f: new Set(), w: new Set(), o: new Set(), t: new Set(), n: new Set() };
  for (const row of await query(statements.USER_OBJECTS_SQL)) objects[text(row, 0)]?.add(text(row, 1));
  return {
    userFunctions: objects["f"]!,
    writtenFunctions: objects["w"]!,
    userOperators: objects["o"]!,
    typesWithCode: objects["t"]!,
    typeOidsWithCode: new Set([...objects["n"]!].map(Number)),
  };
}

/** Reads all facts, one statement after the other, in the caller's transaction (see CATALOG_TRANSACTION). */
export async function readFacts(query: CatalogQuery): Promise<Facts> {
  const { relations, partitions } = await readRelations(query);
  const unique = new Map<string, boolean>();
  for (const row of await query(statements.UNIQUE_SQL)) {
    const place = `${row[0]}.${row[1]}`;
    unique.set(place, unique.get(place) === true || row[2] === "t");
  }
  const types = new Map<number, Type>();
  for (const row of await query(statements.TYPES_SQL)) {
    types.set(Number(row[0]), {
      name: text(row, 1),
      kind: text(row, 2),
      category: text(row, 3),
      element: Number(row[4]),
      base: Number(row[5]),
    });
  }
  const foreignKeys = (await query(statements.FOREIGN_KEYS_SQL)).map((row) => ({
    relation: Number(row[0]),
    column: Number(row[1]),
    target: Number(row[2]),
    targetColumn: Number(row[3]),
    alwaysHolds: row[4] === "t",
  }));
  return {
    relations,
    partitions,
    unique,
    foreignKeys,
    types,
    userCode: await readUserCode(query),
  };
}
