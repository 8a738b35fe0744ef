import type { Draws } from "./draws.ts";
import type { Seen } from "./seen.ts";

/** Customers whose data somebody holds who should not, and since when: each once. */
export interface Loot {
  readonly subjects: readonly number[];
  /** UTC epoch milliseconds. */
  readonly seenAt: readonly number[];
}

export interface LootOptions {
  /** Nothing is copied before, UTC epoch milliseconds. */
  readonly from: number;
  /** What is copied of each; rows that do not show all of it are left. A bit set of `CLASS_BITS`. */
  readonly facts: number;
  /** Rows on list pages instead of those opened. */
  readonly listed?: boolean;
  /** Which rows of `seen` are copied. Default: all. */
  readonly copied?: (place: number) => boolean;
  /** When a row was truly seen, of when it was recorded. */
  readonly trueTime?: (place: number) => number;
}

/** What staff can have copied from what they were shown: the first time that each customer was. */
export function lootOf(seen: Seen, staff: readonly number[], options: LootOptions): Loot {
  const {
    from,
    facts,
    listed = false,
    copied = () => true,
    trueTime = (place: number) => seen.views.at[place]!,
  } = options;
  const first = new Map<number, number>();
  for (const who of staff)
    for (const place of seen.by(who)) {
      if ((seen.views.listed[place] === 1) !== listed || !copied(place)) continue;
      if ((seen.views.fields[place]! & facts) !== facts) continue;
      const at = trueTime(place);
      const subject = seen.views.subject[place]!;
      if (at >= from && at < (first.get(subject) ?? Infinity)) first.set(subject, at);
    }
  return { subjects: [...first.keys()], seenAt: [...first.values()] };
}

/** Either of two loots; of a customer in both the earlier. */
export function together(one: Loot, other: Loot): Loot {
  const all = new Map(one.subjects.map((subject, index) => [subject, one.seenAt[index]!]));
  for (const [index, subject] of other.subjects.entries())
    all.set(subject, Math.min(other.seenAt[index]!, all.get(subject) ?? Infinity));
  return { subjects: [...all.keys()], seenAt: [...all.values()] };
}

/** Those that a condition holds for. */
export function only(loot: Loot, kept: (subject: number) => boolean): Loot {
  const places = loot.subjects.flatMap((subject, index) => (kept(subject) ? [index] : []));
  return { subjects: places.map((at) => loot.subjects[at]!), seenAt: places.map((at) => loot.seenAt[at]!) };
}

/** `count` of 0 to `size - 1`, each once, in random order; all if there are fewer. */
export function someOf(size: number, count: number, draws: Draws): number[] {
  const all = Array.from({ length: size }, (_, index) => index);
  const taken = Math.min(size, count);
  for (let at = 0; at < taken; at++) {
    const other = at + draws.below(size - at);
    [all[at], all[other]] = [all[other]!, all[at]!];
  }
  return all.slice(0, taken);
}
