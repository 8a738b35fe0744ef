/** A copy of 68,000 customers, found, traced at full size: 12 million customers in the database, 200 million disclosures in columns. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Columns } from "../src/columns/columns.ts";
import { number32, number64 } from "../src/columns/numbers.ts";
import { openColumns } from "../src/columns/open.ts";
import { matchCopy } from "../src/found/found.ts";
import { foundOut, type FoundTold, questionOf } from "../src/found/question.ts";
import { fill } from "./columns/fill.ts";
import { ACTORS, formNumber, KIND, LOGS, type World } from "./columns/world.ts";
import { Customers } from "./found/customers.ts";
import { type BenchOptions, type BenchReport, type BenchRow, makeReport, median } from "./report.ts";

const ROUNDS = 3;
const STOLEN = 68_000;
const GOAL_MS = 5_000;
const THIEF = ACTORS[17] ?? "";
/** The thief's one statement, behind all others. */
const STATEMENT = 4_000_000_000;
const STOLEN_MS = Date.UTC(2025, 11, 20);
/** Where columns that take long to fill are kept for the next run. */
const KEPT = "WHOSAW_BENCH_FOUND_COLUMNS";

interface Round {
  readonly matchMs: number;
  readonly compareMs: number;
  readonly told: Omit<FoundTold, "behind">;
}

/** `npm run bench -- found`. */
export async function run({ quick, progress }: BenchOptions): Promise<BenchReport> {
  const millions = quick ? 10 : 200;
  const world: World = { disclosures: millions * 1_000_000, subjects: millions * 60_000, days: 365 };
  progress(`making ${world.subjects} customers`);
  const customers = await Customers.fill(world.subjects);
  const kept = quick ? undefined : process.env[KEPT];
  const dir = kept ?? (await mkdtemp(join(tmpdir(), "whosaw-bench-found-")));
  const columns = await openColumns({ kind: "embedded", dir });
  try {
    const stolen = Array.from({ length: STOLEN }, (_, i) => 1 + Math.floor((i * world.subjects) / STOLEN));
    await fillColumns(columns, world, progress);
    const file = await customers.messyFile(stolen);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      progress(`round ${round + 1}`);
      rounds.push(await trace(customers, columns, file));
    }
    return await makeReport("found", rowsOf(rounds, world));
  } finally {
    await columns.close();
    await customers.close();
    if (kept === undefined) await rm(dir, { recursive: true, force: true });
  }
}

async function fillColumns(columns: Columns, world: World, progress: (text: string) => void): Promise<void> {
  const [row] = await columns.select("SELECT count() AS n FROM disclosures");
  if (Number(row?.[0]) >= world.disclosures) return;
  await fill(columns, world, (rows) => rows % 10_000_000 === 0 && progress(`columns: ${rows / 1_000_000} million`));
  const step = world.subjects / STOLEN;
  for (const table of ["disclosures", "disclosures_by_actor"])
    await columns.command(
      `INSERT INTO ${table} SELECT toUInt32(${number32(KIND)}), toUInt8(0), toInt64(1 + floor(number * ${step})), toInt64(0), toInt64(${STOLEN_MS}), toUInt64(${number64(THIEF)}), toUInt32(${number32(LOGS[0] ?? "")}), toUInt64(${STATEMENT}), toUInt32(0), toUInt16(0), toUInt64(${formNumber(0)}), toUInt8(1), toUInt8(0) FROM numbers(${STOLEN})`,
    );
}

async function trace(customers: Customers, columns: Columns, file: Buffer): Promise<Round> {
  const start = performance.now();
  const copy = await matchCopy(customers.config(), pieces(file), { decoys: new Set(), subjectKey: Buffer.alloc(32) });
  const matched = performance.now();
  const place = {
    roles: new Map(ACTORS.map((actor, i) => [actor, `team ${i % 40}`] as const)),
    windows: LOGS.map((log) => ({
      log: number32(log),
      next: STATEMENT + 1,
      readableMs: [[0, Date.UTC(2100, 0)] as const],
    })),
  };
  const told = await foundOut(columns, place, questionOf(copy, { by: "bench", toMs: Date.UTC(2026, 0) }));
  return { matchMs: matched - start, compareMs: performance.now() - matched, told };
}

async function* pieces(file: Buffer): AsyncGenerator<Buffer> {
  for (let i = 0; i < file.length; i += 1 << 18) yield file.subarray(i, i + (1 << 18));
}

function rowsOf(rounds: readonly Round[], { disclosures, subjects }: World): BenchRow[] {
  const of = `${STOLEN} rows; ${disclosures / 1e6} million disclosures of ${subjects / 1e6} million customers`;
  const ms = (read: (round: Round) => number): number => median(rounds.map(read));
  const whole = ms(({ matchMs, compareMs }) => matchMs + compareMs);
  const named = rounds.every(
    ({ told }) => told.candidates[0]?.actor === THIEF && told.candidates[0].verdict === "evidence",
  );
  return [
    { case: of, metric: "file to subjects", value: ms(({ matchMs }) => matchMs), unit: "ms" },
    { case: of, metric: "subjects to suspects", value: ms(({ compareMs }) => compareMs), unit: "ms" },
    { case: of, metric: "traced", value: whole, unit: "ms", goal: `<= ${GOAL_MS}`, met: whole <= GOAL_MS },
    { case: of, metric: "thief named, evidence-grade", value: named ? 1 : 0, unit: "of 1", goal: "1", met: named },
  ];
}
