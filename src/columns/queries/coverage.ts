/** Whose disclosures cover a set of subjects: what a copy that was found is compared with. */
import type { Columns } from "../columns.ts";
import type { SubjectKey } from "../rows.ts";
import type { Names } from "./names.ts";
import { type Window, within } from "./sightings.ts";

/** Subjects of one kind with keys of one type. */
export interface SubjectSet {
  /** number32 of the subject kind. */
  readonly kind: number;
  readonly keyType: number;
  readonly keys: readonly SubjectKey[];
}

/** People who may share what they were shown. */
export interface ActorGroup {
  readonly name: string;
  /** numbers64 of their ids. */
  readonly actors: readonly bigint[];
}

export interface Coverage {
  /** By number64 of the actor's id, as decimal digits: how many of the set it was shown. */
  readonly byActor: ReadonlyMap<string, number>;
  /** In the order of the groups given: how many at least one of them was shown. */
  readonly byGroup: readonly number[];
  /** By exposure bin: how many were shown so often to anybody. Those shown to nobody are not among them. */
  readonly byExposure: readonly number[];
}

/** Lower bounds of views, as the trace has them. */
export const COVERAGE_BINS = [1, 2, 3, 4, 6, 9, 13, 19, 29, 46] as const;

/**
 * Counts for every actor and every group at once: each row of the set is read once.
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function coverage(
  columns: Columns,
  set: SubjectSet,
  groups: readonly ActorGroup[],
  window: Window,
): Promise<Coverage> {
  // Numbers below those of actors, which are hashes: bins first, then groups. So one grouping counts all three.
  const groupNumber = (index: number): number => COVERAGE_BINS.length + 1 + index;
  const members = groups.flatMap(({ actors }, index) => actors.map((actor) => [actor, groupNumber(index)] as const));
  const ofGroups =
    members.length === 0
      ? "[]"
      : `arrayFilter(g -> g > 0, arrayDistinct(arrayMap(a -> transform(a, [${members.map(([actor]) => `toUInt64(${actor})`).join(", ")}], [${members.map(([, group]) => `toUInt64(${group})`).join(", ")}], toUInt64(0)), who)))`;
  const marks = `arrayConcat(who, [toUInt64(${binOf("views")})]${members.length === 0 ? "" : `, ${ofGroups}`})`;
  const rows = await columns.select(
    `SELECT mark, count() AS n FROM (SELECT ${marks} AS marks FROM (SELECT subject, subject2, groupUniqArray(actor) AS who, count() AS views FROM disclosures WHERE ${ofSet(set)}${within(window)} GROUP BY subject, subject2)) ARRAY JOIN marks AS mark GROUP BY mark`,
  );
  const counts = new Map(rows.map(([mark, n]) => [String(mark), Number(n)]));
  const small = (number: number): number => counts.get(String(number)) ?? 0;
  const byExposure = COVERAGE_BINS.map((_, bin) => small(bin + 1));
  const byGroup = groups.map((_, index) => small(groupNumber(index)));
  for (let number = 0; number < groupNumber(groups.length); number += 1) counts.delete(String(number));
  return { byActor: counts, byGroup, byExposure };
}

/** From 1 on. */
function binOf(views: string): string {
  return COVERAGE_BINS.map((from) => `(${views} >= ${from})`).join(" + ");
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
  return COVERAGE_BINS.map((_, bin) => (counts.get(bin + 1) ?? 0) * among);
}

/** Distinct subjects of the kind that at least one of these actors was shown, and the statements that showed them. */
export async function shownInAll(
  columns: Columns,
  { kind, keyType }: SubjectSet,
  actors: readonly bigint[],
  window: Window,
): Promise<{ readonly subjects: number; readonly statements: number }> {
  const [row] = await columns.select(
    `SELECT uniqExact(subject, subject2) AS s, uniqExact(log, entry - after) AS q FROM disclosures_by_actor WHERE actor IN (${actors.join(", ")}) AND kind = ${kind} AND key_type = ${keyType}${within(window)}`,
  );
  return { subjects: Number(row?.[0] ?? 0), statements: Number(row?.[1] ?? 0) };
}

/**
 * How many of the set each union of these actors was shown: subjects counted by which of them saw them.
 * @param actors at most 60
 * @returns by bit set of places in `actors`
 */
