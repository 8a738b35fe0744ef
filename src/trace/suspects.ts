/** What stands against the likeliest persons, and what it amounts to. */
import { Evidence } from "./evidence.ts";
import type { Standing } from "./explanations.ts";
import { logPairEValue, type ReportingCustomers } from "./guarded.ts";
import type { Staff, Suspect, TraceOptions, Verdict } from "./model.ts";
import { Posterior } from "./posterior.ts";
import { CUSTOMERS_MIN } from "./settings.ts";
import type { Sources } from "./sources.ts";

const SUSPECTS_MAX = 10;

export interface Judgement {
  readonly posterior: Posterior;
  /** By posterior, highest first. */
  readonly suspects: readonly (Suspect & { readonly index: number })[];
  /** That nobody of the staff: an outsider without anybody's or any team's view. */
  readonly nobody: number;
  readonly evidence: Evidence;
}

export function judge(
  standing: Standing,
  parts: {
    readonly sources: Sources;
    readonly staff: readonly Staff[];
    readonly settings: TraceOptions;
    readonly reporting: ReportingCustomers;
  },
): Judgement {
  const { sources, staff, settings, reporting } = parts;
  const posterior = new Posterior(standing, sources);
  const evidence = new Evidence(standing, sources);
  const suspects = posterior.likeliest(SUSPECTS_MAX).map((index) => {
    const chance = posterior.chanceOfStaff(index);
    const logEValue = evidence.logEValue([index]);
    const logPair = logPairEValue(index, { evidence, standing, posterior, reporting, sources });
    const logs = { logEValue, logPairEValue: logPair };
    const customers = reporting.reportsOf(index).length;
    const verdict = verdictOf({ posterior: chance, ...logs, customers }, sources.staffCount, settings);
    return { index, staff: staff[index]?.id ?? "", posterior: chance, ...logs, verdict };
  });
  return { posterior, suspects, nobody: posterior.nobody, evidence };
}

/** Natural logarithm of M/alpha: from there on evidence-grade. */
export function logThreshold(staffCount: number, { alpha }: TraceOptions): number {
  return Math.log(Math.max(1, staffCount) / alpha);
}

function verdictOf(
  against: Pick<Suspect, "posterior" | "logEValue" | "logPairEValue"> & { readonly customers: number },
  staffCount: number,
  settings: TraceOptions,
): Verdict {
  const threshold = logThreshold(staffCount, settings);
  const enough = against.customers >= CUSTOMERS_MIN;
  if (enough && against.logEValue >= threshold) return "evidence";
  if (enough && against.logPairEValue >= threshold) return "lead-pair";
  return against.posterior >= settings.leadPosterior ? "lead" : "none";
}

/** The smallest group whose joint innocence is refuted; of one, that is the evidence against a person. */
export function ambiguityGroup(
  judgement: Judgement,
  standing: Standing,
  sources: Sources,
  settings: TraceOptions,
): readonly number[] | undefined {
  const threshold = logThreshold(sources.staffCount, settings);
  const group: number[] = [];
  for (const source of standing.ranked) {
    group.push(sources.unitOf(source));
    if (judgement.evidence.logEValue(group) >= threshold) return group;
  }
  return undefined;
}
