/** How long trace takes for a case once aggregates are in memory, in a process that does nothing else. */
import { pairsToCount } from "../../src/trace/pairs-to-count.ts";
import { trace } from "../../src/trace/trace.ts";
import { type BenchRow, median } from "../report.ts";
import { Cases } from "./case.ts";
import { middleOf } from "./intervals.ts";

const CASES = 12;
const WARM_ROUNDS = 5;
const TRACE_GOAL_MS = 50;

/** 2,000 staff in 200 teams, 40 reports, a judgement after each. */
export function timeCases(seed: number): BenchRow[] {
  const cases = new Cases();
  const [traced, counted, aggregated]: [number[], number[], number[]] = [[], [], []];
  for (let number = 0; number < CASES; number++) {
    const name = { world: "one-thief-45", heldOut: false, seed, number };
    const { input, lived } = cases.inputOf(name);
    trace(input);
    traced.push(warm(() => trace(input)));
    counted.push(warm(() => pairsToCount(input)));
    aggregated.push(warm(() => lived.index.inputOf(input.reports)));
  }
  const row = (metric: string, times: readonly number[]): BenchRow => ({
    case: `40 reports, 2,000 staff, ${CASES} cases`,
    metric,
    value: median(times),
    unit: "ms",
    ...middleOf(times),
  });
  const decisions = row("40 sequential decisions, warm", traced);
  return [
    { ...decisions, goal: `< ${TRACE_GOAL_MS} ms`, met: decisions.value < TRACE_GOAL_MS },
    row("whose common subjects to count, warm", counted),
    row("aggregates from views in memory, warm", aggregated),
  ];
}

/** Milliseconds, the median of some rounds. */
function warm(run: () => unknown): number {
  return median(
    Array.from({ length: WARM_ROUNDS }, () => {
      const start = performance.now();
      run();
      return performance.now() - start;
    }),
  );
}