export async function overlaps(
  columns: Columns,
  set: SubjectSet,
  actors: readonly bigint[],
  window: Window,
): Promise<ReadonlyMap<bigint, number>> {
  const places = actors.map((_, place) => `toUInt64(${1n << BigInt(place)})`).join(", ");
  const mask = `groupBitOr(transform(actor, [${actors.map((actor) => `toUInt64(${actor})`).join(", ")}], [${places}], toUInt64(0)))`;
  const rows = await columns.select(
    `SELECT mask, count() AS n FROM (SELECT ${mask} AS mask FROM disclosures_by_actor WHERE actor IN (${actors.join(", ")}) AND ${ofSet(set)}${within(window)} GROUP BY subject, subject2) GROUP BY mask`,
  );
  return new Map(rows.map(([of, n]) => [BigInt(String(of)), Number(n)]));
}

/** When an actor had been shown so many of the set; undefined if never. @returns UTC epoch milliseconds */
export async function shownBy(
  columns: Columns,
  set: SubjectSet,
  { actor, subjects }: { readonly actor: bigint; readonly subjects: number },
  window: Window,
): Promise<{ readonly firstMs: number; readonly atMs: number | undefined } | undefined> {
  const [row] = await columns.select(
    `SELECT count() AS n, min(first) AS f, arrayElement(arraySort(groupArray(first)), ${Math.max(1, Math.trunc(subjects))}) AS at FROM (SELECT min(at) AS first FROM disclosures_by_actor WHERE actor = ${actor} AND ${ofSet(set)}${within(window)} GROUP BY subject, subject2)`,
  );
  const [n, first, at] = (row ?? []).map(Number);
  if (n === undefined || n === 0) return undefined;
  return { firstMs: first ?? 0, atMs: n < subjects ? undefined : at };
}

/** A statement that showed part of the set. */
export interface CoveringStatement {
  /** The log's origin. */
  readonly log: string;
  readonly index: number;
  readonly atMs: number;
  /** Of the set, and in all. */
  readonly covered: number;
  readonly subjects: number;
}

/** The statements of an actor that showed most of the set, best first. */
export async function coveringStatements(
  columns: Columns,
  names: Names,
  set: SubjectSet,
  { actor, most }: { readonly actor: bigint; readonly most: number },
  window: Window,
): Promise<readonly CoveringStatement[]> {
  const where = `actor = ${actor} AND kind = ${set.kind} AND key_type = ${set.keyType}`;
  const best = await columns.select(
    `SELECT log, entry - after AS statement, min(at) AS first, uniqExact(subject, subject2) AS covered FROM disclosures_by_actor WHERE ${where} AND ${inSet(set)}${within(window)} GROUP BY log, statement ORDER BY covered DESC, first, log, statement LIMIT ${Math.trunc(most)}`,
  );
  if (best.length === 0) return [];
  const of = best.map(([log, statement]) => `(log = ${Number(log)} AND entry - after = ${Number(statement)})`);
  const totals = await columns.select(
    `SELECT log, entry - after AS statement, uniqExact(subject, subject2) AS n FROM disclosures_by_actor WHERE ${where} AND (${of.join(" OR ")})${within(window)} GROUP BY log, statement`,
  );
  const inAll = new Map(totals.map(([log, statement, n]) => [`${String(log)}/${String(statement)}`, Number(n)]));
  const logOf = await names.of(
    "logs",
    best.map(([log]) => String(log)),
  );
  return best.map(([log, statement, first, covered]) => ({
    log: logOf(String(log)),
    index: Number(statement),
    atMs: Number(first),
    covered: Number(covered),
    subjects: inAll.get(`${String(log)}/${String(statement)}`) ?? Number(covered),
  }));
}

function ofSet(set: SubjectSet): string {
  return `kind = ${set.kind} AND key_type = ${set.keyType} AND ${inSet(set)}`;
}

/** Halves by themselves: that both are in the set and belong to different keys of it does not happen to hashes and uuids. */
function inSet({ keys }: SubjectSet): string {
  if (keys.length === 0) return "0";
  const halves = (half: "subject" | "subject2"): string => {
    const values = new Set(keys.map((key) => key[half]));
    return `${half} IN (${[...values].join(", ")})`;
  };
  return `${halves("subject")} AND ${halves("subject2")}`;
}
