/** The posterior over all explanations, nobody's included. */
import type { Standing } from "./explanations.ts";
import { logSumExp } from "./log-sum.ts";
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
export function weightsOf(standing: Standing, sources: Sources): readonly Weighted[] {
  const { logMean, restricted, pairs } = standing;
  const perChannel = -Math.log(sources.channels);
  const overChannels = (unit: number): number =>
    sources.channels === 1
      ? (logMean[unit] ?? 0)
      : perChannel + logSumExp([logMean[unit] ?? 0, logMean[sources.units + unit] ?? 0]);
  const weighted: Weighted[] = [
    { kind: "nobody", staff: [], logWeight: Math.log(PRIOR.nobody) },
    { kind: "dump", staff: [], logWeight: Math.log(PRIOR.dump) + (logMean[sources.dump] ?? 0) },
  ];
  const groups = sources.everyone - sources.staffCount + 1;
  for (let unit = sources.staffCount; unit <= sources.everyone; unit++) {
    const team = sources.teamOfUnit(unit);
    const kind = team === undefined ? "everyone" : "team";
    const logWeight = Math.log(PRIOR.team / groups) + overChannels(unit);
    weighted.push({ kind, staff: [], ...(team === undefined ? {} : { team }), logWeight });
  }
  const framers = new Map<number, number>();
  for (const { staff } of restricted) framers.set(staff, (framers.get(staff) ?? 0) + 1);
  for (let staff = 0; staff < sources.staffCount; staff++) {
    const share = framers.has(staff) ? 1 - RESTRICTED_SHARE : 1;
    const logWeight = Math.log((PRIOR.single / sources.staffCount) * share) + overChannels(staff);
    weighted.push({ kind: "single", staff: [staff], logWeight });
  }
  for (const { staff, beside, logMean: log } of restricted) {
    const prior = (PRIOR.single / sources.staffCount) * (RESTRICTED_SHARE / (framers.get(staff) ?? 1));
    weighted.push({ kind: "restricted", staff: [staff], beside, logWeight: Math.log(prior) + log });
  }
  weighted.push(...pairWeights(pairs, sources));
  return weighted;
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

/** Each one's share of all weight. */
export function posteriorOf(weighted: readonly Weighted[]): Float64Array {
  const all = logSumExp(weighted.map(({ logWeight }) => logWeight));
  return Float64Array.from(weighted, ({ logWeight }) => Math.exp(logWeight - all));
}
