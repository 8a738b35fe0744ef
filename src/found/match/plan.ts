/** What the columns of a copy's table hold, found from some of its rows, and so how each row is looked up and compared. */
import { LIMITS } from "../../base/limits.ts";
import { KEY_TYPES } from "../../columns/rows.ts";
import type { CopyRow } from "../read/copy.ts";
import type { Held, MatchDatabase, Person } from "./database.ts";
import { emailForms, emailOf } from "./email.ts";
import { evidenceOf } from "./evidence.ts";
import { phoneForms } from "./phone.ts";
import { integerOf, type Shape, shapesOf, uuidOf } from "./shapes.ts";
import type { MatchField, MatchTable } from "./tables.ts";

/** A column by whose values rows are looked up: as keys, or as a field. */
export interface Source {
  readonly column: number;
  readonly table: MatchTable;
  /** Undefined: subject keys. */
  readonly field: MatchField | undefined;
}

/** A column that holds a field of a table with one row for each subject. */
export interface Comparison {
  readonly column: number;
  readonly table: MatchTable;
  /** Its place among the table's fields. */
  readonly place: number;
  readonly field: MatchField;
}

export interface TablePlan {
  readonly sources: readonly Source[];
  readonly comparisons: readonly Comparison[];
  /** Of every column. */
  readonly shapes: readonly (readonly Shape[])[];
}

/** So many of the rows that have a value must be found, or agree. */
const FOUND_SHARE_MIN = 0.1;
const AGREE_SHARE_MIN = 0.3;
/** Of rows that a number found as a key; a counter finds somebody too, but somebody else. */
const KEY_AGREES_SHARE_MIN = 0.5;
const KEY_ALONE_SHARE_MIN = 0.9;

/** Candidates of each row, by their keys. */
export type Candidates = readonly ReadonlyMap<string, ReadonlySet<number>>[];

/** @param tables of one kind */
export async function planTable(
  database: MatchDatabase,
  tables: readonly MatchTable[],
  rows: readonly CopyRow[],
): Promise<TablePlan> {
  const sample = rows.slice(0, LIMITS.foundSampleRows);
  const width = sample.reduce((most, row) => Math.max(most, row.length), 0);
  const shapes = Array.from({ length: width }, (_, column) => shapesOf(valuesOf(sample, column)));
  const tried: { source: Source; keysOf: readonly (readonly string[])[] }[] = [];
  for (const source of possible(tables, shapes)) {
    const keysOf = await lookUp(database, source, sample);
    const found = keysOf.filter((keys) => keys.length > 0).length;
    if (found > 0 && found >= valuesOf(sample, source.column).length * FOUND_SHARE_MIN) tried.push({ source, keysOf });
  }
  const people = await peopleOf(database, tables, new Set(tried.flatMap(({ keysOf }) => keysOf.flat())));
  const sources = tried
    .filter((of) => trusted(of, sample, tables, people))
    .map(({ source }) => source)
    .sort((a, b) => rankOf(a) - rankOf(b));
  const trustedKeys = sample.map((_, i) =>
    tried.flatMap(({ source, keysOf }) => (sources.includes(source) ? (keysOf[i] ?? []) : [])),
  );
  return { sources, comparisons: comparisonsOf(sample, width, tables, people, trustedKeys), shapes };
}

function valuesOf(rows: readonly CopyRow[], column: number): string[] {
  return rows.flatMap((row) => {
    const value = row[column]?.trim() ?? "";
    return value === "" ? [] : [value];
  });
}

function possible(tables: readonly MatchTable[], shapes: readonly (readonly Shape[])[]): Source[] {
  const sources: Source[] = [];
  for (const [column, of] of shapes.entries()) {
    for (const table of tables) {
      if (table.single && mayBeKey(table.keyType, of)) sources.push({ column, table, field: undefined });
      for (const field of table.fields)
        if (field.indexed && mayBeField(field, of)) sources.push({ column, table, field });
    }
  }
  return sources;
}

function mayBeKey(keyType: number, shapes: readonly Shape[]): boolean {
  if (keyType === KEY_TYPES.int) return shapes.includes("integer");
  return keyType === KEY_TYPES.uuid ? shapes.includes("uuid") : shapes.length > 0;
}

function mayBeField({ shapes: held, type }: MatchField, shapes: readonly Shape[]): boolean {
  if (shapes.length === 0) return false;
  if (held.includes("email")) return shapes.includes("email");
  if (held.includes("phone")) return shapes.includes("phone") || shapes.includes("integer");
  return type === "text" ? !shapes.includes("email") : shapes.includes(type === "uuid" ? "uuid" : "integer");
}

/** For each row the keys that its value in the source's column leads to. */
export async function lookUp(database: MatchDatabase, source: Source, rows: readonly CopyRow[]): Promise<string[][]> {
  const { column, table, field } = source;
  const formsOf = rows.map((row) => forms(source, row[column]?.trim() ?? ""));
  const wanted = [...new Set(formsOf.flat())];
  const held: Held[] =
    field === undefined
      ? (await database.people(table, wanted)).map(({ key }) => ({ key, value: key }))
      : await database.look(table, field, wanted);
  const keys = new Map<string, Set<string>>();
  for (const { key, value } of held) {
    const known = keys.get(value);
    if (known === undefined) keys.set(value, new Set([key]));
    // A name that half the world has finds nobody.
    else if (known.size < CANDIDATES_MAX) known.add(key);
  }
  return formsOf.map((of) => [...new Set(of.flatMap((form) => [...(keys.get(form) ?? [])]))].slice(0, CANDIDATES_MAX));
}

const CANDIDATES_MAX = 20;

