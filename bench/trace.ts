/**
 * Trace beside the count, the guilt score and an EM mixture, on the same cases in every world of the simulated company: how
 * many reports each needs, whom it accuses wrongly, and whether a posterior means what it says.
 */
import { type BenchOptions, type BenchReport, type BenchRow, makeReport } from "./report.ts";
import { liveThrough } from "./trace/case-pool.ts";
import { accusationsOf, figuresOf } from "./trace/figures.ts";
import { picturesOf } from "./trace/pictures.ts";
import { extentOf, jobsOf, TRACE_WORLDS } from "./trace/plan.ts";
import { measureScales } from "./trace/scale.ts";
import { timeCases } from "./trace/timing.ts";

/** `npm run bench -- trace`. */
export async function run(options: BenchOptions): Promise<BenchReport> {
  const { quick, progress } = options;
  const extent = extentOf(options);
  const jobs = jobsOf(extent);
  const cases = jobs.reduce((sum, { length }) => sum + length, 0);
  progress(`${cases} cases in ${TRACE_WORLDS.length} worlds, ${extent.heldOut ? "held-out" : "usual"} parameters`);
  const every = Math.ceil(cases / 20);
  const outcomes = await liveThrough(jobs, (done) => {
    if (done % every === 0) progress(`${done} of ${cases} cases`);
  });
  progress("time of a case");
  const rows: BenchRow[] = [...figuresOf(outcomes, extent.bootstraps), ...timeCases(extent.seeds[0] ?? 0)];
  if (!quick) rows.push(...(await measureScales(progress)));
  const report = await makeReport("trace", rows, quick ? ["10,000 reports and 100,000 staff: not in a quick run"] : []);
  return { ...report, notes: accusationsOf(outcomes), pictures: picturesOf(outcomes) };
}
