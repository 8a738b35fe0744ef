import fc from "fast-check";
import { expect, test } from "vitest";
import { Draws, hashOf } from "./draws.ts";
import { WeightedPick } from "./weighted.ts";

const N = 40_000;

function moments(draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: N }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / N;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / N };
}

test("distributions have the mean and variance that they should", () => {
  const draws = new Draws(1, 2);
  const cases: readonly (readonly [() => number, number, number])[] = [
    [() => draws.unit(), 0.5, 1 / 12],
    [() => draws.normal(), 0, 1],
    [() => draws.exponential(3), 3, 9],
    [() => Math.log(draws.lognormal(1.5)), 0, 2.25],
    [() => draws.poisson(2.5), 2.5, 2.5],
    [() => draws.poisson(300), 300, 300],
    [() => draws.gamma(0.4), 0.4, 0.4],
    [() => draws.gamma(5), 5, 5],
    [() => draws.negativeBinomial(0.8, 1.5), 0.8, 0.8 + 0.64 / 1.5],
  ];
  for (const [draw, mean, variance] of cases) {
    const found = moments(draw);
    expect(Math.abs(found.mean - mean)).toBeLessThan(0.05 * Math.max(mean, 1));
    expect(Math.abs(found.variance - variance)).toBeLessThan(0.1 * Math.max(variance, 0.1));
  }
});

test("streams of different seeds have nothing in common, those of the same seeds everything", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(1_000), (seed, stream) => {
      const three = (draws: Draws): number[] => [draws.unit(), draws.unit(), draws.unit()];
      expect(three(new Draws(seed, stream))).toEqual(three(new Draws(seed, stream)));
      expect(three(new Draws(seed, stream))).not.toEqual(three(new Draws(seed, stream + 1)));
      expect(hashOf(seed, stream)).not.toBe(hashOf(seed, stream + 1));
      expect(new Draws(seed, stream).below(7)).toBeLessThan(7);
    }),
    { numRuns: 200 },
  );
});

test("by weight: as often as the weight says, and never where there is none", () => {
  const weights = [1, 0, 3, 0.5, 5.5];
  const pick = new WeightedPick(weights);
  const draws = new Draws(9);
  const counts = weights.map(() => 0);
  for (let n = 0; n < N; n++) counts[pick.pick(draws)]!++;
  expect(counts[1]).toBe(0);
  for (const [index, weight] of weights.entries()) expect(counts[index]! / N).toBeCloseTo(weight / 10, 1.5);
});

test("any weights can be picked by", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e9, noNaN: true })), {
        minLength: 1,
        maxLength: 40,
      }),
      fc.nat(),
      (weights, seed) => {
        fc.pre(weights.some((weight) => weight > 0));
        const pick = new WeightedPick(weights);
        const draws = new Draws(seed);
        for (let n = 0; n < 50; n++) expect(weights[pick.pick(draws)]).toBeGreaterThan(0);
      },
    ),
    { numRuns: 200 },
  );
});