/** Spellings in which the database may hold a value. */
function forms({ table, field }: Source, value: string): readonly string[] {
  if (value === "") return [];
  const type = field === undefined ? keyKind(table.keyType) : field.type;
  if (type === "bigint")
    return [
      integerOf(value) ?? (field?.shapes.includes("phone") ? integerOf(value.replace(/\D/gu, "")) : undefined),
    ].flatMap((of) => of ?? []);
  if (type === "uuid") return [uuidOf(value)].flatMap((of) => of ?? []);
  if (field?.shapes.includes("email") === true) return emailOf(value) === undefined ? [] : emailForms(value);
  if (field?.shapes.includes("phone") === true) return phoneForms(value);
  return [value];
}

function keyKind(keyType: number): MatchField["type"] {
  if (keyType === KEY_TYPES.int) return "bigint";
  return keyType === KEY_TYPES.uuid ? "uuid" : "text";
}

/** What is held of subjects, by table and key. */
export type People = ReadonlyMap<MatchTable, ReadonlyMap<string, Person>>;

export async function peopleOf(
  database: MatchDatabase,
  tables: readonly MatchTable[],
  keys: ReadonlySet<string>,
): Promise<People> {
  const people = new Map<MatchTable, ReadonlyMap<string, Person>>();
  for (const table of tables) {
    if (table.single)
      people.set(table, new Map((await database.people(table, [...keys])).map((person) => [person.key, person])));
  }
  return people;
}

/** Those that name one subject come first: others are then looked up for fewer rows. */
function rankOf({ field }: Source): number {
  if (field === undefined) return 0;
  return field.class === "identity" ? 3 : field.shapes.includes("email") ? 1 : 2;
}

/** Whether what a column finds are the people that the row is about. */
function trusted(
  { source, keysOf }: { readonly source: Source; readonly keysOf: readonly (readonly string[])[] },
  rows: readonly CopyRow[],
  tables: readonly MatchTable[],
  people: People,
): boolean {
  const { field, column } = source;
  // Nobody has another's address, number or ticket by accident; numbers alone and names, everybody may.
  if (field !== undefined && field.class !== "identity" && !numeric(field)) return true;
  let compared = 0;
  let agreed = 0;
  for (const [i, row] of rows.entries()) {
    const said = (keysOf[i] ?? [])
      .map((key) => supported(row, key, column, tables, people))
      .filter((of) => of !== undefined);
    if (said.length === 0) continue;
    compared += 1;
    if (said.some(Boolean)) agreed += 1;
  }
  if (compared > 0) return agreed >= compared * KEY_AGREES_SHARE_MIN;
  const found = keysOf.filter((keys) => keys.length > 0).length;
  const values = valuesOf(rows, column);
  return field === undefined && found >= values.length * KEY_ALONE_SHARE_MIN && !isCounter(values);
}

function numeric({ type, shapes }: MatchField): boolean {
  return type === "bigint" || (shapes.includes("integer") && !shapes.includes("phone"));
}

/** 1, 2, 3: rows were numbered. */
function isCounter(values: readonly string[]): boolean {
  return values.every((value, i) => Number(value) === Number(values[0]) + i) && Math.abs(Number(values[0])) <= 1;
}

/** Whether any other column fits what is held of a subject; undefined where none could. */
function supported(
  row: CopyRow,
  key: string,
  but: number,
  tables: readonly MatchTable[],
  people: People,
): boolean | undefined {
  let compared = false;
  for (const table of tables) {
    const person = people.get(table)?.get(key);
    if (person === undefined) continue;
    for (const [place, field] of table.fields.entries()) {
      for (const [column, value] of row.entries()) {
        if (column === but || !alike(value, field)) continue;
        const evidence = evidenceOf(value, person.values[place], field);
        if (evidence === "same" || evidence === "supports") return true;
        compared ||= evidence === "differs";
      }
    }
  }
  return compared ? false : undefined;
}

/** Whether a value could be of the field at all: most columns are of others. */
function alike(value: string | null, { shapes }: MatchField): boolean {
  if (value === null || value.trim() === "") return false;
  const of = shapesOf([value]);
  return of.includes("masked-email") ? shapes.includes("email") : shapes.some((shape) => of.includes(shape));
}

/** Each column with the field that most of its values agree with. */
function comparisonsOf(
  rows: readonly CopyRow[],
  width: number,
  tables: readonly MatchTable[],
  people: People,
  keysOf: readonly (readonly string[])[],
): Comparison[] {
  const chosen: Comparison[] = [];
  for (let column = 0; column < width; column += 1) {
    let best: Comparison | undefined;
    let most = 0;
    for (const table of tables) {
      for (const [place, field] of table.fields.entries()) {
        const share = agreement(rows, { column, table, place, field }, people, keysOf);
        if (share > most && share >= AGREE_SHARE_MIN) [best, most] = [{ column, table, place, field }, share];
      }
    }
    if (best !== undefined) chosen.push(best);
  }
  return chosen;
}

function agreement(
  rows: readonly CopyRow[],
  of: Comparison,
  people: People,
  keysOf: readonly (readonly string[])[],
): number {
  let compared = 0;
  let agreed = 0;
  for (const [i, row] of rows.entries()) {
    const said = (keysOf[i] ?? []).flatMap((key) => {
      const person = people.get(of.table)?.get(key);
      return person === undefined ? [] : (evidenceOf(row[of.column], person.values[of.place], of.field) ?? []);
    });
    if (said.length === 0) continue;
    compared += 1;
    if (said.some((evidence) => evidence !== "differs")) agreed += 1;
  }
  return compared === 0 ? 0 : agreed / compared;
}
