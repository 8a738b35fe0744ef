/** The same guard where two may have sold together: a Bayes factor that no one else with the same customers may beat. */
import type { Draw } from "./draws.ts";
import type { Evidence } from "./evidence.ts";
import type { Standing } from "./explanations.ts";
import type { Posterior } from "./posterior.ts";
import type { Sources } from "./sources.ts";

/** Reporting customers that two people share before one's likelihood guards the other. */
const SHARED_MIN = 2;

/**
 * Natural logarithm: what a person explains, over the Bayes mixture of all explanations without that person, and over
 * the best of: outsiders with what a team or all see, those who would frame that person, and every other person who was shown
 * two or more of the same reporting customers. For two leakers its bound is by simulation only.
 */
export function logPairEValue(
  staff: number,
  parts: {
    readonly evidence: Evidence;
    readonly standing: Standing;
    readonly posterior: Posterior;
    readonly reporting: ReportingCustomers;
    readonly sources: Sources;
  },
): number {
  const { evidence, standing, posterior, reporting, sources } = parts;
  // Weights hold their priors, which sum to nearly 1 without one person: the mixture as it stands.
  let guard = Math.max(0, posterior.logWithout(staff), evidence.logBestShared);
  guard = Math.max(guard, evidence.logBestRestricted(new Set([staff])));
  for (const other of reporting.sharing(staff, SHARED_MIN)) {
    for (const channel of sources.channels === 1 ? [0] : [0, 1])
      guard = Math.max(guard, standing.logSup[sources.of(other, channel)] ?? 0);
  }
  return evidence.logNumerator([staff]) - guard;
}

/** Which staff were shown which of the reporting customers before their contacts. */
export class ReportingCustomers {
  readonly #sources: Sources;
  readonly #of = new Map<number, number[]>();
  readonly #seenBy: (readonly number[])[] = [];

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  add({ seenBy }: Draw): void {
    const staff = new Set<number>();
    for (const source of seenBy) {
      const unit = this.#sources.unitOf(source);
      if (source !== this.#sources.dump && unit < this.#sources.staffCount) staff.add(unit);
    }
    const report = this.#seenBy.length;
    this.#seenBy.push([...staff]);
    for (const each of staff) {
      const reports = this.#of.get(each);
      if (reports === undefined) this.#of.set(each, [report]);
      else reports.push(report);
    }
  }

  /** Positions of the draws whose customer this person was shown. */
  reportsOf(staff: number): readonly number[] {
    return this.#of.get(staff) ?? [];
  }

  /** Other staff who were shown at least so many of the same, most first. */
  sharing(staff: number, atLeast: number): readonly number[] {
    const counts = new Map<number, number>();
    for (const report of this.reportsOf(staff))
      for (const other of this.#seenBy[report] ?? [])
        if (other !== staff) counts.set(other, (counts.get(other) ?? 0) + 1);
    return [...counts]
      .filter(([, count]) => count >= atLeast)
      .sort(([i, a], [j, b]) => b - a || i - j)
      .map(([other]) => other);
  }
}
