/** From what came of the cases to the rows of the report. */
import { type BenchRow, median } from "../report.ts";
import { Calibration } from "./calibration.ts";
import { bootstrap, clopperPearson, type Interval } from "./intervals.ts";
import { NEVER, settledAfter, shareAfter } from "./needed.ts";
import { ACCUSERS, byWorld, METHODS, type Method, type Outcome, type Spoken } from "./outcome.ts";

/** What the design asks for: reports until 99 % are right, median until evidence-grade, share that is by the end. */
interface Goals {
  readonly rank: number;
  readonly median: number;
  readonly power: number;
}

const GOALS: Readonly<Record<string, Goals>> = {
  "one-thief-30": { rank: 8, median: 17, power: 1 },
  "one-thief-45": { rank: 10, median: 20, power: 0.96 },
  "one-thief-60": { rank: 16, median: 26, power: 0.89 },
  "one-thief-skewed": { rank: 10, median: 22, power: 0.99 },
  "two-thieves": { rank: 25, median: 22, power: 0.94 },
};
const CALIBRATION_GOAL = 0.024;
const NEARLY_ALL = 0.99;
const ACCUSED = "innocents accused at any step, evidence or lead-pair";

type Cases = readonly Outcome[];

export function figuresOf(outcomes: Cases, bootstraps: number): BenchRow[] {
  const worlds = [...byWorld(outcomes)];
  return [
    ...worlds.flatMap(([world, cases]) => (guiltyIn(cases) ? rowsOfThieves(world, cases, bootstraps) : [])),
    ...worlds.flatMap(([world, cases]) => rowsOfTruth(world, cases, bootstraps)),
    ...worlds.flatMap(([world, cases]) => rowsOfInnocents(world, cases)),
    ...rowsOfInnocents(`all ${worlds.length} worlds`, outcomes).map((row) =>
      row.metric === ACCUSED ? { ...row, goal: "0", met: row.value === 0 } : row,
    ),
    ...rowsOfCalibration(outcomes, bootstraps),
  ];
}

/** Each case in which somebody who leaked nothing was `evidence` or `lead-pair`, so that it can be looked into. */
export function accusationsOf(outcomes: Cases): string[] {
  return outcomes.flatMap(({ world, heldOut, seed, number, innocents }) =>
    (["evidence", "lead-pair"] as const).flatMap((verdict) => {
      const accused = innocents[verdict];
      if (accused === undefined) return [];
      const { staff, after } = accused;
      const parameters = heldOut ? "held-out parameters" : "usual parameters";
      return [
        `${world}, ${parameters}, company ${seed}, case ${number}: ${staff} was ${verdict} after ${after} reports`,
      ];
    }),
  );
}

/** Somebody of the staff leaked. */
export function guiltyIn(cases: Cases): boolean {
  return cases.some(({ guilty }) => guilty.length > 0);
}

function rowsOfThieves(world: string, cases: Cases, bootstraps: number): BenchRow[] {
  const goals = GOALS[world];
  const name = `${world}, ${cases.length} cases`;
  const most = Math.max(...cases.map(({ reports }) => reports));
  const rows: BenchRow[] = [];
  const counted = (metric: string, figure: (of: Cases) => number, more: Partial<BenchRow> = {}): void => {
    const interval = bootstrap(cases, figure, bootstraps);
    rows.push({ case: name, metric, unit: "reports", ...within(figure(cases), most, interval), ...more });
  };
  for (const method of METHODS) {
    const who = method === "trace" ? {} : { versus: "trace" };
    const ratio = (figure: (of: Cases, by: Method) => number): Partial<BenchRow> =>
      method === "trace" ? {} : { ...who, ...finiteRatio(figure(cases, method), figure(cases, "trace")) };
    counted(`first is right: ${method}, median`, (of) => rankMedian(of, method), ratio(rankMedian));
    const nearly = (of: Cases, by: Method): number => shareAfter(rights(of, by), NEARLY_ALL);
    counted(`first is right: ${method}, in 99 % of cases`, (of) => nearly(of, method), {
      ...ratio(nearly),
      ...(method === "trace" && atMost(goals?.rank, nearly(cases, "trace"))),
    });
  }
  const two = cases[0]?.kind === "pair";
  const spoken = (one: Outcome): number => (two ? one.spoken : one.evidence) ?? NEVER;
  const what = two ? "lead-pair or evidence for both" : "evidence-grade";
  const middle = (of: Cases): number => median(of.map(spoken));
  counted(`${what}, median`, middle, atMost(goals?.median, middle(cases)));
  const power = cases.filter((one) => spoken(one) < NEVER).length;
  rows.push({
    case: name,
    metric: `${what}, share of cases by ${most} reports`,
    unit: "",
    ...shareOf(power, cases.length),
    ...(goals !== undefined && { goal: `>= ${goals.power}`, met: power >= goals.power * cases.length }),
  });
  return rows;
}

