import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logChoose, logFromAll, logFromCells, logFromSource, logGamma, logSum } from "./likelihood.ts";
import { type CopyEvidence, weighCopy, type WeighedActor } from "./weigh.ts";
import { partOf, stretchesOf } from "./sample.ts";

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

describe("likelihoods", () => {
  test("the gamma function, and binomials", () => {
    for (let n = 1; n < 20; n += 1) expect(logGamma(n)).toBeCloseTo(Math.log(factorial(n - 1)), 10);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 10);
    expect(Math.exp(logChoose(10, 3))).toBeCloseTo(120, 8);
    expect(logChoose(3, 4)).toBe(-Infinity);
    expect(logSum([])).toBe(-Infinity);
  });

  test("every explanation's chances of all sets of a size add up to one", () => {
    const [all, copy, subjects] = [9, 3, 4];
    const ways = (covered: number): number =>
      Math.exp(logChoose(subjects, covered) + logChoose(all - subjects, copy - covered));
    const counts = [0, 1, 2, 3];
    const sumOf = (log: (covered: number) => number): number =>
      counts.reduce((sum, covered) => sum + ways(covered) * Math.exp(log(covered)), 0);
    expect(sumOf((covered) => logFromSource({ subjects, covered }, copy, all))).toBeCloseTo(1, 10);
    expect(sumOf(() => logFromAll(copy, all))).toBeCloseTo(1, 10);
    const cells = (covered: number) => [
      { subjects, covered },
      { subjects: all - subjects, covered: copy - covered },
    ];
    expect(sumOf((covered) => logFromCells(cells(covered)))).toBeCloseTo(1, 10);
  });
});

const actor = (name: string, covered: number, subjects: number): WeighedActor => ({
  actor: name,
  number: 0n,
  covered,
  subjects,
  best: [],
});

function evidence(over: Partial<CopyEvidence>): CopyEvidence {
  const copy = over.copy ?? 500;
  return {
    copy,
    all: 100_000,
    actorsInAll: 200,
    cells: [
      { subjects: 50_000, covered: Math.floor(copy / 2) },
      { subjects: 50_000, covered: Math.ceil(copy / 2) },
    ],
    everyone: { covered: copy, subjects: 90_000 },
    teams: [],
    actors: [],
    pairs: [],
    ...over,
  };
}

