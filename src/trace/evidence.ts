/**
 * E-values against persons and groups: what a person explains, over the best that anybody else does. By Ville's
 * inequality (Ville 1939; Grünwald, de Heide, Koolen 2024) the chance that the sum of them over all innocents ever
 * crosses M/alpha is at most alpha, whenever one stops, if the truth is among the explanations in the denominator.
 */
import type { Standing } from "./explanations.ts";
import { highest, logSumExp } from "./log-sum.ts";
import type { Sources } from "./sources.ts";

const SINGLE_SHARE = Math.log(3 / 4);
/** More than a group has members: one of these is outside it. */
const SINGLES_KEPT = 64;

const PAIR_SHARE = Math.log(1 / 4);

export class Evidence {
  readonly #standing: Standing;
  readonly #sources: Sources;
  readonly #logStaff: number;
  /** Sources of staff by their highest likelihood. */
  readonly #bestSingles: readonly number[];
  readonly #logBestShared: number;

  constructor(standing: Standing, sources: Sources) {
    this.#standing = standing;
    this.#sources = sources;
    this.#logStaff = Math.log(sources.staffCount);
    const opened = highest(standing.logSup.subarray(0, sources.staffCount), SINGLES_KEPT);
    const listed =
      sources.channels === 1
        ? []
        : highest(standing.logSup.subarray(sources.units, sources.units + sources.staffCount), SINGLES_KEPT);
    this.#bestSingles = [...opened, ...listed.map((staff) => sources.of(staff, 1))].sort(
      (a, b) => (standing.logSup[b] ?? 0) - (standing.logSup[a] ?? 0),
    );
    this.#logBestShared = this.#bestShared();
  }

  /** Natural logarithm of E against one of a group having no part in it; of a group of one, against that one. */
  logEValue(group: readonly number[]): number {
    return this.logNumerator(group) - this.logBestWithout(new Set(group));
  }

  /** Three quarters on each alone, a quarter on each with anybody; summed over the group. */
  logNumerator(group: readonly number[]): number {
    return logSumExp(
      group.flatMap((staff) => [SINGLE_SHARE + this.#logSingle(staff), PAIR_SHARE + this.#logPairs(staff)]),
    );
  }

  #logSingle(staff: number): number {
    const { logMeanSure } = this.#standing;
    const channels = this.#sources.channels === 1 ? [0] : [0, 1];
    return (
      logSumExp(channels.map((channel) => logMeanSure[this.#sources.of(staff, channel)] ?? 0)) -
      Math.log(channels.length)
    );
  }

  /** Pairs outside the beam, and those that rest on views that are not sure, are left out: that only makes it smaller. */
  #logPairs(staff: number): number {
    const { pairs, unsure } = this.#standing;
    const logs = pairs
      .filter(({ a, b }) => unsure[a] !== 1 && unsure[b] !== 1)
      .filter(({ a, b }) => this.#sources.unitOf(a) === staff || this.#sources.unitOf(b) === staff)
      .map(({ logMean }) => logMean - Math.log(this.#sources.channels));
    return logSumExp(logs) - this.#logStaff;
  }

  /** The highest likelihood of any explanation without these people; 0 of nobody. */
  logBestWithout(group: ReadonlySet<number>): number {
    const sources = this.#sources;
    const { logSup, pairs } = this.#standing;
    let best = Math.max(0, this.#logBestShared);
    const other = this.#bestSingles.find((source) => !group.has(sources.unitOf(source)));
    if (other !== undefined) best = Math.max(best, logSup[other] ?? 0);
    for (const { a, b, logSup: sup } of pairs) {
      const without = !group.has(sources.unitOf(a)) && !group.has(sources.unitOf(b));
      if (without && sup - this.#logStaff > best) best = sup - this.#logStaff;
    }
    return Math.max(best, this.logBestRestricted(group));
  }

  /** Of outsiders with what a team or all see, or with a dump. */
  get logBestShared(): number {
    return this.#logBestShared;
  }

  #bestShared(): number {
    const { logSup } = this.#standing;
    const sources = this.#sources;
    let best = logSup[sources.dump] ?? 0;
    for (let channel = 0; channel < sources.channels; channel++) {
      for (let unit = sources.staffCount; unit < sources.units; unit++)
        best = Math.max(best, logSup[channel * sources.units + unit] ?? 0);
    }
    return best;
  }

  /** Of those who would frame one of the group, or anybody, and are not in it themselves. */
  logBestRestricted(group: ReadonlySet<number>): number {
    let best = Number.NEGATIVE_INFINITY;
    for (const { staff, logSup } of this.#standing.restricted) if (!group.has(staff)) best = Math.max(best, logSup);
    return best;
  }
}
