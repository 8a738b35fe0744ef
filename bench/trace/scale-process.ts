/** One large case: answers scale.ts. */
import type { CompanyOptions } from "../../sim/company/options.ts";
import { Draws } from "../../sim/company/draws.ts";
import { theft } from "../../sim/company/theft.ts";
import { pairsToCount } from "../../src/trace/pairs-to-count.ts";
import { trace } from "../../src/trace/trace.ts";
import { LivedCompany } from "./lived-company.ts";

export interface Scale {
  readonly name: string;
  readonly company: Partial<CompanyOptions>;
  readonly reports: number;
}

export interface Scaled {
  readonly views: number;
  readonly aggregatesMs: number;
  readonly pairsMs: number;
  readonly traceMs: number;
  /** Resident, before and at most while tracing. */
  readonly bytesBefore: number;
  readonly bytesMost: number;
  /** Somebody who leaked nothing was `evidence` or `lead-pair` at any step. */
  readonly innocentAccused: boolean;
}

const SEED = 3_000;

function measure({ company: options, reports: count }: Scale): Scaled {
  const { company, seen, index } = new LivedCompany(options, SEED);
  const { reports, truth } = theft(company, seen, { reports: count, noiseShare: 0.45 }, new Draws(SEED, 1));
  const first = timed(() => index.inputOf(reports));
  const pairs = timed(() => pairsToCount(first.value));
  const second = timed(() => index.inputOf(reports, {}, pairs.value));
  const bytesBefore = process.memoryUsage.rss();
  const traced = timed(() => trace(second.value));
  return {
    views: seen.views.staff.length,
    aggregatesMs: first.milliseconds + second.milliseconds,
    pairsMs: pairs.milliseconds,
    traceMs: traced.milliseconds,
    bytesBefore,
    bytesMost: process.resourceUsage().maxRSS * 1_024,
    innocentAccused: traced.value.steps.some(({ top }) =>
      top.some(({ staff, verdict }) => ["evidence", "lead-pair"].includes(verdict) && !truth.staff.includes(staff)),
    ),
  };
}

function timed<T>(run: () => T): { readonly value: T; readonly milliseconds: number } {
  const start = performance.now();
  const value = run();
  return { value, milliseconds: performance.now() - start };
}

process.once("message", (scale: Scale) => {
  process.send?.(measure(scale));
});
