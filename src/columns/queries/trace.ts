/** What a trace asks of columns, from the daily aggregates and from what has arrived since they were made. */
import { DAY_MS } from "../../base/clock.ts";
import type { Columns } from "../columns.ts";
import { actorDaysOf, newActorDays } from "../daily/actor-days.ts";
import { cellDaysOf, daysOf, type Making, newSince } from "../daily/cells.ts";
import type { Aggregate } from "../daily/kept.ts";
import { upTo } from "../daily/positions.ts";
import { ArraysReader } from "../row-binary.ts";
import type { SubjectKey } from "../rows.ts";

/** Days as a question takes them together. */
export interface DayLookup {
  /** Days before it, and behind the last one that is looked up, do not count. */
  readonly first: number;
  /** Of each day from there on: views of one stretch are added up. */
  readonly stretch: readonly number[];
  /** Of each day, what a view on it adds to the stretch's weighed sum: a whole number. */
  readonly weight: readonly number[];
}

/** How views are added up. */
export interface SumsAsked extends DayLookup {
  /** Sets of bits that somebody knew: of fields only what each of them makes of it is told apart. */
  readonly knowns: readonly number[];
}

/** Sums of views by actor, fields, listed and stretch of days, in this order. */
export interface DaySums {
  /** number64 of actor ids. */
  readonly actor: BigUint64Array;
  readonly fields: Uint32Array;
  readonly listed: Uint8Array;
  readonly stretch: Uint16Array;
  readonly views: Uint32Array;
  readonly weighed: BigUint64Array;
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

type Key = Pick<SubjectKey, "subject" | "subject2">;

/** All views of these subjects, by time. @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED, as all of them */
export async function viewsOfSubjects(
  { columns, kind, bits, arrived, readable }: Making,
  subjects: readonly SubjectKey[],
  [first, last]: readonly [first: number, last: number],
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

/** Of all views, on days of these epochs. @param aggregates of actors */
export function actorSums(making: Making, aggregates: readonly Aggregate[], asked: SumsAsked): Promise<DaySums> {
  const days = onDays(asked);
  const parts = aggregates.flatMap((aggregate) => {
    const kept = `SELECT actor, day, fields, listed, n FROM actor_days WHERE ${rowsOf(aggregate)}${days}`;
    const newer = newActorDays(making, aggregate);
    if (newer === undefined) return [kept];
    const fresh = actorDaysOf(`kind = ${making.kind}${newer}`, making.bits);
    return [kept, `SELECT actor, day, fields, listed, toUInt32(n) AS n FROM (${fresh}) WHERE 1${days}`];
  });
  return readSums(making.columns, parts, asked);
}

/** Of views of subjects in a cell of an epoch. */
export function cellSums(making: Making, aggregate: Aggregate, cell: number, asked: SumsAsked): Promise<DaySums> {
  const inCell = `cell = ${cell}${onDays(asked)}`;
  const kept = `SELECT actor, day, fields, listed, n FROM cell_days WHERE ${rowsOf(aggregate)} AND ${inCell}`;
  const newer = newSince(making, aggregate);
  const fresh = newer === undefined ? [] : [freshCellDays(making, aggregate, newer, inCell)];
  return readSums(making.columns, [kept, ...fresh], asked);
}

function freshCellDays({ kind, bits }: Making, { generation }: Aggregate, newer: string, inCell: string): string {
  const views = `kind = ${kind}${newer}`;
  const cells = `generation = ${generation} AND (subject, subject2) IN (SELECT subject, subject2 FROM disclosures WHERE ${views})`;
  return `SELECT actor, day, fields, listed, toUInt32(n) AS n FROM (${cellDaysOf(views, cells, bits)}) WHERE ${inCell}`;
}

/** What an aggregate's rows are, in a table whose rows stand under generations. */
function rowsOf({ generation, pieces }: Aggregate): string {
  return `generation = ${generation} AND piece IN (${pieces.join(", ")})`;
}

function onDays({ first, stretch }: DayLookup): string {
  return ` AND day >= ${first} AND day < ${first + stretch.length}`;
}

/** @param parts SELECTs of actor, day, fields, listed, n */
async function readSums(columns: Columns, parts: readonly string[], asked: SumsAsked): Promise<DaySums> {
  const { first, stretch, weight, knowns } = asked;
  const ofDay = (values: readonly number[], type: string): string =>
    `${type}(arrayElement([${values.join(", ")}], day - ${first - 1}))`;
  const sums = `SELECT actor, ${toldApart(knowns)} AS set, listed, ${ofDay(stretch, "toUInt16")} AS place, toUInt32(sum(n)) AS views, sum(n * ${ofDay(weight, "toUInt64")}) AS weighed FROM (${parts.join(" UNION ALL ")}) GROUP BY actor, set, listed, place ORDER BY actor, set, listed, place`;
  // No parts, no sums; the question stays one that every engine takes.
  const from = parts.length === 0 ? NO_SUMS : sums;
  const reader = new ArraysReader(
    await columns.bytes(
      `SELECT groupArray(actor) AS a, groupArray(set) AS f, groupArray(listed) AS l, groupArray(place) AS p, groupArray(views) AS c, groupArray(weighed) AS w FROM (${from})`,
    ),
  );
  return {
    actor: reader.longs(),
    fields: reader.words(),
    listed: reader.bytes(),
    stretch: reader.shorts(),
    views: reader.words(),
    weighed: reader.longs(),
  };
}

const NO_SUMS =
  "SELECT actor, fields AS set, listed, toUInt16(0) AS place, n AS views, toUInt64(0) AS weighed FROM actor_days WHERE 0";

/** A bit that no class of fields has. */
const NOT_ALL = 2 ** 30;

/** More sets than this are seldom known in one cell; then fields stay as they are. */
const KNOWNS_MAX = 12;

/** Fields as what somebody knew tells them apart: 0 holds all of them, as fields that are not known themselves do. */
function toldApart(knowns: readonly number[]): string {
  const sets = [...new Set(knowns)].filter((known) => known !== 0);
  if (sets.some((known) => known >= NOT_ALL) || sets.length > KNOWNS_MAX) return "fields";
  if (sets.length === 0) return "toUInt32(0)";
  const within = sets.map((known) => `bitAnd(fields, ${known}) = ${known}`);
  const held = sets
    .map((known, index) => `if(${within[index]}, toUInt32(${known}), toUInt32(0))`)
    .reduce((all, each) => `bitOr(${all}, ${each})`);
  return `if(fields = 0 OR (${within.join(" AND ")}), toUInt32(0), toUInt32(bitOr(${held}, toUInt32(${NOT_ALL}))))`;
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

/**
 * By cell of an epoch, in the memory before it and in it; of a pair of one actor with itself, subjects that it was shown. Cells and
 * pairs without any are left out.
 */
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
  const bit = `toUInt64(transform(actor, [${actors.join(", ")}], [${actors.map(bitOf).join(", ")}], toUInt64(0)))`;
  const of = `actor IN (${actors.join(", ")}) AND kind = ${kind} AND at >= ${first * DAY_MS} AND at < ${end * DAY_MS}${upTo(arrived, readable)}`;
  const seen = `SELECT subject, subject2, groupBitOr(${bit}) AS seen FROM disclosures_by_actor WHERE ${of} GROUP BY subject, subject2`;
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
