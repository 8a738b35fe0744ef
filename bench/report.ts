/** What every bench gives back, and how it is shown: a table, JSON, and a picture. */
import { execFile } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";
import { promisify } from "node:util";
import { WhosawError } from "../src/base/errors.ts";

export interface BenchMachine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** How many wanted a core in the last minute, this bench among them. */
  readonly load: number;
  /** Platform and kernel. */
  readonly system: string;
  readonly node: string;
}

/** One figure. A figure that missed its goal stays, with `met: false`. */
export interface BenchRow {
  /** What was run: `64 clients, prepared`. */
  readonly case: string;
  /** What was measured: `statements/s`. */
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** The value lies between the two with 95 %. */
  readonly low?: number;
  readonly high?: number;
  /** The value was not reached as far as was looked: it is this or more. */
  readonly orMore?: true;
  /** What `ratio` compares with: `direct`. */
  readonly versus?: string;
  readonly ratio?: number;
  /** In words: `>= 0.55 of direct`. */
  readonly goal?: string;
  readonly met?: boolean;
}

export interface BenchReport {
  readonly bench: string;
  readonly machine: BenchMachine;
  readonly commit: string;
  readonly rows: readonly BenchRow[];
  /** What could not be measured here, and why: a sentence each. */
  readonly leftOut?: readonly string[];
  /** What was noticed, to be looked into: a sentence each. */
  readonly notes?: readonly string[];
  /** Drawn in place of a bar a figure; each goes into a file of its own, named after the report and this. */
  readonly pictures?: readonly { readonly name: string; readonly svg: string }[];
}

export interface BenchOptions {
  /** Says what is being done now; a bench runs for minutes. */
  readonly progress: (text: string) => void;
  /** Fewer and shorter rounds: for a look, not for a figure to be quoted. */
  readonly quick: boolean;
  /** As many cases as a small share takes, on what nothing was tuned on: for hours in which nobody waits. */
  readonly nightly: boolean;
}

/** What bench/<name>.ts exports. */
export interface BenchModule {
  run(options: BenchOptions): Promise<BenchReport>;
}

/** Puts a report together, with this machine and this commit. */
export async function makeReport(
  bench: string,
  rows: readonly BenchRow[],
  leftOut: readonly string[] = [],
): Promise<BenchReport> {
  const report = { bench, machine: describeMachine(), commit: await currentCommit(), rows };
  return leftOut.length === 0 ? report : { ...report, leftOut };
}

/**
 * Why something is left out, in a sentence for the report: only because it is not installed; anything else is a fault.
 * @throws the error, unless it is a WhosawError NOT_FOUND
 */
export function whyLeftOut(name: string, error: unknown): string {
  if (!(error instanceof WhosawError) || error.code !== "NOT_FOUND") throw error;
  return `${name}: ${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`;
}

function describeMachine(): BenchMachine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    load: loadavg()[0] ?? 0,
    system: `${process.platform} ${release()}`,
    node: process.version,
  };
}

/** The commit, with `+` if the checkout differs from it; `unknown` outside a checkout. */
async function currentCommit(): Promise<string> {
  const git = async (...args: string[]): Promise<string> => (await promisify(execFile)("git", args)).stdout.trim();
  try {
    const changed = await git("status", "--porcelain", "--untracked-files=no");
    return `${await git("rev-parse", "--short=12", "HEAD")}${changed === "" ? "" : "+"}`;
  } catch {
    return "unknown";
  }
}

/** The middle one; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error("median of nothing");
  return (lower + upper) / 2;
}

/** Four significant digits, thousands separated: `14,020`, `0.5512`. */
export function formatNumber(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
}
