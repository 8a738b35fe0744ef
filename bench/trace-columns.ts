/**
 * What a trace costs at full size: the daily aggregates of a support team's year, and a case of 40 reports read from them,
 * cold and warm.
 */
import { DAY_MS } from "../src/base/clock.ts";
import { epochsOver } from "../src/columns/daily/make.ts";
import { dayOf, EPOCH_DAYS, epochOf, MEMORY_DAYS } from "../src/trace/strata.ts";
import type { BenchReportOf, CaseMeasured } from "./columns/case.ts";
import { ColumnsStore } from "./columns/columns-store.ts";
import { FIRST_DAY_MS, type World, yearOf } from "./columns/world.ts";
import { type BenchOptions, type BenchReport, type BenchRow, makeReport, median } from "./report.ts";

const REPORTS = 40;
const CONTACT_DAYS = 60;
const ROUNDS = 3;
const CASE_GOAL_MS = 1_000;
const MEMORY_GOAL_BYTES = 2e9;
/** Where a store that takes long to fill is kept for the next run. */
const KEPT = "WHOSAW_BENCH_COLUMNS";

/** `npm run bench -- trace-columns`. */
export async function run({ quick, progress }: BenchOptions): Promise<BenchReport> {
  progress("filling columns");
  const store = await ColumnsStore.fill(yearOf(quick ? 20 : 200), quick ? undefined : process.env[KEPT], progress);
  try {
    const rows = await measure(store, progress);
    return await makeReport("trace-columns", rows);
  } finally {
    await store.close();
  }
}

async function measure(store: ColumnsStore, progress: (text: string) => void): Promise<BenchRow[]> {
  const label = `${store.world.disclosures / 1e6} million disclosures`;
  const rows: BenchRow[] = [];
  const row = (metric: string, value: number, unit: string, most?: number): void => {
    const goal = most === undefined ? {} : { goal: `<= ${most} ${unit}`, met: value <= most };
    rows.push({ case: label, metric, value, unit, ...goal });
  };
  const reports = reportsOf(store.world);
  const epochs = [...new Set(reports.map(({ to }) => epochOf(dayOf(to))))];
  const firstDay = Math.min(...reports.map(({ from }) => dayOf(from)));
  const lastDay = Math.max(...reports.map(({ to }) => dayOf(to)));
  const wanted = { cells: epochs, actors: epochsOver([firstDay - MEMORY_DAYS, lastDay], EPOCH_DAYS) };
  progress(`${label}: aggregates of ${epochs.length} epochs`);
  const made = await store.makeAggregates(wanted, (epoch) => progress(`${label}: epoch ${epoch} is made`));
  const seconds = (what: string): number =>
    median(made.filter((one) => one.what === what).map(({ milliseconds }) => milliseconds / 1_000));
  row("aggregates of an epoch, made", seconds("cells"), "s");
  row("views by actor of an epoch, made", seconds("actors"), "s");
  row("memory while they are made", (await store.peakBytes()) / 1e6, "MB", MEMORY_GOAL_BYTES / 1e6);
  row("bytes of an epoch", (await bytesOf(store)) / epochs.length / 1e6, "MB");
  const [cold, warm] = await measureCases(store, reports, (round) => progress(`${label}: case, round ${round}`));
  const middle = (of: readonly CaseMeasured[], read: (one: CaseMeasured) => number): number => median(of.map(read));
  row(
    "case of 40 reports, cold",
    middle(cold, ({ input }) => input),
    "ms",
    CASE_GOAL_MS,
  );
  row(
    "case of 40 reports, warm",
    middle(warm, ({ input }) => input),
    "ms",
  );
  row(
    "rows of the case",
    middle(warm, (one) => one.rows),
    "rows",
  );
  row(
    "trace of it",
    middle(warm, (one) => one.trace),
    "ms",
  );
  row(
    "pairs counted",
    middle(warm, ({ pairs }) => pairs),
    "ms",
  );
  row("memory while it is read", (await store.peakBytes()) / 1e6, "MB", MEMORY_GOAL_BYTES / 1e6);
  return rows;
}

async function measureCases(
  store: ColumnsStore,
  reports: readonly BenchReportOf[],
  progress: (round: number) => void,
): Promise<readonly [cold: CaseMeasured[], warm: CaseMeasured[]]> {
  const [cold, warm]: [CaseMeasured[], CaseMeasured[]] = [[], []];
  for (let round = 1; round <= ROUNDS; round++) {
    progress(round);
    await store.coldStart();
    cold.push(await store.case(reports));
    warm.push(await store.case(reports));
  }
  return [cold, warm];
}

async function bytesOf(store: ColumnsStore): Promise<number> {
  const rows = await store.sql(
    "SELECT sum(bytes_on_disk) AS b FROM system.parts WHERE active AND database = 'whosaw' AND table IN ('cell_days', 'subject_cells')",
  );
  return Number(rows[0]?.[0]);
}

/** Customers who come often are called more often; contacts of the last two months. */
function reportsOf({ subjects, days }: World): readonly BenchReportOf[] {
  return Array.from({ length: REPORTS }, (_, index) => {
    const place = ((index * 7_919 + 12_345) % 99_991) / 99_991;
    const to =
      FIRST_DAY_MS + (days - 1) * DAY_MS - Math.floor((index * Math.min(CONTACT_DAYS, days)) / REPORTS) * DAY_MS;
    return { subject: 1 + Math.floor(subjects * place ** 3), from: to - 2 * DAY_MS, to };
  });
}
