/** Whose disclosures cover a set of subjects: what a copy that was found is compared with. */
import type { Columns, ColumnsValue } from "../columns.ts";
import { KEY_TYPES, type SubjectKey } from "../rows.ts";
import type { Names } from "./names.ts";
import { type Window, within } from "./sightings.ts";

/** Subjects of one kind with keys of one type. */
export interface SubjectSet {
  /** number32 of the subject kind. */
  readonly kind: number;
  readonly keyType: number;
  readonly keys: readonly SubjectKey[];
  /** All that is asked is of subjects between these first halves of keys, and the keys are too. None: of all subjects. */
  readonly ranges: readonly KeyRange[];
}

/** Neither end belongs to it. */
export type KeyRange = readonly [from: bigint, to: bigint];

/** People who may share what they were shown; nobody is in two groups. */
export interface ActorGroup {
  readonly name: string;
  /** numbers64 of their ids. */
  readonly actors: readonly bigint[];
}

/** Of the set, and of all subjects in its ranges. */
export interface Covered {
  readonly covered: number;
  readonly subjects: number;
}

export interface Coverage {
  /** By number64 of the actor's id, as decimal digits: how many were shown to it. */
  readonly byActor: ReadonlyMap<string, Covered>;
  /** In the order of the groups given: how many at least one of them was shown. */
  readonly byGroup: readonly Covered[];
  /** By exposure bin: how many were shown so often to anybody. Those shown to nobody are not among them. */
  readonly byExposure: readonly Covered[];
}

/** Lower bounds of views, as the trace has them. */
const EXPOSURE_BINS = [1, 2, 3, 4, 6, 9, 13, 19, 29, 46] as const;

const NONE: Covered = { covered: 0, subjects: 0 };

/**
 * Counts for every actor, every group and every exposure at once. Of a set without ranges only its own subjects are read, and
 * `subjects` is as `covered`.
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function coverage(
  columns: Columns,
  set: SubjectSet,
  groups: readonly ActorGroup[],
  window: Window,
): Promise<Coverage> {
  // Numbers below those of actors, which are hashes: bins first, then groups. So one grouping counts all three.
  const groupNumber = (index: number): number => EXPOSURE_BINS.length + 1 + index;
  const members = groups.flatMap(({ actors }, index) => actors.map((actor) => [actor, groupNumber(index)] as const));
  const groupOf = `transform(a, [${members.map(([actor]) => `toUInt64(${actor})`).join(", ")}], [${members.map(([, group]) => `toUInt64(${group})`).join(", ")}], toUInt64(0))`;
  const ofGroups = `arrayFilter(g -> g > 0, arrayDistinct(arrayMap(a -> ${groupOf}, who)))`;
  const marks = `arrayConcat(who, [toUInt64(${binOf("views")})]${members.length === 0 ? "" : `, ${ofGroups}`})`;
  const hit = set.ranges.length === 0 ? "1" : `max(${inSet(set)})`;
  const rows = await columns.select(
    `SELECT mark, sum(hit) AS covered, count() AS n FROM (SELECT ${marks} AS marks, hit FROM (SELECT subject, subject2, groupUniqArray(actor) AS who, count() AS views, ${hit} AS hit FROM disclosures WHERE ${set.ranges.length === 0 ? ofSet(set) : inRanges(set)}${within(window)} GROUP BY subject, subject2)) ARRAY JOIN marks AS mark GROUP BY mark`,
  );
  const counts = new Map(
    rows.map(([mark, covered, n]) => [String(mark), { covered: Number(covered), subjects: Number(n) }]),
  );
  const small = (number: number): Covered => counts.get(String(number)) ?? NONE;
  const byExposure = EXPOSURE_BINS.map((_, bin) => small(bin + 1));
  const byGroup = groups.map((_, index) => small(groupNumber(index)));
  for (let number = 0; number < groupNumber(groups.length); number += 1) counts.delete(String(number));
  return { byActor: counts, byGroup, byExposure };
}

/** From 1 on. */
function binOf(views: string): string {
  return EXPOSURE_BINS.map((from) => `(${views} >= ${from})`).join(" + ");
}

