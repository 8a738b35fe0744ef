/** Tiny worlds for tests, and dice that fall the same every time. */
import type { Report, Staff } from "../model.ts";
import { DAY_MS } from "../../base/clock.ts";
import type { View } from "../trace-views.ts";

export const EPOCH_START = 681 * 30;

/** Midday, so that nothing depends on the edge of a day. */
export function at(day: number): number {
  return (EPOCH_START + day) * DAY_MS + DAY_MS / 2;
}

/** mulberry32. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.unit() * count);
  }
}

export interface TinyWorld {
  readonly staff: readonly Staff[];
  readonly views: readonly View[];
  readonly subjects: { readonly count: number; readonly strata: (subject: number) => number };
}

/** Views spread over the days around the epoch's start, so that some are exposure and some are fresh. */
export function tinyWorld(
  dice: Dice,
  { staff, teams = 2, subjects, views }: { staff: number; teams?: number; subjects: number; views: number },
): TinyWorld {
  return {
    staff: Array.from({ length: staff }, (_, index) => ({ id: `s${index}`, team: `t${index % teams}` })),
    views: Array.from({ length: views }, () => ({
      staff: `s${dice.below(staff)}`,
      subject: dice.below(subjects),
      at: at(dice.below(180) - 160),
      fields: 1 + dice.below(7),
      listed: dice.unit() < 0.2,
    })),
    subjects: { count: subjects, strata: (subject) => subject % 2 },
  };
}

export function reportOf(subject: number, day: number, more: Partial<Report> = {}): Report {
  return { subject, from: at(day), to: at(day), fieldsKnown: 1, ...more };
}
