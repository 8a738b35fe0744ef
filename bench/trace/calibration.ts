/** Whether what is stated with 90 % is right in nine of ten cases. */
import { Draws } from "../../sim/company/draws.ts";
import type { HypothesisKind } from "../../src/trace/model.ts";
import { PRIOR, RESTRICTED_SHARE } from "../../src/trace/settings.ts";
import { type Interval, middleOf } from "./intervals.ts";
import { byWorld, type Outcome } from "./outcome.ts";

export const BINS = 10;

/** Of statements with about the same posterior. */
export interface Bin {
  readonly weight: number;
  /** Mean posterior. */
  readonly stated: number;
  /** Share of them that were right. */
  readonly right: number;
}

/** Weight, sum of posteriors, sum of those that were right, bin after bin. */
type Sums = Float64Array;

/** How likely each kind of truth is before the first report. */
const SHARES: Readonly<Partial<Record<HypothesisKind, number>>> = {
  nobody: PRIOR.nobody,
  dump: PRIOR.dump,
  single: PRIOR.single * (1 - RESTRICTED_SHARE),
  restricted: PRIOR.single * RESTRICTED_SHARE,
  team: PRIOR.team,
  pair: PRIOR.pair,
};

/**
 * Of who is first after each report. Every kind of truth weighs as much as the prior gives it, worlds of one kind weigh the
 * same, and so do cases of one world and reports of one case.
 */
export class Calibration {
  readonly #worlds: readonly (readonly Sums[])[];
  readonly #weights: readonly number[];

  constructor(outcomes: readonly Outcome[]) {
    const worlds = [...byWorld(outcomes).values()];
    const kindOf = (cases: readonly Outcome[]): HypothesisKind => cases[0]?.kind ?? "nobody";
    const ofKind = (kind: HypothesisKind): number => worlds.filter((cases) => kindOf(cases) === kind).length;
    this.#worlds = worlds.map((cases) => cases.map(sumsOf));
    this.#weights = worlds.map((cases) => (SHARES[kindOf(cases)] ?? 0) / ofKind(kindOf(cases)));
  }

  bins(): readonly Bin[] {
    return binsOf(this.#sum((cases) => cases));
  }

  /** The mean distance between what is stated and what is right, bins by weight. */
  error(): number {
    return errorOf(this.bins());
  }

  /** Cases of each world drawn anew. */
  errorInterval(rounds: number): Interval {
    const draws = new Draws(rounds, BINS);
    const errors = Array.from({ length: rounds }, () =>
      errorOf(binsOf(this.#sum((cases) => cases.map(() => cases[draws.below(cases.length)]!)))),
    );
    return middleOf(errors);
  }

  #sum(cases: (of: readonly Sums[]) => readonly Sums[]): Sums {
    const sum = new Float64Array(BINS * 3);
    for (const [at, world] of this.#worlds.entries()) {
      const weight = (this.#weights[at] ?? 0) / world.length;
      for (const sums of cases(world)) for (let i = 0; i < sum.length; i++) sum[i]! += sums[i]! * weight;
    }
    return sum;
  }
}

function sumsOf({ stated }: Outcome): Sums {
  const sums = new Float64Array(BINS * 3);
  for (const { top, right } of stated) {
    const at = Math.min(BINS - 1, Math.floor(top * BINS)) * 3;
    sums[at]! += 1 / stated.length;
    sums[at + 1]! += top / stated.length;
    if (right) sums[at + 2]! += 1 / stated.length;
  }
  return sums;
}

function binsOf(sums: Sums): readonly Bin[] {
  return Array.from({ length: BINS }, (_, bin) => {
    const [weight = 0, stated = 0, right = 0] = sums.subarray(bin * 3, bin * 3 + 3);
    return { weight, stated: stated / weight, right: right / weight };
  }).filter(({ weight }) => weight > 0);
}

function errorOf(bins: readonly Bin[]): number {
  const all = bins.reduce((sum, { weight }) => sum + weight, 0);
  return bins.reduce((sum, { weight, stated, right }) => sum + (weight / all) * Math.abs(stated - right), 0);
}
