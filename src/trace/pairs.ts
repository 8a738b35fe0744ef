/** Pairs that sold together: too many to follow all, so those of the likeliest with the likely. */
import { type Draw, ratioOf } from "./draws.ts";
import { Likelihoods } from "./likelihood.ts";
import { highest } from "./log-sum.ts";
import type { Sources } from "./sources.ts";

const FIRST = 6;
const SECOND = 60;

export interface Pair {
  /** Two sources, of different staff. */
  readonly a: number;
  readonly b: number;
  readonly logMean: number;
  readonly logSup: number;
}

/** Pairs once looked at are carried on; one that comes in late catches up on the reports before. */
export class Pairs {
  readonly #sources: Sources;
  readonly #likelihoods = new Likelihoods(0);
  readonly #places = new Map<number, { readonly place: number; weighed: number }>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /**
   * The beam after some draws.
   * @param ranked sources of staff, likeliest first; one of each person
   */
  beam(ranked: readonly number[], draws: readonly Draw[]): readonly Pair[] {
    const pairs: Pair[] = [];
    const second = ranked.slice(0, SECOND);
    for (const [rank, first] of second.slice(0, FIRST).entries()) {
      for (const other of second.slice(rank + 1)) {
        const [a, b] = first < other ? [first, other] : [other, first];
        const place = this.#carriedOn(a, b, draws);
        pairs.push({ a, b, logMean: this.#likelihoods.logMean(place), logSup: this.#likelihoods.logSup(place) });
      }
    }
    return pairs;
  }

  #carriedOn(a: number, b: number, draws: readonly Draw[]): number {
    const key = a * this.#sources.count + b;
    let pair = this.#places.get(key);
    if (pair === undefined) this.#places.set(key, (pair = { place: this.#likelihoods.add(), weighed: 0 }));
    for (; pair.weighed < draws.length; pair.weighed++) {
      const draw = draws[pair.weighed];
      if (draw === undefined) break;
      const x = (ratioOf(draw, a) + ratioOf(draw, b)) / 2;
      this.#likelihoods.multiply(pair.place, x, ((draw.y[a] ?? 0) + (draw.y[b] ?? 0)) / 2);
    }
    return pair.place;
  }
}

/** The n sources of staff with the highest values, highest first, the better channel of each person. */
export function likeliest(values: Float64Array, sources: Sources, n: number): readonly number[] {
  const { staffCount, channels } = sources;
  if (channels === 1) return highest(values.subarray(0, staffCount), n);
  const listed = (staff: number): boolean => (values[sources.of(staff, 1)] ?? 0) > (values[staff] ?? 0);
  const best = Float64Array.from(
    { length: staffCount },
    (_, staff) => values[sources.of(staff, listed(staff) ? 1 : 0)] ?? 0,
  );
  return highest(best, n).map((staff) => sources.of(staff, listed(staff) ? 1 : 0));
}
