/** Somebody who leaks only what another saw too: a frame-up, or a supervisor. */
import { type Draw, unmarkedOf } from "./draws.ts";
import { Likelihoods } from "./likelihood.ts";
import type { Cell, TraceInput } from "./model.ts";
import type { Sources } from "./sources.ts";

export interface Restricted {
  /** Who leaks. */
  readonly staff: number;
  /** Who would be blamed. */
  readonly beside: number;
  /** Of what `beside` was shown, the share that `staff` was shown too, in all epochs of the case. */
  readonly aligned: number;
  readonly logMean: number;
  readonly logSup: number;
}

/**
 * With s beside and m the one who leaks: as s's own density, kept to what m was shown too. So m|s explains at least as
 * well as s whatever m was shown all of, and is what stands between s and a frame-up.
 */
export class RestrictedLeaks {
  readonly #frames: readonly Frame[];
  readonly #likelihoods: Likelihoods;
  readonly #seen: ReadonlyMap<number, ReadonlyMap<number, number>>;

  constructor(input: TraceInput, sources: Sources) {
    this.#frames = framesOf(input, sources);
    this.#likelihoods = new Likelihoods(this.#frames.length);
    this.#seen = firstViews(input);
  }

  multiply(draw: Draw): void {
    const { report, perStratum } = draw;
    for (const [place, frame] of this.#frames.entries()) {
      const { staff, source, own, shareOf, shareIn } = frame;
      // Until the contact's latest time: to blame somebody, who else may have had it counts in full.
      const sawIt = (this.#seen.get(report.subject)?.get(staff) ?? Number.POSITIVE_INFINITY) <= report.to;
      const kept = shareOf.get(report.cell) ?? 0;
      // Copies are the leaker's own, and so are their marks.
      const marks = unmarkedOf(draw, own).markFactor;
      const x = sawIt && kept > 0 ? (unmarkedOf(draw, source).x * marks) / kept : 0;
      const within = kept > 0 ? ((draw.y[source] ?? 0) * (shareIn.get(report.cell) ?? 0)) / kept : 0;
      this.#likelihoods.multiply(place, x, report.decoy === true ? 1 : Math.min(within, 1 / perStratum));
    }
  }

  all(): readonly Restricted[] {
    return this.#frames.map(({ staff, beside, aligned }, place) => {
      return {
        staff,
        beside,
        aligned,
        logMean: this.#likelihoods.logMean(place),
        logSup: this.#likelihoods.logSup(place),
      };
    });
  }
}

interface Frame {
  readonly staff: number;
  readonly beside: number;
  /** Of `beside`. */
  readonly source: number;
  /** The same of `staff`. */
  readonly own: number;
  readonly aligned: number;
  /** By cell, of the subjects shown to `beside`: the share that `staff` was shown too, in the cell's epoch and in the cell. */
  readonly shareOf: ReadonlyMap<number, number>;
  readonly shareIn: ReadonlyMap<number, number>;
}

/** Of counted pairs both ways round, since each may frame the other; a person's own count is a pair with itself. */
function framesOf({ seenByBoth = [], cells }: TraceInput, sources: Sources): readonly Frame[] {
  const counts = new Map<string, Map<number, number>>();
  const pairs: (readonly [number, number])[] = [];
  for (const { first, second, cell, subjects } of seenByBoth) {
    for (const key of new Set([`${first},${second}`, `${second},${first}`])) {
      const byCell = counts.get(key);
      if (byCell === undefined) counts.set(key, new Map([[cell, subjects]]));
      else byCell.set(cell, subjects);
      if (byCell === undefined && first !== second)
        pairs.push(key === `${first},${second}` ? [first, second] : [second, first]);
    }
  }
  return pairs.flatMap(([staff, beside]) => {
    const [both, own] = [counts.get(`${staff},${beside}`), counts.get(`${beside},${beside}`)];
    if (both === undefined || own === undefined) return [];
    const bothIn = byEpoch(both, cells);
    const ownIn = byEpoch(own, cells);
    const share = (some: number | undefined, of: number | undefined): number =>
      Math.min(1, (some ?? 0) / Math.max(1, of ?? 0));
    const shareIn = new Map([...both].map(([cell, subjects]) => [cell, share(subjects, own.get(cell))]));
    const shareOf = new Map(cells.map(({ epoch }, cell) => [cell, share(bothIn.get(epoch), ownIn.get(epoch))]));
    const sum = (counted: ReadonlyMap<number, number>): number =>
      [...counted.values()].reduce((all, each) => all + each, 0);
    const aligned = share(sum(bothIn), sum(ownIn));
    return [0, 1].slice(0, sources.channels).map((channel) => ({
      staff,
      beside,
      source: sources.of(beside, channel),
      own: sources.of(staff, channel),
      aligned,
      shareOf,
      shareIn,
    }));
  });
}

function byEpoch(counts: ReadonlyMap<number, number>, cells: readonly Cell[]): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const [cell, subjects] of counts) {
    const epoch = cells[cell]?.epoch ?? 0;
    sums.set(epoch, (sums.get(epoch) ?? 0) + subjects);
  }
  return sums;
}

/** By subject and staff. */
function firstViews({
  viewsOfReported: { staff, subject, at },
}: TraceInput): ReadonlyMap<number, ReadonlyMap<number, number>> {
  const seen = new Map<number, Map<number, number>>();
  for (let row = 0; row < staff.length; row++) {
    let bySubject = seen.get(subject[row] ?? 0);
    if (bySubject === undefined) seen.set(subject[row] ?? 0, (bySubject = new Map()));
    const earlier = bySubject.get(staff[row] ?? 0) ?? Number.POSITIVE_INFINITY;
    bySubject.set(staff[row] ?? 0, Math.min(earlier, at[row] ?? 0));
  }
  return seen;
}
