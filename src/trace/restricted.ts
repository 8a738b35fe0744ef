/** Somebody who leaks only what another saw too: a frame-up, or a supervisor. */
import type { Draw } from "./draws.ts";
import { Likelihoods } from "./likelihood.ts";
import type { SeenByBoth, TraceInput } from "./model.ts";

export interface Restricted {
  /** Who leaks. */
  readonly staff: number;
  /** Who would be blamed. */
  readonly beside: number;
  readonly logMean: number;
  readonly logSup: number;
}

/** Uniform over the subjects that both were shown, as of the epoch's end. */
export class RestrictedLeaks {
  readonly #pairs: readonly BothSaw[];
  readonly #likelihoods: Likelihoods;
  readonly #seen: ReadonlyMap<number, ReadonlyMap<number, number>>;

  constructor(input: TraceInput) {
    this.#pairs = bothSaw(input);
    this.#likelihoods = new Likelihoods(this.#pairs.length);
    this.#seen = firstViews(input);
  }

  multiply({ report, perSubject, perStratum }: Draw): void {
    const saw = (staff: number, subject: number): boolean =>
      (this.#seen.get(subject)?.get(staff) ?? Number.POSITIVE_INFINITY) <= report.to;
    for (const [place, { first, second, inCell, inEpoch, reported }] of this.#pairs.entries()) {
      const both = inEpoch.get(report.cell) ?? 0;
      const sawIt = saw(first, report.subject) && saw(second, report.subject);
      const left = (inCell.get(report.cell) ?? 0) - (reported.get(report.cell) ?? 0);
      // The customer itself is among them, whatever the counts say.
      const [all, here] = [Math.max(both, sawIt ? 1 : 0), Math.max(left, sawIt ? 1 : 0)];
      const x = sawIt ? 1 / all / perSubject : 0;
      const y = report.decoy === true ? 1 : all > 0 ? here / all / perStratum : 0;
      this.#likelihoods.multiply(place, x, y);
      if (sawIt) reported.set(report.cell, (reported.get(report.cell) ?? 0) + 1);
    }
  }

  /** Both ways round: each may have framed the other. */
  all(): readonly Restricted[] {
    return this.#pairs.flatMap(({ first, second }, place) => {
      const [logMean, logSup] = [this.#likelihoods.logMean(place), this.#likelihoods.logSup(place)];
      return [
        { staff: first, beside: second, logMean, logSup },
        { staff: second, beside: first, logMean, logSup },
      ];
    });
  }
}

interface BothSaw {
  readonly first: number;
  readonly second: number;
  readonly inCell: ReadonlyMap<number, number>;
  /** By cell: of all cells of its epoch. */
  readonly inEpoch: ReadonlyMap<number, number>;
  /** By cell: customers reported so far that both saw. */
  readonly reported: Map<number, number>;
}

function bothSaw({ seenByBoth = [], cells }: TraceInput): readonly BothSaw[] {
  const pairs = new Map<string, { first: number; second: number; rows: SeenByBoth[] }>();
  for (const row of seenByBoth) {
    const key = `${row.first},${row.second}`;
    const pair = pairs.get(key);
    if (pair === undefined) pairs.set(key, { first: row.first, second: row.second, rows: [row] });
    else pair.rows.push(row);
  }
  return [...pairs.values()].map(({ first, second, rows }) => {
    const sums = new Map<number, number>();
    for (const { cell, subjects } of rows) {
      const epoch = cells[cell]?.epoch ?? 0;
      sums.set(epoch, (sums.get(epoch) ?? 0) + subjects);
    }
    return {
      first,
      second,
      inCell: new Map(rows.map(({ cell, subjects }) => [cell, subjects])),
      reported: new Map(),
      inEpoch: new Map(cells.map(({ epoch }, cell) => [cell, sums.get(epoch) ?? 0])),
    };
  });
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