describe("who made it", () => {
  test("one who was shown all of it and little else; nobody beside him", () => {
    const { suspects, hypotheses } = weighCopy(
      evidence({
        actors: [actor("thief", 495, 2_000), actor("busy", 300, 40_000)],
        teams: [{ team: "t", covered: 500, subjects: 9_000 }],
      }),
    );
    expect(suspects[0]).toMatchObject({ actor: "thief", verdict: "evidence" });
    expect(suspects[1]?.verdict).toBe("none");
    expect(hypotheses[0]).toMatchObject({ kind: "single", actors: ["thief"] });
  });

  test("a team's outsider accuses none of its members", () => {
    const actors = ["a", "b", "c"].map((name, i) => actor(name, 170 - i, 3_000));
    const pair = { actors: ["a", "b"] as const, covered: 335, subjects: 6_000 };
    const { suspects, hypotheses } = weighCopy(
      evidence({ actors, pairs: [pair], teams: [{ team: "t", covered: 500, subjects: 9_000 }] }),
    );
    expect(hypotheses[0]).toMatchObject({ kind: "team", team: "t" });
    expect(suspects.every(({ verdict }) => verdict === "none")).toBe(true);
  });

  test("a dump of everything, and of busy customers, accuse nobody who saw much", () => {
    const quality = actor("quality", 250, 50_000);
    expect(weighCopy(evidence({ actors: [quality] })).suspects[0]?.verdict).toBe("none");
    const cells = [
      { subjects: 95_000, covered: 5 },
      { subjects: 5_000, covered: 495 },
    ];
    const { suspects, hypotheses } = weighCopy(evidence({ cells, actors: [actor("quality", 470, 20_000)] }));
    expect(suspects[0]?.verdict).toBe("none");
    expect(hypotheses[0]?.kind).toBe("cells");
  });

  test("two who were shown half each are a lead together, and neither alone", () => {
    const actors = [actor("a", 250, 2_000), actor("b", 255, 2_000)];
    const { suspects } = weighCopy(
      evidence({ actors, pairs: [{ actors: ["a", "b"], covered: 500, subjects: 4_000 }] }),
    );
    expect(suspects.map(({ verdict }) => verdict)).toEqual(["lead-pair", "lead-pair"]);
  });

  test("half of it from elsewhere is no evidence against one", () => {
    const { suspects } = weighCopy(evidence({ actors: [actor("half", 260, 1_000)] }));
    expect(suspects[0]?.verdict).not.toBe("evidence");
  });

  test("whatever the counts: no NaN, one in all, in any order the same", () => {
    const source = fc.tuple(fc.nat(2_000), fc.nat(1_000_000));
    fc.assert(
      fc.property(fc.nat(2_000), fc.nat(2_000_000), fc.array(source, { maxLength: 6 }), (copy, all, sources) => {
        const actors = sources.map(([covered, more], i) => {
          const n = Math.min(covered, copy);
          return actor(`staff:${i}`, n, n + more);
        });
        const given = evidence({ copy, all: Math.max(all, copy), actors });
        const { hypotheses, suspects } = weighCopy(given);
        expect(hypotheses.reduce((sum, { posterior }) => sum + posterior, 0)).toBeCloseTo(1, 6);
        for (const { posterior, logEValue } of suspects) {
          expect(posterior).toBeGreaterThanOrEqual(0);
          expect(Number.isNaN(logEValue)).toBe(false);
        }
        const turned = weighCopy({ ...given, actors: actors.toReversed() });
        for (const { actor: name, logEValue } of suspects)
          expect(turned.suspects.find((of) => of.actor === name)?.logEValue).toBeCloseTo(logEValue, 6);
      }),
      { numRuns: 200 },
    );
  });

  test("innocents are called evidence-grade in fewer than one of a hundred dumps", () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const [all, copy] = [2_000, 40];
    let accused = 0;
    for (let round = 0; round < 100; round += 1) {
      const stolen = new Set<number>();
      while (stolen.size < copy) stolen.add(Math.floor(random() * all));
      const actors = Array.from({ length: 20 }, (_, i) => {
        const share = 0.02 + random() * 0.6;
        const seen = Array.from({ length: all }, (__, subject) => subject).filter(() => random() < share);
        return actor(`staff:${i}`, seen.filter((subject) => stolen.has(subject)).length, seen.length);
      });
      const cells = [{ subjects: all, covered: copy }];
      const everyone = { subjects: all, covered: copy };
      const { suspects } = weighCopy(evidence({ copy, all, cells, everyone, actorsInAll: 20, actors }));
      if (suspects.some(({ verdict }) => verdict !== "none")) accused += 1;
    }
    expect(accused).toBe(0);
  });
});

describe("stretches of keys", () => {
  const keysOf = (subjects: readonly bigint[]) => subjects.map((subject) => ({ keyType: 0, subject, subject2: 0n }));

  test("a small copy is weighed whole, a large one in stretches that hold no end of theirs and overlap nowhere", () => {
    expect(stretchesOf(keysOf([1n, 2n]), 10)).toEqual([]);
    fc.assert(
      fc.property(fc.integer({ min: 2_001, max: 9_000 }), fc.integer({ min: 1, max: 300 }), (count, spread) => {
        const keys = keysOf(Array.from({ length: count }, (_, i) => BigInt(i * spread - 100)));
        const ranges = stretchesOf(keys, count * spread);
        for (const [i, [from, to]] of ranges.entries()) {
          expect(from < to).toBe(true);
          if (i > 0) expect(from >= (ranges[i - 1]?.[1] ?? 0n)).toBe(true);
        }
        const part = partOf({ kind: 1, keyType: 0, keys }, ranges);
        expect(part.keys.length).toBeGreaterThanOrEqual(200);
        expect(part.keys.length).toBeLessThanOrEqual(4_040);
      }),
      { numRuns: 30 },
    );
  });
});
