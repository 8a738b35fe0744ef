/** What a trace asks of columns, from the daily aggregates and from what has arrived since they were made. */
import { DAY_MS } from "../../base/clock.ts";
import type { Columns } from "../columns.ts";
import { actorDaysOf, newActorDays } from "../daily/actor-days.ts";
import { cellDaysOf, daysOf, type Making, newSince } from "../daily/cells.ts";
import type { Aggregate } from "../daily/kept.ts";
import { upTo } from "../daily/positions.ts";
import { ArraysReader } from "../row-binary.ts";
import type { SubjectKey } from "../rows.ts";

/** Counts of views; a row may come in parts, which add up. */
export interface ActorDays {
  /** number64 of actor ids. */
  readonly actor: BigUint64Array;
  readonly day: Int32Array;
  readonly fields: Uint32Array;
  readonly listed: Uint8Array;
  readonly n: Uint32Array;
}

export interface CellDays extends ActorDays {
  readonly cell: Uint16Array;
}

/** Where a subject stands in an epoch. */
export interface Placement {
  readonly cell: number;
  readonly exposure: number;
}

/** A view of a subject that was reported, by the place of its key in the question. */
export interface SubjectView {
  readonly subject: number;
  readonly actor: bigint;
  readonly atMs: number;
  readonly fields: number;
  readonly listed: boolean;
  /** A number of GRADES: only `exact` is sure to be of that person. */
  readonly grade: number;
}

/** Days from the one on, up to and with the other. */
export type Days = readonly [first: number, last: number];

type Key = Pick<SubjectKey, "subject" | "subject2">;

/** All views of these subjects, by time. @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED, as all of them */
export async function viewsOfSubjects(
  { columns, kind, bits, arrived, readable }: Making,
  subjects: readonly SubjectKey[],
  [first, last]: Days,
): Promise<readonly SubjectView[]> {
  if (subjects.length === 0) return [];
  const places = placesOf(subjects);
  const keys = subjects.map((key) => `(${key.keyType}, ${key.subject}, ${key.subject2})`).join(", ");
  const rows = await columns.select(
    `SELECT subject, subject2, actor, at, ${bits} AS fields, listed, grade FROM disclosures WHERE kind = ${kind} AND (key_type, subject, subject2) IN (${keys}) AND at >= ${first * DAY_MS} AND at < ${(last + 1) * DAY_MS}${upTo(arrived, readable)} ORDER BY at, log, entry, use`,
  );
  return rows.flatMap(([subject, subject2, actor, at, fields, listed, grade]) => {
    const place = places.get(`${String(subject)} ${String(subject2)}`);
    if (place === undefined) return [];
    const view = { atMs: Number(at), fields: Number(fields), listed: Number(listed) === 1, grade: Number(grade) };
    return [{ subject: place, actor: BigInt(String(actor)), ...view }];
  });
}

/** Of each subject that has one: its cell in an epoch. By the place of its key. */
export async function placementsOf(
  columns: Columns,
  { generation }: Aggregate,
  subjects: readonly SubjectKey[],
): Promise<ReadonlyMap<number, Placement>> {
  if (subjects.length === 0) return new Map();
  const places = placesOf(subjects);
  const keys = subjects.map(({ subject, subject2 }) => `(${subject}, ${subject2})`).join(", ");
  const rows = await columns.select(
    `SELECT subject, subject2, cell, exposure FROM subject_cells WHERE generation = ${generation} AND (subject, subject2) IN (${keys})`,
  );
  return new Map(
    rows.flatMap(([subject, subject2, cell, exposure]) => {
      const place = places.get(`${String(subject)} ${String(subject2)}`);
      return place === undefined ? [] : [[place, { cell: Number(cell), exposure: Number(exposure) }] as const];
    }),
  );
}

function placesOf(subjects: readonly Key[]): ReadonlyMap<string, number> {
  return new Map(subjects.map(({ subject, subject2 }, place) => [`${subject} ${subject2}`, place]));
}

/** Of all actors, on these days of an epoch. */
export async function actorDays(making: Making, aggregate: Aggregate, days: Days): Promise<readonly ActorDays[]> {
  const kept = `SELECT actor, day, fields, listed, n FROM actor_days WHERE ${rowsOf(aggregate)}${onDays(days)}`;
  const newer = newActorDays(making, aggregate);
  const fresh =
    newer === undefined
      ? []
      : [`SELECT * FROM (${actorDaysOf(`kind = ${making.kind}${newer}`, making.bits)}) WHERE 1${onDays(days)}`];
  return Promise.all([kept, ...fresh].map((rows) => readActorDays(making.columns, rows)));
}

/** Of views of subjects in these cells of an epoch. */
export async function cellDays(
  making: Making,
  aggregate: Aggregate,
  cells: readonly number[],
  days: Days,
): Promise<readonly CellDays[]> {
  if (cells.length === 0) return [];
  const inCells = `cell IN (${cells.join(", ")})${onDays(days)}`;
  const kept = `SELECT cell, actor, day, fields, listed, n FROM cell_days WHERE ${rowsOf(aggregate)} AND ${inCells}`;
  const newer = newSince(making, aggregate);
  const fresh = newer === undefined ? [] : [freshCellDays(making, aggregate, newer, inCells)];
  return Promise.all([kept, ...fresh].map((rows) => readCellDays(making.columns, rows)));
}

