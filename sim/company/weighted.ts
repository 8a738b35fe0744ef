import { assert } from "../../src/base/assert.ts";
import type { Draws } from "./draws.ts";

/** Picks one of millions by weight in one step, whatever the weights (Walker 1977, Vose 1991). */
export class WeightedPick {
  readonly #stay: Float32Array;
  readonly #instead: Uint32Array;

  /** @param weights not negative, at least one above 0 */
  constructor(weights: ArrayLike<number>) {
    const count = weights.length;
    const stay = new Float32Array(count);
    const instead = new Uint32Array(count);
    let total = 0;
    for (let i = 0; i < count; i++) total += weights[i]!;
    assert(total > 0, "there is somebody to pick");
    // Both stacks in one array: those with too little grow from the left, those with too much from the right.
    const stacks = new Uint32Array(count);
    let small = 0;
    let large = count;
    for (let i = 0; i < count; i++) {
      stay[i] = (weights[i]! * count) / total;
      if (stay[i]! < 1) stacks[small++] = i;
      else stacks[--large] = i;
    }
    while (small > 0 && large < count) {
      const poor = stacks[--small]!;
      const rich = stacks[large]!;
      instead[poor] = rich;
      const left = stay[rich]! + stay[poor]! - 1;
      stay[rich] = left;
      if (left >= 1) continue;
      large++;
      stacks[small++] = rich;
    }
    // Left over by rounding alone.
    while (small > 0) stay[stacks[--small]!] = 1;
    while (large < count) stay[stacks[large++]!] = 1;
    this.#stay = stay;
    this.#instead = instead;
  }

  pick(draws: Draws): number {
    const at = draws.below(this.#stay.length);
    return draws.unit() < this.#stay[at]! ? at : this.#instead[at]!;
  }
}
