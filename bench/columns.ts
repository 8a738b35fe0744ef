/**
 * A support team's year in columns: how soon they say who saw a customer, and whom an actor saw, in how many bytes and how much
 * memory. Beside it the same disclosures in PostgreSQL, at a twentieth of the size: ratios are of one and the same size.
 */
import { ColumnsStore } from "./columns/columns-store.ts";
import { DESIGNS, PostgresStore } from "./columns/postgres-store.ts";
import type { ActorWindow, Asked, Store } from "./columns/store.ts";
import { ACTORS, type World, yearOf } from "./columns/world.ts";
import { type BenchOptions, type BenchReport, type BenchRow, makeReport, median } from "./report.ts";
import { number64 } from "../src/columns/numbers.ts";
import { alternate, middle, type Samples } from "./rounds.ts";

const ROUNDS = 3;
const WARM_LOOKUPS = 40;
const WHO_SAW_GOAL_MS = 50;
const SCOPE_GOAL_MS = 1_000;
const SMALLER_GOAL = 10;
const MEMORY_GOAL_BYTES = 1.5e9;
/** Where a store that takes long to fill is kept for the next run. */
const KEPT = "WHOSAW_BENCH_COLUMNS";

/** `npm run bench -- columns`. */
export async function run(options: BenchOptions): Promise<BenchReport> {
  const { quick, progress } = options;
  const rows: BenchRow[] = [];
  progress("filling the smaller columns");
  const small = await ColumnsStore.fill(yearOf(quick ? 2 : 10), undefined, progress);
  const stores: Store[] = [small];
  try {
    for (const design of DESIGNS) {
      progress(`filling ${design.name}`);
      stores.push(await PostgresStore.fill(design, small));
    }
    rows.push(...(await compare(stores, await scopeWindow(small, quick ? 12_000 : 120_000), options)));
  } finally {
    for (const store of stores) await store.close();
  }
  progress("filling the columns of full size");
  const full = await ColumnsStore.fill(yearOf(quick ? 20 : 200), quick ? undefined : process.env[KEPT], progress);
  try {
    rows.push(...(await measureFull(full, options)));
  } finally {
    await full.close();
  }
  return makeReport("columns", rows);
}

interface Sample {
  readonly whoSawCold: number;
  readonly whoSaw: number;
  readonly scopeCold: number;
  readonly scope: number;
  readonly seenByPerSecond: number;
  readonly bytes: number;
}

interface Figure {
  readonly metric: string;
  readonly unit: string;
  readonly read: (sample: Sample) => number;
  /** For columns of full size: at most this. */
  readonly most?: number;
  /** For PostgreSQL: at least so many times as much. */
  readonly times?: number;
}

const FIGURES: readonly Figure[] = [
  { metric: "who-saw, cold", unit: "ms", read: ({ whoSawCold }) => whoSawCold },
  { metric: "who-saw", unit: "ms", read: ({ whoSaw }) => whoSaw, most: WHO_SAW_GOAL_MS },
  { metric: "scope, cold", unit: "ms", read: ({ scopeCold }) => scopeCold },
  { metric: "scope", unit: "ms", read: ({ scope }) => scope, most: SCOPE_GOAL_MS, times: SMALLER_GOAL },
  { metric: "seen-by", unit: "rows/s", read: ({ seenByPerSecond }) => seenByPerSecond },
  { metric: "bytes per disclosure", unit: "B", read: ({ bytes }) => bytes, times: SMALLER_GOAL },
];

async function compare(
  stores: readonly Store[],
  { window, subjects }: ScopeWindow,
  options: BenchOptions,
): Promise<BenchRow[]> {
  const label = labelOf(stores[0]?.world, subjects);
  const samples = await alternate(stores, { ...options, label, rounds: ROUNDS }, (store) => sample(store, window));
  return stores.flatMap(({ name }) => FIGURES.map((figure) => rowOf(figure, `${label}: ${name}`, name, samples)));
}

/** Ratios are PostgreSQL's figure over ours. */
function rowOf({ metric, unit, read, times }: Figure, name: string, store: string, samples: Samples<Sample>): BenchRow {
  const value = middle(samples, store, read) ?? 0;
  if (store === "columns") return { case: name, metric, value, unit };
  const ratio = value / (middle(samples, "columns", read) ?? 1);
  const goal = times === undefined ? {} : { goal: `>= ${times} of columns`, met: ratio >= times };
  return { case: name, metric, value, unit, versus: "columns", ratio, ...goal };
}

