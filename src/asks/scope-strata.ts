/** A scope by country, language and whatever else sorts subjects: how many of each, the zeros too. */
import { stratumPairs, stratumText } from "../columns/stratum.ts";
import type { ScopeBreakdown, ScopedStratum, StrataNames } from "./scope.ts";

/** Subjects of one kind by the number of their stratum; undefined counts those without one. */
export type StrataCounts = ReadonlyMap<number | undefined, number>;

/** Largest first; what is not known comes last. Empty where nothing is. */
export function namedStrata(counts: StrataCounts, names: StrataNames): ScopedStratum[] {
  const known = [...counts].flatMap(([stratum, subjects]) => {
    if (stratum === undefined) return [];
    const of = names.get(stratum);
    return [{ stratum, name: of === undefined ? null : stratumText(of), subjects }];
  });
  if (known.length === 0) return [];
  known.sort((a, b) => b.subjects - a.subjects || a.stratum - b.stratum);
  const rest = counts.get(undefined) ?? 0;
  return rest > 0 ? [...known, { stratum: null, name: null, subjects: rest }] : known;
}

/** By each name alone, with every value that the state knows of. */
export function breakdownsOf(kind: string, counts: StrataCounts, names: StrataNames): ScopeBreakdown[] {
  const by = new Map<string, Map<string | null, number>>();
  for (const stratum of names.values()) {
    if (stratum.kind !== kind) continue;
    for (const [name, value] of stratumPairs(stratum)) valuesOf(by, name).set(value, 0);
  }
  for (const [stratum, subjects] of counts) {
    const named = stratum === undefined ? undefined : names.get(stratum);
    const pairs = new Map(named === undefined ? [] : stratumPairs(named));
    for (const [name, values] of by) {
      const value = pairs.get(name) ?? null;
      values.set(value, (values.get(value) ?? 0) + subjects);
    }
  }
  return [...by].map(([name, values]) => ({ by: name, values: sorted(values) }));
}

function valuesOf(by: Map<string, Map<string | null, number>>, name: string): Map<string | null, number> {
  const known = by.get(name);
  if (known !== undefined) return known;
  const made = new Map<string | null, number>();
  by.set(name, made);
  return made;
}

function sorted(values: ReadonlyMap<string | null, number>): ScopeBreakdown["values"] {
  return [...values]
    .map(([value, subjects]) => ({ value, subjects }))
    .filter(({ value, subjects }) => value !== null || subjects > 0)
    .sort((a, b) => b.subjects - a.subjects || ((a.value ?? "") < (b.value ?? "") ? -1 : 1));
}
