/** The posterior over all explanations, nobody's included. */
import type { Standing } from "./explanations.ts";
import { highest, logSumExp, LOST_BELOW } from "./log-sum.ts";
import type { HypothesisKind } from "./model.ts";
import { PRIOR, RESTRICTED_SHARE } from "./settings.ts";
import type { Sources } from "./sources.ts";

/** One explanation with its weight: prior times likelihood, in natural logarithms. */
export interface Weighted {
  readonly kind: HypothesisKind;
  /** Indices of staff. */
  readonly staff: readonly number[];
  readonly team?: number;
  readonly beside?: number;
  readonly logWeight: number;
}

/**
 * Exact over nobody, the dump, teams and single staff (each over its channels); over pairs a beam, and those outside it
 * counted as if they said as little as nobody.
 */
export class Posterior {
  /** Each person alone: there are many, so by index. */
  readonly logSingles: Float64Array;
  /** All other explanations. */
  readonly others: readonly Weighted[];
  readonly #logAll: number;
  readonly #byStaff: Float64Array;

  constructor(standing: Standing, sources: Sources) {
    const { restricted } = standing;
    const framers = new Set(restricted.map(({ staff }) => staff));
    const prior = PRIOR.single / sources.staffCount;
    this.logSingles = new Float64Array(sources.staffCount);
    const logPrior = Math.log(prior);
    for (let staff = 0; staff < sources.staffCount; staff++)
      this.logSingles[staff] = logPrior + overChannels(standing, sources, staff);
    for (const staff of framers) this.logSingles[staff] = (this.logSingles[staff] ?? 0) + Math.log1p(-RESTRICTED_SHARE);
    this.others = [
      { kind: "nobody", staff: [], logWeight: Math.log(PRIOR.nobody) },
      { kind: "dump", staff: [], logWeight: Math.log(PRIOR.dump) + (standing.logMean[sources.dump] ?? 0) },
      ...sharedWeights(standing, sources),
      // Whole for each who may be framed, as far as the framer was shown what that one was: any two share a few customers.
      ...restricted.map(({ staff, beside, aligned, logMean }): Weighted => {
        const share = (RESTRICTED_SHARE * aligned ** 2) / sources.channels;
        return { kind: "restricted", staff: [staff], beside, logWeight: Math.log(prior * share) + logMean };
      }),
      ...pairWeights(standing.pairs, sources),
    ];
    const logOthers = logSumExp(this.others.map(({ logWeight }) => logWeight));
    this.#logAll = logSumExp([logSumExp(this.logSingles), logOthers]);
    this.#byStaff = this.logSingles.map((log) => (log - this.#logAll > LOST_BELOW ? Math.exp(log - this.#logAll) : 0));
    for (const each of this.others)
      for (const member of each.staff) this.#byStaff[member] = (this.#byStaff[member] ?? 0) + this.chanceOf(each);
  }

  /** The share of all weight. */
  chanceOf({ logWeight }: Pick<Weighted, "logWeight">): number {
    return Math.exp(logWeight - this.#logAll);
  }

  /** Over all explanations that hold a person. */
  chanceOfStaff(staff: number): number {
    return Math.min(1, this.#byStaff[staff] ?? 0);
  }

  get nobody(): number {
    return this.others.reduce((sum, each) => (each.kind === "nobody" ? sum + this.chanceOf(each) : sum), 0);
  }

  /** Staff by posterior, highest first. */
  likeliest(n: number): readonly number[] {
    return highest(this.#byStaff, n);
  }

  /** Natural logarithm of the weight of all explanations without a person. */
  logWithout(staff: number): number {
    const chance = this.#byStaff[staff] ?? 0;
    if (chance < 0.5) return this.#logAll + Math.log1p(-chance);
    // Added up anew: a difference would lose all digits.
    const others = this.others.filter(({ staff: members }) => !members.includes(staff));
    const singles = this.logSingles.slice();
    singles[staff] = Number.NEGATIVE_INFINITY;
    return logSumExp([logSumExp(singles), ...others.map(({ logWeight }) => logWeight)]);
  }

  /** Every explanation; singles only from a chance on. */
  all(chanceMin: number): readonly Weighted[] {
    const logMin = Math.log(chanceMin) + this.#logAll;
    const singles: Weighted[] = [];
    for (const [staff, logWeight] of this.logSingles.entries())
      if (logWeight >= logMin) singles.push({ kind: "single", staff: [staff], logWeight });
    return [...singles, ...this.others];
  }
}

function overChannels({ logMean }: Standing, sources: Sources, unit: number): number {
  const opened = logMean[unit] ?? 0;
  return sources.channels === 1 ? opened : logSumExp([opened, logMean[sources.units + unit] ?? 0]) - Math.LN2;
}

/** Outsiders with what a team sees, or all. */
function sharedWeights(standing: Standing, sources: Sources): readonly Weighted[] {
  const groups = sources.units - sources.staffCount;
  return Array.from({ length: groups }, (_, group) => {
    const unit = sources.staffCount + group;
    const team = sources.teamOfUnit(unit);
    const logWeight = Math.log(PRIOR.team / groups) + overChannels(standing, sources, unit);
    return team === undefined
      ? { kind: "everyone", staff: [], logWeight }
      : { kind: "team", staff: [], team, logWeight };
  });
}

function pairWeights(pairs: Standing["pairs"], sources: Sources): readonly Weighted[] {
  const possible = (sources.staffCount * (sources.staffCount - 1)) / 2;
  if (possible === 0) return [];
  const logPrior = Math.log(PRIOR.pair / possible);
  const weighted: Weighted[] = pairs.map(({ a, b, logMean }) => ({
    kind: "pair",
    staff: [sources.unitOf(a), sources.unitOf(b)],
    logWeight: logPrior + logMean,
  }));
  const left = possible - pairs.length;
  // What the beam leaves out says as little as nobody; counted there, so that nothing is conjured up by leaving it out.
  if (left > 0) weighted.push({ kind: "nobody", staff: [], logWeight: Math.log(left) + logPrior });
  return weighted;
}
