/** Intervals of 95 %: of shares exact, of everything else by drawing cases anew. */
import { Draws } from "../../sim/company/draws.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const TAIL = 0.025;
const HALVINGS = 60;

/** Of a share, `hits` of `of` (Clopper, Pearson 1934). */
export function clopperPearson(hits: number, of: number): Interval {
  if (of === 0) return { low: 0, high: 1 };
  return {
    low: hits === 0 ? 0 : whereFalls((p) => 1 - binomialAtMost(hits - 1, of, p) < TAIL),
    high: hits === of ? 1 : whereFalls((p) => binomialAtMost(hits, of, p) > TAIL),
  };
}

/** Between 0, where a condition holds, and 1, where it does not. */
function whereFalls(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The chance of `most` hits or fewer. */
export function binomialAtMost(most: number, of: number, p: number): number {
  if (most < 0) return 0;
  if (p <= 0 || most >= of) return 1;
  if (p >= 1) return 0;
  let log = of * Math.log1p(-p);
  let sum = Math.exp(log);
  for (let hits = 1; hits <= most; hits++) {
    log += Math.log((of - hits + 1) / hits) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(log);
  }
  return Math.min(1, sum);
}

/** The middle 95 % of a figure when its cases are drawn anew from themselves. */
export function bootstrap<Case>(
  cases: readonly Case[],
  figure: (cases: readonly Case[]) => number,
  rounds: number,
): Interval {
  const draws = new Draws(cases.length, rounds);
  const figures = Array.from({ length: rounds }, () => figure(cases.map(() => cases[draws.below(cases.length)]!)));
  return middleOf(figures);
}

/** The middle 95 % of figures. */
export function middleOf(figures: readonly number[]): Interval {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { low: at(TAIL), high: at(1 - TAIL) };
}
