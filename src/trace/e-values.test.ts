/**
 * Under every truth in the denominator, the sum of all innocents' e-values is on average at most M at any number of reports,
 * and seldom ever much more: drawn from the model itself, in a small world.
 */
import { expect, test } from "vitest";
import { Delay } from "./delay.ts";
import { Explanations } from "./explanations.ts";
import { drawsOf } from "./draws.ts";
import { Evidence } from "./evidence.ts";
import type { PlacedReport, Report, TraceInput } from "./model.ts";
import { orderReports } from "./order.ts";
import { settingsOf } from "./settings.ts";
import { Sources } from "./sources.ts";
import { dayOf } from "./strata.ts";
import { Dice, reportOf, tinyWorld } from "./testing/worlds.ts";
import { ViewIndex } from "./view-index.ts";

const SETTINGS = settingsOf({ fieldError: 0.05 });
const [STAFF, SUBJECTS, REPORTS, RUNS] = [8, 120, 12, 150];

const world = (() => {
  const tiny = tinyWorld(new Dice(5), { staff: STAFF, subjects: SUBJECTS, views: 700 });
  const before = tiny.views.filter((view) => dayOf(view.at) < 681 * 30);
  const rows = {
    staff: Uint32Array.from(before, ({ staff }) => Number(staff.slice(1))),
    subject: Float64Array.from(before, ({ subject }) => subject),
    at: Float64Array.from(before, ({ at }) => at),
    fields: Uint32Array.from(before, () => 7),
    listed: new Uint8Array(before.length),
  };
  return { ...tiny, rows, index: new ViewIndex(tiny.staff, rows, tiny.subjects) };
})();

/** Who leaks, by subject and day: weights that need not sum to 1. */
type Truth = (subject: number, day: number) => number;

const delay = new Delay(SETTINGS);
const of =
  (staff: (index: number) => boolean, seen: (subject: number) => boolean = () => true): Truth =>
  (subject, day) => {
    let mass = 0;
    for (const [row, who] of world.rows.staff.entries())
      if (staff(who) && seen(subject) && world.rows.subject[row] === subject)
        mass += delay.chance(day - dayOf(world.rows.at[row] ?? 0));
    return mass;
  };
const sawFour = new Set(world.rows.subject.filter((_, row) => world.rows.staff[row] === 4));

/** Each with the people that are not innocent in it, and the share of reports that it takes. */
const TRUTHS: readonly (readonly [string, readonly number[], Truth, number])[] = [
  ["nobody", [], () => 0, 0],
  ["a dump, uniform", [], () => 1, 0.63],
  ["one person", [3], of((who) => who === 3), 0.63],
  ["one person who takes little", [3], of((who) => who === 3), 0.16],
  ["an outsider with a team's queue", [], of((who) => who % 2 === 1), 0.63],
  [
    "one who leaks only what another saw",
    [4],
    of(
      (who) => who === 3,
      (subject) => sawFour.has(subject),
    ),
    0.63,
  ],
];

const ALL = Array.from({ length: SUBJECTS }, (_, subject) => subject);
const DAYS = Array.from({ length: REPORTS }, (_, place) => 1 + 2 * place);

/** By subject, on each of the days. */
const BACKGROUND = DAYS.map((day) => {
  const input = world.index.inputOf(ALL.map((subject) => reportOf(subject, day, { fieldsKnown: 0 })));
  return input.reports.map((report) => background(input, report));
});

/** Reports on days that follow each other, each customer once: the leak's share by what leaks, the rest by stratum. */
function reportsOf(leaks: readonly (readonly number[])[], share: number, dice: Dice): readonly Report[] {
  const gone = new Set<number>();
  return DAYS.map((day, place) => {
    const weights = leaks[place] ?? [];
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const chances = ALL.map((subject) => {
      if (gone.has(subject)) return 0;
      const leaked = sum > 0 ? (weights[subject] ?? 0) / sum : 0;
      return share * leaked + (1 - share) * (BACKGROUND[place]?.[subject] ?? 0);
    });
    let left = dice.unit() * chances.reduce((total, chance) => total + chance, 0);
    const subject = Math.max(
      0,
      chances.findIndex((chance) => (left -= chance) < 0),
    );
    gone.add(subject);
    return reportOf(subject, day, { fieldsKnown: 0 });
  });
}

/** The model's own background: other ones within the strata do not matter, between them they are conditioned away. */
function background({ cells }: TraceInput, report: PlacedReport | undefined): number {
  const weight = ({ subjects, exposure }: { subjects: number; exposure: number }): number =>
    subjects === 0 ? 0 : subjects * Math.sqrt(1 + exposure / subjects);
  const cell = cells[report?.cell ?? 0] ?? { subjects: 1, exposure: 0 };
  return weight(cell) / cells.reduce((sum, each) => sum + weight(each), 0) / cell.subjects;
}

test.each(TRUTHS)("the truth is %s", (_, guilty, truth, share) => {
  const innocent = Array.from({ length: STAFF }, (__, staff) => staff).filter((staff) => !guilty.includes(staff));
  const sources = new Sources(world.staff, false);
  const leaks = DAYS.map((day) => ALL.map((subject) => truth(subject, 681 * 30 + day)));
  const sums = Array.from({ length: REPORTS }, () => [] as number[]);
  let crossed = 0;
  for (let run = 0; run < RUNS; run++) {
    const reports = reportsOf(leaks, share, new Dice(1_000 + run));
    const input = world.index.inputOf(reports, {}, [
      [3, 3],
      [3, 4],
      [4, 4],
    ]);
    const explanations = new Explanations(input, sources);
    let highest = 0;
    let step = 0;
    for (const draw of drawsOf(orderReports(input.reports), input, sources, SETTINGS, delay)) {
      explanations.weigh(draw);
      const evidence = new Evidence(explanations.standing(), sources);
      const sum = innocent.reduce((total, staff) => total + Math.exp(evidence.logEValue([staff])), 0) / STAFF;
      sums[step++]?.push(sum);
      highest = Math.max(highest, sum);
    }
    if (highest >= 10) crossed += 1;
  }
  for (const values of sums) {
    const mean = values.reduce((sum, value) => sum + value, 0) / RUNS;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / RUNS / RUNS);
    expect(mean).toBeLessThan(1 + 4 * deviation + 1e-9);
  }
  // Ville: at most one run in ten, and three deviations of 150 runs.
  expect(crossed / RUNS).toBeLessThan(0.1 + 3 * Math.sqrt((0.1 * 0.9) / RUNS));
});
