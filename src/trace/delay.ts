/** How long after a view its subject is called, as the model has it: half soon, half at any time within memory. */

/**
 * The chance of each age in whole days, 0 to memory: half an exponential cut off at the end of memory, half uniform.
 * Deliberately not the delay of any one gang.
 */
export class Delay {
  readonly memoryDays: number;
  /** Of the exponential half, for age 0; a day later it is `decay` of that. */
  readonly soon: number;
  readonly decay: number;
  readonly late: number;
  /** By age. */
  readonly #chances: Float64Array;

  constructor({ memoryDays, delayMeanDays }: { readonly memoryDays: number; readonly delayMeanDays: number }) {
    this.memoryDays = memoryDays;
    this.decay = Math.exp(-1 / delayMeanDays);
    this.soon = (0.5 * (1 - this.decay)) / (1 - this.decay ** memoryDays);
    this.late = 0.5 / memoryDays;
    this.#chances = Float64Array.from({ length: memoryDays }, (_, age) => this.soon * this.decay ** age + this.late);
  }

  /** @param age days from view to contact */
  chance(age: number): number {
    return this.#chances[age] ?? 0;
  }

  /** Averaged over the days on which the contact may have been. */
  chanceOver(days: readonly number[], viewDay: number): number {
    let sum = 0;
    for (const day of days) sum += this.chance(day - viewDay);
    return sum / days.length;
  }
}

/** Days looked at in an interval of contact: all of a short one, evenly spread over a long one, its ends included. */
const DAYS_LOOKED_AT_MAX = 16;

export function contactDays(fromDay: number, toDay: number): readonly number[] {
  const length = toDay - fromDay + 1;
  if (length <= DAYS_LOOKED_AT_MAX) return Array.from({ length }, (_, index) => fromDay + index);
  const step = (length - 1) / (DAYS_LOOKED_AT_MAX - 1);
  return Array.from({ length: DAYS_LOOKED_AT_MAX }, (_, index) => fromDay + Math.round(index * step));
}