function freshCellDays({ kind, bits }: Making, { generation }: Aggregate, newer: string, inCells: string): string {
  const views = `kind = ${kind}${newer}`;
  const cells = `generation = ${generation} AND (subject, subject2) IN (SELECT subject, subject2 FROM disclosures WHERE ${views})`;
  return `SELECT * FROM (${cellDaysOf(views, cells, bits)}) WHERE ${inCells}`;
}

/** What an aggregate's rows are, in a table whose rows stand under generations. */
function rowsOf({ generation, pieces }: Aggregate): string {
  return `generation = ${generation} AND piece IN (${pieces.join(", ")})`;
}

function onDays([first, last]: Days): string {
  return ` AND day >= ${first} AND day <= ${last}`;
}

const COUNTS =
  "groupArray(actor) AS a, groupArray(day) AS d, groupArray(fields) AS f, groupArray(listed) AS l, groupArray(toUInt32(n)) AS c";

async function readActorDays(columns: Columns, rows: string): Promise<ActorDays> {
  return countsOf(new ArraysReader(await columns.bytes(`SELECT ${COUNTS} FROM (${rows})`)));
}

async function readCellDays(columns: Columns, rows: string): Promise<CellDays> {
  const reader = new ArraysReader(await columns.bytes(`SELECT groupArray(cell) AS k, ${COUNTS} FROM (${rows})`));
  return { cell: reader.shorts(), ...countsOf(reader) };
}

function countsOf(reader: ArraysReader): ActorDays {
  return {
    actor: reader.longs(),
    day: reader.integers(),
    fields: reader.words(),
    listed: reader.bytes(),
    n: reader.words(),
  };
}

/** Subjects of a cell that both of a pair were shown. */
export interface PairInCell {
  /** Index into the pairs asked for. */
  readonly pair: number;
  readonly cell: number;
  readonly subjects: number;
}

/** Actors told apart by the bits of one number. */
const ACTORS_AT_ONCE = 64;

/** By cell of an epoch, in the memory before it and in it. Cells and pairs without any are left out. */
export async function pairsInCells(
  making: Making,
  aggregate: Aggregate,
  pairs: readonly (readonly [bigint, bigint])[],
): Promise<readonly PairInCell[]> {
  const found: PairInCell[] = [];
  for (const some of together(pairs)) found.push(...(await countPairs(making, aggregate, some)));
  return found;
}

interface Together {
  readonly actors: readonly bigint[];
  readonly pairs: readonly (readonly [index: number, first: bigint, second: bigint])[];
}

/** Pairs in lots whose actors are told apart at once. */
function together(pairs: readonly (readonly [bigint, bigint])[]): readonly Together[] {
  const lots: { actors: Set<bigint>; pairs: [number, bigint, bigint][] }[] = [];
  for (const [index, [first, second]] of pairs.entries()) {
    const last = lots.at(-1);
    const room = last !== undefined && new Set([...last.actors, first, second]).size <= ACTORS_AT_ONCE;
    const lot = room ? last : { actors: new Set<bigint>(), pairs: [] };
    if (!room) lots.push(lot);
    lot.actors.add(first).add(second);
    lot.pairs.push([index, first, second]);
  }
  return lots.map(({ actors, pairs: of }) => ({ actors: [...actors], pairs: of }));
}

async function countPairs(
  { columns, kind, rules, arrived, readable }: Making,
  { generation, epoch }: Aggregate,
  { actors, pairs }: Together,
): Promise<readonly PairInCell[]> {
  const [first, end] = daysOf(epoch, rules);
  const bitOf = (actor: bigint): bigint => 1n << BigInt(actors.indexOf(actor));
  const bit = `transform(actor, [${actors.map((actor) => `toUInt64(${actor})`).join(", ")}], [${actors.map((actor) => `toUInt64(${bitOf(actor)})`).join(", ")}], toUInt64(0))`;
  const of = `actor IN (${actors.join(", ")}) AND kind = ${kind} AND at >= ${first * DAY_MS} AND at < ${end * DAY_MS}${upTo(arrived, readable)}`;
  // Who has one bit alone was seen by one alone.
  const seen = `SELECT subject, subject2, groupBitOr(${bit}) AS seen FROM disclosures_by_actor WHERE ${of} GROUP BY subject, subject2 HAVING bitAnd(seen, seen - 1) != 0`;
  const placed = `SELECT cell, seen FROM (${seen}) AS views ANY LEFT JOIN (SELECT subject, subject2, cell FROM subject_cells WHERE generation = ${generation}) AS places USING (subject, subject2)`;
  const counts = pairs.map(([index, one, other]) => {
    const both = bitOf(one) | bitOf(other);
    return `countIf(bitAnd(seen, toUInt64(${both})) = toUInt64(${both})) AS p${index}`;
  });
  const rows = await columns.select(`SELECT cell, ${counts.join(", ")} FROM (${placed}) GROUP BY cell ORDER BY cell`);
  return rows.flatMap(([cell, ...subjects]) =>
    subjects.flatMap((count, place) => {
      const pair = pairs[place]?.[0];
      return pair === undefined || Number(count) === 0 ? [] : [{ pair, cell: Number(cell), subjects: Number(count) }];
    }),
  );
}