/**
 * About how many subjects of a kind were shown how often, by exposure bin.
 * @param among counted are one in so many subjects, chosen by hash; a power of two
 */
export async function exposures(
  columns: Columns,
  { kind, keyType }: Pick<SubjectSet, "kind" | "keyType">,
  among: number,
  window: Window,
): Promise<number[]> {
  const rows = await columns.select(
    `SELECT ${binOf("views")} AS bin, count() AS n FROM (SELECT count() AS views FROM disclosures WHERE kind = ${kind} AND key_type = ${keyType} AND intHash32(subject) % ${among} = 0${within(window)} GROUP BY subject, subject2) GROUP BY bin`,
  );
  const counts = new Map(rows.map(([bin, n]) => [Number(bin), Number(n)]));
  return EXPOSURE_BINS.map((_, bin) => (counts.get(bin + 1) ?? 0) * among);
}

/** Distinct subjects that at least one of these actors was shown. */
export async function shownInAll(
  columns: Columns,
  set: SubjectSet,
  actors: readonly bigint[],
  window: Window,
): Promise<number> {
  const [row] = await columns.select(
    `SELECT uniqExact(subject, subject2) AS s FROM disclosures_by_actor WHERE actor IN (${actors.join(", ")}) AND ${inRanges(set)}${within(window)}`,
  );
  return Number(row?.[0] ?? 0);
}

/**
 * Subjects by which of these actors saw them.
 * @param actors at most 60
 * @returns by bit set of places in `actors`
 */
export async function overlaps(
  columns: Columns,
  set: SubjectSet,
  actors: readonly bigint[],
  window: Window,
): Promise<ReadonlyMap<bigint, Covered>> {
  const places = actors.map((_, place) => `toUInt64(${1n << BigInt(place)})`).join(", ");
  const numbers = actors.map((actor) => `toUInt64(${actor})`).join(", ");
  // Ranges are read where subjects are in order; all that a few actors saw, where actors are.
  const [table, hit, where] =
    set.ranges.length === 0
      ? ["disclosures_by_actor", "1", ofSet(set)]
      : ["disclosures", `max(${inSet(set)})`, inRanges(set)];
  const rows = await columns.select(
    `SELECT mask, sum(hit) AS covered, count() AS n FROM (SELECT groupBitOr(transform(actor, [${numbers}], [${places}], toUInt64(0))) AS mask, ${hit} AS hit FROM ${table} WHERE actor IN (${actors.join(", ")}) AND ${where}${within(window)} GROUP BY subject, subject2) GROUP BY mask`,
  );
  return new Map(
    rows.map(([mask, covered, n]) => [BigInt(String(mask)), { covered: Number(covered), subjects: Number(n) }]),
  );
}

/** When an actor was shown the set. */
export interface ShownWhen {
  readonly covered: number;
  /** UTC epoch milliseconds: the first of them, and when it had been shown as many as was asked; undefined if never. */
  readonly firstMs: number;
  readonly reachedMs: number | undefined;
}

/** @param reached a number of subjects. @returns by number64 of the actor, as decimal digits */
export async function shownWhen(
  columns: Columns,
  set: SubjectSet,
  actors: readonly bigint[],
  reached: number,
  window: Window,
): Promise<ReadonlyMap<string, ShownWhen>> {
  if (actors.length === 0) return new Map();
  const rows = await columns.select(
    `SELECT actor, count() AS n, min(first) AS f, arrayElement(arraySort(groupArray(first)), ${Math.max(1, Math.trunc(reached))}) AS t FROM (SELECT actor, min(at) AS first FROM disclosures_by_actor WHERE actor IN (${actors.join(", ")}) AND ${ofSet(set)}${within(window)} GROUP BY actor, subject, subject2) GROUP BY actor`,
  );
  return new Map(
    rows.map(([actor, n, first, at]) => [
      String(actor),
      { covered: Number(n), firstMs: Number(first), reachedMs: Number(n) < reached ? undefined : Number(at) },
    ]),
  );
}

