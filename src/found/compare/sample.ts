/**
 * Which subjects of a large copy are weighed: all that lie in a few stretches of keys. There every source can be counted exactly, in one
 * pass over columns in their order; and given the ends of a stretch, what lies inside is as good a copy of what a source has
 * there as the whole is of the whole.
 */
import type { KeyRange, SubjectSet } from "../../columns/queries/coverage.ts";
import type { SubjectKey } from "../../columns/rows.ts";

/** A copy of no more subjects is weighed whole. */
const WEIGHED_WHOLE_MAX = 2_000;
const STRETCHES = 20;
/** Subjects of the database in all stretches, about; and subjects of the copy in them. */
const STRETCH_SUBJECTS = 150_000;
const WEIGHED_MIN = 300;
const WEIGHED_MAX = 4_000;

/**
 * @param keys distinct
 * @param subjectsInAll of the kind
 * @returns none for a copy that is weighed whole
 */
export function stretchesOf(keys: readonly SubjectKey[], subjectsInAll: number): readonly KeyRange[] {
  if (keys.length <= WEIGHED_WHOLE_MAX) return [];
  const order = keys.map(({ subject }) => subject).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const wanted = Math.min(
    Math.max((STRETCH_SUBJECTS * keys.length) / subjectsInAll, WEIGHED_MIN),
    WEIGHED_MAX,
    keys.length / 2,
  );
  // Both ends are left out.
  const length = Math.ceil(wanted / STRETCHES) + 1;
  const step = (order.length - length - 1) / (STRETCHES - 1);
  return Array.from({ length: STRETCHES }, (_, i) => {
    const first = Math.floor(i * step);
    return [order[first] ?? 0n, order[first + length] ?? 0n] as const;
  });
}

/** The part of a set that lies in ranges; all of it where there are none. */
export function partOf(set: Omit<SubjectSet, "ranges">, ranges: readonly KeyRange[]): SubjectSet {
  if (ranges.length === 0) return { ...set, ranges };
  const keys = set.keys.filter(({ subject }) => ranges.some(([from, to]) => subject > from && subject < to));
  return { ...set, keys, ranges };
}

/** Of hashes, which lie evenly between all numbers of 64 bits: so much of them lies in the ranges. */
export function shareOfHashes(ranges: readonly KeyRange[]): number {
  return ranges.reduce((share, [from, to]) => share + Number(to - from) / 2 ** 64, 0);
}
