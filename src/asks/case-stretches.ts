/**
 * Days of a case in stretches that the trace cannot tell apart. By its delay (trace/delay.ts) a view weighs `a * decay^age + b`
 * for as long as it is in memory: so of views on days that enter and leave the memory of all contacts together, their number
 * and one sum of powers say all, and two days with a share of the views each say the same.
 */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { DayLookup, DaySums } from "../columns/queries/trace.ts";
import { contactDays } from "../trace/delay.ts";
import type { Report } from "../trace/model.ts";
import { dayOf } from "../trace/strata.ts";

/** What of a trace's settings the delay is made of. */
export interface DelaySettings {
  readonly memoryDays: number;
  readonly delayMeanDays: number;
}

/** Weights are integers, so that a sum is the same whoever adds up, in whatever order. */
const WEIGHT_ONE = 2 ** 36;

interface Stretch {
  readonly first: number;
  last: number;
}

export class Stretches {
  readonly #stretches: Stretch[] = [];
  readonly #last: number;
  readonly #mean: number;
  /** What a query looks days up in. */
  readonly lookup: DayLookup;

  /**
   * @param reports one at least
   * @throws WhosawError TRACE_INPUT for contacts that lie more than a lifetime apart
   */
  constructor(reports: readonly Pick<Report, "from" | "to">[], { memoryDays, delayMeanDays }: DelaySettings) {
    const contacts = [
      ...new Set(reports.flatMap(({ from, to }) => contactDays(Math.min(dayOf(from), dayOf(to)), dayOf(to)))),
    ];
    const [first, last] = [least(contacts) - memoryDays + 1, -least(contacts.map((day) => -day))];
    if (!(last - first <= LIMITS.caseDaysMax)) throw tooFarApart();
    const starts = new Set(contacts.flatMap((day) => [day + 1, day - memoryDays + 1]));
    this.#last = last;
    this.#mean = delayMeanDays;
    const stretch: number[] = [];
    for (let day = first; day <= last; day++) {
      const before = this.#stretches.at(-1);
      if (before === undefined || starts.has(day)) this.#stretches.push({ first: day, last: day });
      else before.last = day;
      stretch.push(this.#stretches.length - 1);
    }
    this.lookup = { first, stretch, weight: stretch.map((_, index) => this.#weight(first + index)) };
  }

  /** Days that may weigh. */
  get days(): readonly [first: number, last: number] {
    return [this.lookup.first, this.#last];
  }

  /** Calls back with the days that stand for a sum, and how many views each. */
  share({ stretch, views, weighed }: DaySums, row: number, visit: (day: number, count: number) => void): void {
    const { first, last } = this.#stretches[stretch[row] ?? 0] ?? { first: 0, last: 0 };
    const count = views[row] ?? 0;
    if (first === last) {
      visit(last, count);
      return;
    }
    const [light, heavy] = [this.#weight(first), this.#weight(last)];
    // So old that its powers are nil beside what is newer.
    if (light === heavy) {
      visit(first, count);
      return;
    }
    const late = Math.min(count, Math.max(0, (Number(weighed[row] ?? 0n) - count * light) / (heavy - light)));
    if (count - late > 0) visit(first, count - late);
    if (late > 0) visit(last, late);
  }

  /** Grows with the day as a view's weight falls with its age. */
  #weight(day: number): number {
    return Math.round(WEIGHT_ONE * Math.exp((day - this.#last) / this.#mean));
  }
}

function tooFarApart(): WhosawError {
  return new WhosawError("TRACE_INPUT", `the contacts of this case lie more than ${LIMITS.caseDaysMax} days apart`, {
    hint: "Correct the report whose time is wrong, or put it into a case of its own.",
  });
}

function least(days: readonly number[]): number {
  return days.reduce((found, day) => Math.min(found, day), days[0] ?? 0);
}
