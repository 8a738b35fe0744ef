import { expect, test } from "vitest";
import type { Truth } from "../../sim/company/theft.ts";
import type { Step, Suspect, TraceInput, TraceResult, Verdict } from "../../src/trace/model.ts";
import { DAY_MS } from "../../src/base/clock.ts";
import { Calibration } from "./calibration.ts";
import { accusationsOf, figuresOf } from "./figures.ts";
import { NEVER, settledAfter, shareAfter } from "./needed.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { picturesOf } from "./pictures.ts";

const NAME = { world: "two-thieves", heldOut: false, seed: 900, number: 0 };

function suspect(staff: string, posterior: number, verdict: Verdict): Suspect {
  return { staff, posterior, logEValue: 0, logPairEValue: 0, verdict };
}

function step(report: number, weighed: Step["weighed"], ...top: Suspect[]): Step {
  return { report, weighed, top, nobody: 0 };
}

/** Four reports of which the third counts no more: a and b sell, c does not. */
function outcome(truth: Partial<Truth> = {}): Outcome {
  const steps = [
    step(0, "counted", suspect("c", 0.6, "lead"), suspect("a", 0.5, "none")),
    step(1, "counted", suspect("a", 0.9, "evidence"), suspect("c", 0.2, "none")),
    step(2, "same-reporter", suspect("a", 0.9, "evidence"), suspect("c", 0.2, "none")),
    step(3, "counted", suspect("b", 0.99, "lead-pair"), suspect("a", 0.98, "evidence")),
  ];
  const views = [
    [0, 0],
    [1, 1],
    [0, 2],
    [1, 3],
    [2, 3],
  ] as const;
  const input: TraceInput = {
    staff: [{ id: "a" }, { id: "b" }, { id: "c" }],
    reports: [0, 1, 2, 3].map((subject) => ({
      subject,
      from: 200 * DAY_MS,
      to: 201 * DAY_MS,
      fieldsKnown: 1,
      cell: 0,
      exposure: 1,
    })),
    viewsOfReported: {
      staff: Uint32Array.from(views, ([staff]) => staff),
      subject: Float64Array.from(views, ([, subject]) => subject),
      // The last view is later than the contact.
      at: Float64Array.from(views, (_, row) => (row === 4 ? 202 : 190) * DAY_MS),
      fields: new Uint32Array(5),
      listed: new Uint8Array(5),
    },
    actorDayMass: {
      staff: new Uint32Array(),
      day: new Int32Array(),
      fields: new Uint32Array(),
      listed: new Uint8Array(),
      count: new Float64Array(),
    },
    stratumMass: {
      cell: new Uint32Array(),
      staff: new Uint32Array(),
      day: new Int32Array(),
      fields: new Uint32Array(),
      listed: new Uint8Array(),
      count: new Float64Array(),
    },
    cells: [{ epoch: 6, subjects: 10, exposure: 10 }],
  };
  const result: TraceResult = {
    hypotheses: [
      { kind: "pair", staff: ["b", "a"], posterior: 0.9, eValue: 1, verdict: "lead-pair" },
      { kind: "single", staff: ["a"], posterior: 0.1, eValue: 1, verdict: "evidence" },
    ],
    suspects: [],
    ambiguityGroup: ["c"],
    anythingLeaked: undefined,
    leakWindow: undefined,
    advice: [],
    steps,
    notes: [],
    inputsHash: "",
  };
  const all: Truth = { kind: "pair", staff: ["a", "b"], stolen: [], calls: [], scheme: "two-thieves", ...truth };
  return outcomeOf(NAME, { input, result, truth: all, customersOf: () => 10, customers: 100 });
}

test("steps are counted by the reports that count, and both of two thieves must be named", () => {
  const { reports, right, evidence, spoken, innocents, stated, truly, group } = outcome();
  expect(reports).toBe(3);
  expect(right.trace).toEqual([false, false, true]);
  expect(right.count).toEqual([false, true, true]);
  expect({ evidence, spoken }).toEqual({ evidence: undefined, spoken: 3 });
  expect(innocents).toEqual({ lead: { staff: "c", after: 1 } });
  expect(stated.map((each) => each.right)).toEqual([false, true, true]);
  expect(truly).toBe(0.9);
  expect(group).toEqual({ size: 1, holds: false });
});

test("without a leak everybody is innocent, and nobody can be first rightly", () => {
  const { right, innocents, spoken } = outcome({ kind: "nobody", staff: [] });
  expect(right.trace).toEqual([]);
  expect(spoken).toBeUndefined();
  expect(innocents.evidence).toEqual({ staff: "a", after: 2 });
  expect(innocents["lead-pair"]).toEqual({ staff: "b", after: 3 });
});

test("reports until it stays right, of a case and of most", () => {
  expect(settledAfter([false, true, false, true, true])).toBe(4);
  expect(settledAfter([true, true])).toBe(1);
  expect(settledAfter([true, false])).toBe(NEVER);
  const cases = [
    [false, true, true],
    [true, false, true],
    [true, true],
  ];
  expect(shareAfter(cases, 0.99)).toBe(3);
  expect(shareAfter(cases, 0.6)).toBe(1);
  expect(shareAfter([...cases, [false, false, false]], 0.99)).toBe(NEVER);
});

test("kinds of truth weigh as the prior has them in the calibration error", () => {
  const world = (name: string, kind: Outcome["kind"], top: number, right: boolean): Outcome => ({
    ...outcome(),
    world: name,
    kind,
    stated: [{ top, right }],
  });
  // Half of all truths are outsiders', whatever the number of their worlds; a tenth are pairs.
  const outcomes = [
    world("no-leak", "nobody", 0.25, false),
    world("regional-campaign", "nobody", 0.25, false),
    world("two-thieves", "pair", 0.25, true),
  ];
  const calibration = new Calibration(outcomes);
  expect(calibration.bins()).toHaveLength(1);
  expect(calibration.bins()[0]?.right).toBeCloseTo(0.1 / 0.55);
  expect(calibration.error()).toBeCloseTo(0.25 - 0.1 / 0.55);
});

test("rows and pictures of a few cases hold no number that is none", () => {
  const outcomes = [outcome(), { ...outcome({ kind: "nobody", staff: [] }), world: "no-leak" }];
  const rows = figuresOf(outcomes, 20);
  const text = JSON.stringify({ rows, pictures: picturesOf(outcomes) });
  expect(text).not.toMatch(/null|NaN|Infinity|undefined/u);
  const row = (metric: string): unknown => rows.find((each) => each.metric.startsWith(metric));
  expect(row("lead-pair or evidence for both, median")).toMatchObject({ value: 3, low: 3, high: 3, met: true });
  expect(row("lead-pair or evidence for both, share")).toMatchObject({ value: 1, high: 1 });
  const all = rows.filter(({ case: name }) => name.startsWith("all 2 worlds"));
  expect(all.map(({ value, met }) => [value, met])).toEqual([
    [0.5, false],
    [0, undefined],
    [1, undefined],
    [1, undefined],
  ]);
  expect(accusationsOf(outcomes)).toEqual([
    "no-leak, usual parameters, company 900, case 0: a was evidence after 2 reports",
    "no-leak, usual parameters, company 900, case 0: b was lead-pair after 3 reports",
  ]);
});
