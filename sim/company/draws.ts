/** A 32-bit number that looks random, of numbers up to 2^53: the same on every machine. */
export function hashOf(...values: readonly number[]): number {
  let hash = 0x2545f491;
  for (const value of values) {
    hash = scramble(hash ^ (value >>> 0));
    hash = scramble((hash + Math.floor(value / 2 ** 32)) | 0);
  }
  return hash >>> 0;
}

/** Every bit of what comes in moves about half of the bits that come out. */
function scramble(bits: number): number {
  let mixed = (bits + 0x6d2b79f5) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}

/**
 * Draws by the hundred million, the same for the same seeds: xoshiro128** (Blackman, Vigna 2021), 128 bits of state, so
 * that a year of twelve million customers does not come near its period.
 */
export class Draws {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seeds several, so that every day and every part of it can have a stream of its own */
  constructor(...seeds: readonly number[]) {
    this.#a = hashOf(...seeds, 1) | 1;
    this.#b = hashOf(...seeds, 2);
    this.#c = hashOf(...seeds, 3);
    this.#d = hashOf(...seeds, 4);
  }

  #bits(): number {
    const timesFive = Math.imul(this.#b, 5);
    const out = Math.imul((timesFive << 7) | (timesFive >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return out >>> 0;
  }

  /** At least 0, less than 1. */
  unit(): number {
    return this.#bits() / 2 ** 32;
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  /** At least `low`, less than `high`. */
  between(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit());
  }

  /** Mean 0, standard deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit());
  }

  /** @param sigma of the logarithm; the median is 1 */
  lognormal(sigma: number): number {
    return Math.exp(sigma * this.normal());
  }

  /** Exact up to a mean of 30, above it the rounded normal. */
  poisson(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const floor = Math.exp(-mean);
    let count = 0;
    for (let product = this.unit(); product > floor; product *= this.unit()) count++;
    return count;
  }

  /** Mean `shape` (Marsaglia, Tsang 2000). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.unit()) ** (1 / shape);
    const d = shape - 1 / 3;
    for (;;) {
      const x = this.normal();
      const v = (1 + x / Math.sqrt(9 * d)) ** 3;
      if (v > 0 && Math.log(1 - this.unit()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** @param size the smaller, the more it varies: the variance is mean + mean² / size */
  negativeBinomial(mean: number, size: number): number {
    return mean === 0 ? 0 : this.poisson((this.gamma(size) * mean) / size);
  }
}
