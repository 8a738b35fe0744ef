/** Who a row is about: of the subjects that its values lead to, the one that most of them name. */
import type { CopyRow } from "../read/copy.ts";
import type { Person } from "./database.ts";
import { evidenceOf } from "./evidence.ts";
import type { People, TablePlan } from "./plan.ts";

export type Decision =
  | {
      readonly kind: "matched";
      readonly key: string;
      readonly differs: readonly number[];
      readonly agrees: readonly number[];
      readonly person: Person | undefined;
    }
  /** Nothing leads anywhere; several are named equally; its key is somebody's, and nothing else in it is. */
  | { readonly kind: "unmatched" | "ambiguous" | "invented" };

interface Weighed {
  readonly key: string;
  /** Columns that name this subject. */
  readonly same: Set<number>;
  readonly supports: Set<number>;
  readonly differs: Set<number>;
  readonly keyOnly: boolean;
}

/**
 * @param found for each source of the plan, the keys that the row's value led to
 */
export function decide(row: CopyRow, plan: TablePlan, found: readonly (readonly string[])[], people: People): Decision {
  const candidates = new Map<string, Weighed>();
  for (const [i, source] of plan.sources.entries()) {
    const namesOne = source.field === undefined || source.field.class !== "identity";
    for (const key of found[i] ?? []) {
      const known = candidates.get(key);
      const weighed = known ?? { key, same: new Set(), supports: new Set(), differs: new Set(), keyOnly: true };
      (namesOne ? weighed.same : weighed.supports).add(source.column);
      candidates.set(key, source.field === undefined ? weighed : { ...weighed, keyOnly: false });
    }
  }
  if (candidates.size === 0) return { kind: "unmatched" };
  const weighed = [...candidates.values()];
  for (const candidate of weighed) compare(row, plan, people, candidate);
  weighed.sort((a, b) => scoreOf(b) - scoreOf(a));
  const [best, second] = weighed;
  if (best === undefined || !names(best)) return { kind: "unmatched" };
  if (second !== undefined && scoreOf(second) === scoreOf(best)) return { kind: "ambiguous" };
  // Its key is somebody's, and everything else somebody else's or nobody's.
  if (best.keyOnly && best.differs.size > 0 && best.same.size === 1 && best.supports.size === 0)
    return { kind: "invented" };
  const person = [...people.values()]
    .map((of) => of.get(best.key))
    .find((of) => of?.updatedMs !== undefined || of?.createdMs !== undefined);
  return {
    kind: "matched",
    key: best.key,
    differs: [...best.differs],
    agrees: [...best.same, ...best.supports],
    person,
  };
}

function compare(row: CopyRow, plan: TablePlan, people: People, candidate: Weighed): void {
  for (const { column, table, place, field } of plan.comparisons) {
    const person = people.get(table)?.get(candidate.key);
    const evidence = person === undefined ? undefined : evidenceOf(row[column], person.values[place], field);
    if (evidence === "same") candidate.same.add(column);
    else if (evidence === "supports") candidate.supports.add(column);
    else if (evidence === "differs" && !candidate.same.has(column)) candidate.differs.add(column);
  }
}

/** Something names it, or two things that fit many fit it together. */
function names({ same, supports }: Weighed): boolean {
  return same.size > 0 || supports.size >= 2;
}

const STRONG = 100;

function scoreOf({ same, supports }: Weighed): number {
  const only = [...supports].filter((column) => !same.has(column)).length;
  return same.size * STRONG + only;
}
