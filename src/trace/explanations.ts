/** All explanations side by side, after each report. */
import type { Draw } from "./draws.ts";
import { Likelihoods } from "./likelihood.ts";
import type { TraceInput } from "./model.ts";
import { likeliest, type Pair, Pairs } from "./pairs.ts";
import { RestrictedLeaks, type Restricted } from "./restricted.ts";
import type { Sources } from "./sources.ts";

/** How likely the reports so far are under each, in natural logarithms, over nobody's. */
export interface Standing {
  /** By source: means over the share of the leak, and the highest. */
  readonly logMean: Float64Array;
  readonly logSup: Float64Array;
  /** As logMean, of views that are sure alone: what may be held against a person. The same where all are. */
  readonly logMeanSure: Float64Array;
  /** 1 for sources of which some view of a reporting customer is not sure. */
  readonly unsure: Uint8Array;
  /** Sources of staff, likeliest first. */
  readonly ranked: readonly number[];
  readonly pairs: readonly Pair[];
  readonly restricted: readonly Restricted[];
}

const RANKED = 60;

export class Explanations {
  readonly draws: Draw[] = [];
  readonly #sources: Sources;
  readonly #singles: Likelihoods;
  readonly #pairs: Pairs;
  readonly #restricted: RestrictedLeaks;
  readonly #x: Float64Array;
  /** As #singles, of views that are sure; undefined where all are. */
  readonly #sure: Likelihoods | undefined;
  readonly #unsure: Uint8Array;

  constructor(input: TraceInput, sources: Sources) {
    this.#sources = sources;
    this.#singles = new Likelihoods(sources.count);
    this.#pairs = new Pairs(sources);
    this.#restricted = new RestrictedLeaks(input, sources);
    this.#x = new Float64Array(sources.count);
    this.#unsure = new Uint8Array(sources.count);
    this.#sure = input.viewsOfReported.unsure === undefined ? undefined : new Likelihoods(sources.count);
  }

  weigh(draw: Draw): void {
    this.draws.push(draw);
    const { seenBy, x, y } = draw;
    for (const [at, source] of seenBy.entries()) this.#x[source] = x[at] ?? 0;
    for (let source = 0; source < this.#sources.count; source++)
      this.#singles.multiply(source, this.#x[source] ?? 0, y[source] ?? 0);
    if (this.#sure !== undefined) this.#weighSure(draw, this.#sure);
    for (const source of seenBy) this.#x[source] = 0;
    this.#restricted.multiply(draw);
  }

  #weighSure({ seenBy, sureShare, y }: Draw, sure: Likelihoods): void {
    for (const [at, source] of seenBy.entries()) {
      const share = sureShare[at] ?? 1;
      this.#x[source] = (this.#x[source] ?? 0) * share;
      if (share < 1) this.#unsure[source] = 1;
    }
    for (let source = 0; source < this.#sources.count; source++)
      sure.multiply(source, this.#x[source] ?? 0, y[source] ?? 0);
  }

  standing(): Standing {
    const { count } = this.#sources;
    const [logMean, logSup] = [new Float64Array(count), new Float64Array(count)];
    for (let source = 0; source < count; source++) {
      logMean[source] = this.#singles.logMean(source);
      logSup[source] = this.#singles.logSup(source);
    }
    const sure = this.#sure;
    const logMeanSure = sure === undefined ? logMean : logMean.map((_, source) => sure.logMean(source));
    const ranked = likeliest(logMean, this.#sources, RANKED);
    return {
      logMean,
      logSup,
      logMeanSure,
      unsure: this.#unsure,
      ranked,
      pairs: this.#pairs.beam(ranked, this.draws),
      restricted: this.#restricted.all(),
    };
  }

  /** Which share of the reports a source takes, if it is the one. */
  shareOf(source: number): number {
    return this.#singles.meanShare(source);
  }
}