/** @param bound the goal, if there is one */
function atMost(bound: number | undefined, value: number): Partial<BenchRow> {
  return bound === undefined ? {} : { goal: `<= ${bound}`, met: value <= bound };
}

function rankMedian(of: Cases, method: Method): number {
  return median(rights(of, method).map(settledAfter));
}

function rights(of: Cases, method: Method): readonly (readonly boolean[])[] {
  return of.map(({ right }) => right[method]);
}

function finiteRatio(value: number, ofTrace: number): Partial<BenchRow> {
  return value < NEVER && ofTrace < NEVER ? { ratio: value / ofTrace } : {};
}

/** What never comes within the reports of a case is one more, or more. */
function within(
  value: number,
  most: number,
  { low, high }: Interval,
): Pick<BenchRow, "value" | "low" | "high" | "orMore"> {
  const bounded = (of: number): number => (Number.isNaN(of) ? most + 1 : Math.min(of, most + 1));
  return { value: bounded(value), low: bounded(low), high: bounded(high), ...(!(value <= most) && { orMore: true }) };
}

function shareOf(hits: number, of: number): Pick<BenchRow, "value" | "low" | "high"> {
  return { value: hits / of, ...clopperPearson(hits, of) };
}

function rowsOfTruth(world: string, cases: Cases, bootstraps: number): BenchRow[] {
  const name = `${world}, ${cases.length} cases`;
  const truly = (of: Cases): number => median(of.map((one) => one.truly));
  const gap = (of: Cases): number =>
    mean(of.flatMap(({ stated }) => stated.map(({ top, right }) => top - (right ? 1 : 0))));
  const row = (metric: string, figure: (of: Cases) => number): BenchRow => ({
    case: name,
    metric,
    value: figure(cases),
    unit: "",
    ...bootstrap(cases, figure, bootstraps),
  });
  return [
    row("posterior of the truth at the end, median", truly),
    row("posterior of the first less share right, mean", gap),
  ];
}

function rowsOfInnocents(name: string, cases: Cases): BenchRow[] {
  const row = (metric: string, hits: number): BenchRow => ({
    case: `${name}, ${cases.length} cases`,
    metric,
    unit: "",
    ...shareOf(hits, cases.length),
  });
  const any = (...said: readonly Spoken[]): number =>
    cases.filter(({ innocents }) => said.some((verdict) => innocents[verdict] !== undefined)).length;
  const by = (method: keyof typeof ACCUSERS): number =>
    cases.filter(({ accusedBy }) => accusedBy[method] !== undefined).length;
  const wrongGroups = cases.filter(({ group }) => group?.holds === false).length;
  return [
    row(ACCUSED, any("evidence", "lead-pair")),
    ...(Object.keys(ACCUSERS) as (keyof typeof ACCUSERS)[]).map((method) =>
      row(`innocents accused at any step by ${method}`, by(method)),
    ),
    row("innocents that were a lead at any step", any("lead")),
    row("groups at the end without anybody who leaked", wrongGroups),
  ];
}

function rowsOfCalibration(outcomes: Cases, bootstraps: number): BenchRow[] {
  const row = (name: string, cases: Cases): BenchRow => {
    const calibration = new Calibration(cases);
    const interval = calibration.errorInterval(bootstraps);
    const metric = "posterior's calibration error";
    return { case: `${name}, ${cases.length} cases`, metric, value: calibration.error(), unit: "", ...interval };
  };
  const all = row("all worlds by their prior", outcomes);
  // Whoever is framed by somebody who was shown all the same looks guilty: how much of the error is that?
  const unframed = outcomes.filter(({ kind }) => kind !== "restricted");
  return [{ ...all, ...atMost(CALIBRATION_GOAL, all.value) }, row("the same without frame-ups", unframed)];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
