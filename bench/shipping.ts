/**
 * Entries on their way from a ledger to columns: how fast they catch up when columns have been away, and how long they take
 * from the receipt on while 20,000 disclosures are recorded each second.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openColumns } from "../src/columns/open.ts";
import { shipOnce, Shipping } from "../src/shipping/shipper.ts";
import { ownMicroseconds } from "./processes.ts";
import { type BenchOptions, type BenchReport, type BenchRow, makeReport, median } from "./report.ts";
import { appendLookUps, benchSource, fill, openBenchLog, RULES } from "./shipping/fill.ts";

const ROUNDS = 3;
const CATCH_UP_GOAL = 200_000;
const LAG_GOAL_MS = 2_000;
const RATE = 20_000;
const TICKS_PER_SECOND = 20;

/** `npm run bench -- shipping`. */
export async function run(options: BenchOptions): Promise<BenchReport> {
  const rounds = options.quick ? 1 : ROUNDS;
  const catchUps: CatchUp[] = [];
  const lags: number[][] = [];
  for (let round = 1; round <= rounds; round += 1) {
    options.progress(`round ${round} of ${rounds}: catching up`);
    catchUps.push(await inFolder((root) => catchUp(root, options.quick ? 100_000 : 1_000_000)));
    options.progress(`round ${round} of ${rounds}: following ${RATE.toLocaleString("en")} disclosures a second`);
    lags.push(await inFolder((root) => follow(root, options.quick ? 5 : 20)));
  }
  return makeReport("shipping", [...catchUpRows(catchUps), ...lagRows(lags)]);
}

interface CatchUp {
  readonly perSecond: number;
  readonly processorMicroseconds: number;
  readonly memoryMegabytes: number;
}

/** A log that was written while columns were away. */
async function catchUp(root: string, entries: number): Promise<CatchUp> {
  const ledger = await openBenchLog(root, false);
  await fill(ledger, entries);
  const { size } = ledger;
  await ledger.close();
  const columns = await openColumns({ kind: "embedded", dir: join(root, "columns") });
  let memoryBytes = 0;
  const processor = ownMicroseconds();
  const start = performance.now();
  const onState = (): void => void (memoryBytes = Math.max(memoryBytes, process.memoryUsage.rss()));
  await shipOnce({ columns, logs: [benchSource(root)], rules: RULES, onState });
  const seconds = (performance.now() - start) / 1_000;
  const spent = ownMicroseconds() - processor;
  await columns.close();
  return {
    perSecond: size / seconds,
    processorMicroseconds: spent / size,
    memoryMegabytes: memoryBytes / 2 ** 20,
  };
}

/** @returns for each group of look-ups, the milliseconds from its receipt until it was in columns */
async function follow(root: string, seconds: number): Promise<number[]> {
  const ledger = await openBenchLog(root, true);
  const columns = await openColumns({ kind: "embedded", dir: join(root, "columns") });
  const waiting: { readonly next: number; readonly atMs: number }[] = [];
  const lags: number[] = [];
  const shipping = Shipping.start({
    columns,
    logs: [benchSource(root)],
    rules: RULES,
    onState: ({ next }) => {
      while (waiting[0] !== undefined && waiting[0].next <= next)
        lags.push(performance.now() - (waiting.shift()?.atMs ?? 0));
    },
  });
  const start = performance.now();
  for (let tick = 1; tick <= seconds * TICKS_PER_SECOND; tick += 1) {
    const next = await appendLookUps(ledger, RATE / TICKS_PER_SECOND);
    waiting.push({ next, atMs: performance.now() });
    await delay(Math.max(0, start + (tick * 1_000) / TICKS_PER_SECOND - performance.now()));
  }
  while (waiting.length > 0) await delay(1_000 / TICKS_PER_SECOND);
  await shipping.close();
  await ledger.close();
  await columns.close();
  return lags;
}

async function inFolder<T>(measure: (root: string) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "whosaw-bench-shipping-"));
  try {
    return await measure(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function catchUpRows(samples: readonly CatchUp[]): BenchRow[] {
  const of = (read: (sample: CatchUp) => number): number => median(samples.map(read));
  const perSecond = of((sample) => sample.perSecond);
  const name = "catching up with look-ups";
  return [
    {
      case: name,
      metric: "entries",
      value: perSecond,
      unit: "1/s",
      goal: `>= ${CATCH_UP_GOAL.toLocaleString("en")}/s`,
      met: perSecond >= CATCH_UP_GOAL,
    },
    { case: name, metric: "processor time per entry", value: of((sample) => sample.processorMicroseconds), unit: "us" },
    { case: name, metric: "memory of the process", value: of((sample) => sample.memoryMegabytes), unit: "MB" },
  ];
}

function lagRows(rounds: readonly (readonly number[])[]): BenchRow[] {
  const name = `${RATE.toLocaleString("en")} disclosures a second`;
  const longest = median(rounds.map((lags) => Math.max(...lags)));
  return [
    { case: name, metric: "receipt to columns, median", value: median(rounds.flat()), unit: "ms" },
    {
      case: name,
      metric: "receipt to columns, longest",
      value: longest,
      unit: "ms",
      goal: `< ${LAG_GOAL_MS.toLocaleString("en")} ms`,
      met: longest < LAG_GOAL_MS,
    },
  ];
}