async function measureFull(full: ColumnsStore, options: BenchOptions): Promise<BenchRow[]> {
  const { window, subjects } = await scopeWindow(full, SCOPE_SUBJECTS);
  const label = labelOf(full.world, subjects);
  const samples = await alternate([full], { ...options, label, rounds: ROUNDS }, (store) => sample(store, window));
  const rows: BenchRow[] = FIGURES.map(({ metric, unit, read, most }) => {
    const value = middle(samples, full.name, read) ?? 0;
    const goal = most === undefined ? {} : { goal: `<= ${most} ${unit}`, met: value <= most };
    return { case: label, metric, value, unit, ...goal };
  });
  options.progress(`${label}, inserting`);
  const perSecond = await full.insertRate(options.quick ? 5 : 20, INSERTED_ROWS);
  rows.push({ case: label, metric: "disclosures inserted", value: perSecond, unit: "1/s" });
  const bytes = await full.peakBytes();
  const met = bytes < MEMORY_GOAL_BYTES;
  rows.push({
    case: label,
    metric: "most memory of the process",
    value: bytes / 1e6,
    unit: "MB",
    goal: "< 1,500 MB",
    met,
  });
  return rows;
}

const SCOPE_SUBJECTS = 120_000;
const INSERTED_ROWS = 100_000;

function labelOf(world: World | undefined, subjects: number): string {
  return `${(world?.disclosures ?? 0) / 1e6} million disclosures, scope of ${subjects.toLocaleString("en")}`;
}

async function sample(store: Store, window: ActorWindow): Promise<Sample> {
  await store.coldStart();
  const whoSawCold = await timeOf(store.whoSaw(subjectOf(store, 0)));
  const warm: number[] = [];
  for (let turn = 1; turn <= WARM_LOOKUPS; turn += 1) warm.push(await timeOf(store.whoSaw(subjectOf(store, turn))));
  await store.coldStart();
  const scopeCold = await timeOf(store.scope(window));
  const scope = median([
    await timeOf(store.scope(window)),
    await timeOf(store.scope(window)),
    await timeOf(store.scope(window)),
  ]);
  const seen = await store.seenBy(window);
  return {
    whoSawCold,
    whoSaw: median(warm),
    scopeCold,
    scope,
    seenByPerSecond: (seen.rows * 1_000) / seen.milliseconds,
    bytes: await store.bytesPerDisclosure(),
  };
}

async function timeOf(asked: Promise<Asked>): Promise<number> {
  return (await asked).milliseconds;
}

/** Spread over all customers, and the same ones for every store. */
function subjectOf({ world }: Store, turn: number): number {
  return 1 + ((turn * 7_919_111 + 12_345) % world.subjects);
}

interface ScopeWindow {
  readonly window: ActorWindow;
  /** Distinct ones that the actor saw in it. */
  readonly subjects: number;
}

/** The busiest actor, from the tenth part of the time on, for as long as it takes to see so many subjects. */
async function scopeWindow(columns: ColumnsStore, wanted: number): Promise<ScopeWindow> {
  const actor = ACTORS[0] ?? "";
  const of = `FROM disclosures_by_actor WHERE actor = ${number64(actor)}`;
  const [edges = []] = await columns.sql(`SELECT min(at) AS a, max(at) AS b ${of}`);
  const [first, last] = edges.map(Number) as [number, number];
  const fromMs = Math.round(first + (last - first) / 10);
  let [toMs, subjects] = [last, 0];
  for (let step = 0; step < WINDOW_STEPS; step += 1) {
    const [found = []] = await columns.sql(`SELECT uniqExact(subject) AS n ${of} AND at >= ${fromMs} AND at < ${toMs}`);
    subjects = Number(found[0]);
    if (Math.abs(subjects - wanted) < wanted / 200) break;
    toMs = Math.min(last, Math.round(fromMs + ((toMs - fromMs) * wanted) / subjects));
  }
  return { window: { actor, fromMs, toMs }, subjects };
}

const WINDOW_STEPS = 12;
