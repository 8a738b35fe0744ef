/** Running products over the reports, for every share that the leak may have of them; kept from under- and overflow. */
import { WEIGHTS } from "./settings.ts";

const SHARES = WEIGHTS.length;

/** A product beyond it is divided by its largest, which goes into the logarithm. */
const RESCALE_ABOVE = 1e150;
const RESCALE_BELOW = 1e-150;

/**
 * L(S, w) = product over reports of (1 - w + w x) / (1 - w + w y), for many S and every w of WEIGHTS; L of nobody is 1.
 * What is a factor of 1e300 below the largest of the same S is lost, and would not count.
 */
export class Likelihoods {
  #products: Float64Array;
  #logScale: Float64Array;
  #count: number;

  constructor(count: number) {
    this.#products = new Float64Array(count * SHARES).fill(1);
    this.#logScale = new Float64Array(count);
    this.#count = count;
  }

  /** Room for one more, whose products are 1. */
  add(): number {
    if (this.#count === this.#logScale.length) {
      const room = Math.max(16, 2 * this.#count);
      const products = new Float64Array(room * SHARES).fill(1);
      products.set(this.#products);
      const logScale = new Float64Array(room);
      logScale.set(this.#logScale);
      [this.#products, this.#logScale] = [products, logScale];
    }
    return this.#count++;
  }

  /** One more report: how likely the explanation has this customer, and its stratum, each over the background. */
  multiply(at: number, x: number, y: number): void {
    const products = this.#products;
    const start = at * SHARES;
    let largest = 0;
    for (let share = 0; share < SHARES; share++) {
      const w = WEIGHTS[share] ?? 0;
      const product = ((products[start + share] ?? 0) * (1 - w + w * x)) / (1 - w + w * y);
      products[start + share] = product;
      if (product > largest) largest = product;
    }
    if (largest > RESCALE_ABOVE || largest < RESCALE_BELOW) this.#rescale(at, largest);
  }

  #rescale(at: number, largest: number): void {
    for (let share = 0; share < SHARES; share++) {
      const place = at * SHARES + share;
      this.#products[place] = (this.#products[place] ?? 0) / largest;
    }
    this.#logScale[at] = (this.#logScale[at] ?? 0) + Math.log(largest);
  }

  /** Natural logarithm of the mean over w. */
  logMean(at: number): number {
    let sum = 0;
    for (let share = 0; share < SHARES; share++) sum += this.#products[at * SHARES + share] ?? 0;
    return Math.log(sum / SHARES) + (this.#logScale[at] ?? 0);
  }

  /** Natural logarithm of the highest over w. */
  logSup(at: number): number {
    let sup = 0;
    for (let share = 0; share < SHARES; share++) {
      const product = this.#products[at * SHARES + share] ?? 0;
      if (product > sup) sup = product;
    }
    return Math.log(sup) + (this.#logScale[at] ?? 0);
  }

  /** The mean of w under the products as weights: which share of the reports the explanation takes. */
  meanShare(at: number): number {
    let [sum, weighted] = [0, 0];
    for (let share = 0; share < SHARES; share++) {
      const product = this.#products[at * SHARES + share] ?? 0;
      sum += product;
      weighted += product * (WEIGHTS[share] ?? 0);
    }
    return weighted / sum;
  }
}
