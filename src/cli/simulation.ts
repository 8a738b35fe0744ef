/** What `whosaw sim` runs, and how it says how far it has come. */
import type { Writable } from "node:stream";
import type { LivedCompany, LiveCompanyOptions } from "../../sim/live/live-company.ts";
import { simulate, type SimulationOptions, toldOf } from "../../sim/write/simulate.ts";
import { writeCompany } from "../../sim/write/write-company.ts";
import { WhosawError } from "../base/errors.ts";

export interface SimulationResult {
  readonly world: string;
  readonly seed: number;
  readonly customers: number;
  readonly staff: number;
  readonly days: number;
  readonly disclosures: number;
  readonly statements: number;
  readonly entries: number;
  /** Undefined of one that was lived. */
  readonly ledgerBytes?: number;
  readonly vkey: string;
  readonly reports: number;
}

/** @throws {WhosawError} as writeCompany and liveCompany; PACKAGE_MISSING for --live outside a clone */
export async function simulateInto(
  dir: string,
  options: SimulationOptions,
  live: boolean,
  stderr: Writable & { readonly isTTY?: boolean },
): Promise<SimulationResult> {
  const progress = progressOn(stderr);
  progress.say("who works there, and who steals");
  const simulation = simulate(options);
  const { company, history, strata } = simulation;
  const { seed, customers, firstDay, days, staff } = company.options;
  const told = toldOf(options.world, simulation);
  const common = { dir, history, staff: company.staff, strata, told };
  const onDay = (done: { readonly days: number }): void => progress.say(`day ${done.days} of ${days}`);
  const world = { world: options.world.name, seed, customers, staff, days };
  try {
    if (live) {
      const { liveCompany } = await loadLive();
      return {
        ...world,
        ...(await liveCompany({ ...common, progress: onDay, onStep: (step) => progress.say(step) })),
        reports: 0,
      };
    }
    const written = await writeCompany({ ...common, firstDay, progress: onDay });
    const { disclosures, statements, entries, ledgerBytes, vkey } = written;
    const counts = { disclosures, statements, entries, ledgerBytes, vkey };
    return { ...world, ...counts, reports: simulation.case.reports.length };
  } finally {
    progress.clear();
  }
}

interface LiveModule {
  readonly liveCompany: (options: LiveCompanyOptions) => Promise<LivedCompany>;
}

/** PostgreSQL's customers and their invention are development dependencies. @throws {WhosawError} PACKAGE_MISSING */
async function loadLive(): Promise<LiveModule> {
  try {
    return await import("../../sim/live/live-company.ts");
  } catch (cause) {
    const wanted = cause instanceof Error ? /^Cannot find package '([^']+)'/u.exec(cause.message)?.[1] : undefined;
    if (wanted === undefined) throw cause;
    throw new WhosawError(
      "PACKAGE_MISSING",
      `--live needs the package ${wanted}, which is installed in a clone of whosaw only.`,
      { hint: "Leave --live out, or run it in a clone.", cause },
    );
  }
}

const LINE_INTERVAL_MS = 5_000;

/** One line that changes, on a terminal; elsewhere a line now and then. */
function progressOn(stderr: Writable & { readonly isTTY?: boolean }): { say(text: string): void; clear(): void } {
  let shown = 0;
  let saidMs = -Infinity;
  return {
    say: (text) => {
      if (stderr.isTTY === true) {
        stderr.write(`\r${text.padEnd(shown)}`);
        shown = text.length;
      } else if (performance.now() - saidMs >= LINE_INTERVAL_MS) {
        stderr.write(`${text}\n`);
        saidMs = performance.now();
      }
    },
    clear: () => {
      if (shown > 0) stderr.write(`\r${" ".repeat(shown)}\r`);
    },
  };
}
