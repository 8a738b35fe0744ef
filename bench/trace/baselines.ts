/** What trace is compared with: three ways to rank staff by who was shown the reporting customers. */
import { binomialAtMost } from "./intervals.ts";

export interface Reported {
  /** Of each report that counts, in the order in which they are weighed: who had been shown its customer before. */
  readonly seenBy: readonly (readonly number[])[];
  /** How many customers a staff member was shown in all. */
  readonly customersOf: (staff: number) => number;
  readonly customers: number;
  /** How many staff there are. */
  readonly staff: number;
}

/** By staff member, the higher the more suspect; who is left out has 0. */
export type Scores = ReadonlyMap<number, number>;

/** Scores after each report. */
export type Baseline = (reported: Reported) => Iterable<Scores>;

/** How many of the reporting customers each was shown. */
export function* count({ seenBy }: Reported): Generator<Scores> {
  const counts = new Map<number, number>();
  for (const staff of seenBy) {
    for (const each of staff) counts.set(each, (counts.get(each) ?? 0) + 1);
    yield counts;
  }
}

/** Chance that a scammer came by a customer's data elsewhere: of all p the authors try, the middle. */
const GUESSED = 0.5;

/** Papadimitriou, Garcia-Molina 2011: 1 - product over what was leaked and shown to both of 1 - (1 - p) / shown to how many. */
export function* guiltScore({ seenBy }: Reported): Generator<Scores> {
  const guilt = new Map<number, number>();
  for (const staff of seenBy) {
    const factor = 1 - (1 - GUESSED) / staff.length;
    for (const each of staff) guilt.set(each, 1 - (1 - (guilt.get(each) ?? 0)) * factor);
    yield guilt;
  }
}

const ROUNDS = 60;

/**
 * In the manner of BreachRadar (Araujo et al. 2017): a report comes of the background or of one staff member, who hands
 * on any of the customers shown as likely; EM finds how much comes of each.
 */
export function* mixture({ seenBy, customersOf, customers }: Reported): Generator<Scores> {
  for (let reports = 1; reports <= seenBy.length; reports++) yield ratesOf(seenBy.slice(0, reports));

  function ratesOf(reports: readonly (readonly number[])[]): Scores {
    const everybody = new Set(reports.flat());
    let rates = new Map<number, number>();
    for (const staff of everybody) rates.set(staff, 0.5 / everybody.size);
    let background = 0.5;
    for (let round = 0; round < ROUNDS; round++) {
      const next = new Map<number, number>();
      let ofBackground = 0;
      for (const staff of reports) {
        const byChance = background / customers;
        let all = byChance;
        for (const each of staff) all += (rates.get(each) ?? 0) / customersOf(each);
        ofBackground += byChance / all;
        for (const each of staff) {
          const share = (rates.get(each) ?? 0) / customersOf(each) / all;
          next.set(each, (next.get(each) ?? 0) + share / reports.length);
        }
      }
      background = ofBackground / reports.length;
      rates = next;
    }
    return rates;
  }
}

/** Who is accused after each report. */
export type Accuser = (reported: Reported) => Iterable<readonly number[]>;

const SIGNIFICANT = 0.01;

/**
 * Shown more reporting customers than by chance, as courts have been told: a binomial test of each of the staff, of whom all
 * together may be accused wrongly in one case of a hundred (Bonferroni), were customers reported at random.
 */
export function* significantCount(reported: Reported): Generator<readonly number[]> {
  let reports = 0;
  for (const counts of count(reported)) {
    reports++;
    const byChance = (staff: number, shown: number): number =>
      1 - binomialAtMost(shown - 1, reports, Math.min(1, reported.customersOf(staff) / reported.customers));
    yield [...counts].flatMap(([staff, shown]) =>
      byChance(staff, shown) < SIGNIFICANT / reported.staff ? [staff] : [],
    );
  }
}

/** The two highest; who has as much as another comes first by `order`, as good as by chance. */
export function firstTwo(scores: Scores, order: (staff: number) => number): readonly number[] {
  let first: number | undefined;
  let second: number | undefined;
  const before = (one: number, other: number | undefined): boolean => {
    if (other === undefined) return true;
    const difference = (scores.get(one) ?? 0) - (scores.get(other) ?? 0);
    return difference > 0 || (difference === 0 && order(one) < order(other));
  };
  for (const staff of scores.keys()) {
    if (before(staff, first)) [first, second] = [staff, first];
    else if (before(staff, second)) second = staff;
  }
  return [first, second].filter((staff) => staff !== undefined);
}