/** A statement that showed part of the set. */
export interface CoveringStatement extends Covered {
  /** number64 of the actor, as decimal digits. */
  readonly actor: string;
  /** The log's origin. */
  readonly log: string;
  readonly index: number;
  readonly atMs: number;
}

/** The statements of each actor that showed most of the set, best first. @param most for each actor */
export async function coveringStatements(
  columns: Columns,
  names: Names,
  set: SubjectSet,
  { actors, most }: { readonly actors: readonly bigint[]; readonly most: number },
  window: Window,
): Promise<readonly CoveringStatement[]> {
  if (actors.length === 0) return [];
  const best = await columns.select(
    `SELECT actor, log, entry - after AS statement, min(at) AS first, uniqExact(subject, subject2) AS covered FROM disclosures_by_actor WHERE actor IN (${actors.join(", ")}) AND ${ofSet(set)}${within(window)} GROUP BY actor, log, statement ORDER BY covered DESC, first, log, statement LIMIT ${Math.trunc(most)} BY actor`,
  );
  const logOf = await names.of(
    "logs",
    best.map(([, log]) => String(log)),
  );
  const totals = await inAllOf(columns, set, best, window);
  return best.map(([actor, log, statement, first, covered], i) => ({
    actor: String(actor),
    log: logOf(String(log)),
    index: Number(statement),
    atMs: Number(first),
    covered: Number(covered),
    subjects: totals[i] ?? Number(covered),
  }));
}

/** A statement's later rows come within a day. */
const STATEMENT_MS = 24 * 3_600_000;

/** What each statement showed in all: found by actor and time. @param of actor, log, statement, time */
async function inAllOf(
  columns: Columns,
  set: SubjectSet,
  of: readonly ColumnsValue[][],
  window: Window,
): Promise<readonly number[]> {
  if (of.length === 0) return [];
  const each = of.map(([actor, log, statement, at]) => {
    const time = Math.trunc(Number(at));
    return `(actor = ${BigInt(String(actor))} AND at >= ${time - STATEMENT_MS} AND at < ${time + STATEMENT_MS} AND log = ${Number(log)} AND entry - after = ${Number(statement)})`;
  });
  const rows = await columns.select(
    `SELECT actor, log, entry - after AS statement, uniqExact(subject, subject2) AS n FROM disclosures_by_actor WHERE (${each.join(" OR ")}) AND ${inRanges(set)}${within(window)} GROUP BY actor, log, statement`,
  );
  const totals = new Map(rows.map(([actor, log, statement, n]) => [[actor, log, statement].join("/"), Number(n)]));
  return of.map(([actor, log, statement]) => totals.get([actor, log, statement].join("/")) ?? 0);
}

function ofSet(set: SubjectSet): string {
  return `${inRanges(set)} AND ${inSet(set)}`;
}

/** Of the kind and its type of keys, and in the ranges where there are any. */
function inRanges({ kind, keyType, ranges }: SubjectSet): string {
  const among = ranges.map(([from, to]) => `(subject > ${from} AND subject < ${to})`);
  return `kind = ${kind} AND key_type = ${keyType}${among.length === 0 ? "" : ` AND (${among.join(" OR ")})`}`;
}

/** Halves by themselves: that both are in the set and belong to different keys of it does not happen to hashes and uuids. */
function inSet({ keys, keyType }: SubjectSet): string {
  if (keys.length === 0) return "0";
  const halves = (half: "subject" | "subject2"): string => {
    const values = new Set(keys.map((key) => key[half]));
    return `${half} IN (${[...values].join(", ")})`;
  };
  return keyType === KEY_TYPES.int ? halves("subject") : `${halves("subject")} AND ${halves("subject2")}`;
}
