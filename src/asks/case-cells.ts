/** The cells of a case's epochs, numbered as the trace has them. */
import type { Aggregate } from "../columns/daily/kept.ts";
import type { Placement } from "../columns/queries/trace.ts";
import type { Cell } from "../trace/model.ts";

interface EpochCells {
  /** Index of its first cell. */
  readonly start: number;
  /** What each is called in columns. */
  readonly numbers: readonly number[];
}

/** For subjects that nothing was known of when the epoch's cells were made. */
const UNPLACED: Placement = { cell: 0, exposure: 0 };

export class CaseCells {
  readonly #cells: Cell[] = [];
  readonly #epochs = new Map<number, EpochCells>();
  /** Reported subjects in each. */
  readonly #reported = new Map<number, Set<number>>();

  get list(): readonly Cell[] {
    return this.#cells;
  }

  /** All cells of an epoch, the first of all of them included. */
  add({ epoch, cells: totals }: Aggregate): void {
    const all = totals[0]?.cell === UNPLACED.cell ? totals : [{ ...UNPLACED, subjects: 0 }, ...totals];
    this.#epochs.set(epoch, { start: this.#cells.length, numbers: all.map(({ cell }) => cell) });
    for (const { subjects, exposure } of all) this.#cells.push({ epoch, subjects, exposure });
  }

  /**
   * Where a reported subject stands.
   * @param subject its number in the case
   */
  place(epoch: number, subject: number, { cell, exposure }: Placement = UNPLACED): Placement {
    const index = this.indexOf(epoch, cell);
    const reported = this.#reported.get(index) ?? new Set<number>();
    this.#reported.set(index, reported.add(subject));
    const of = this.#cells[index];
    // A subject that has come since belongs to its cell all the same.
    if (of !== undefined && of.subjects < reported.size) this.#cells[index] = { ...of, subjects: reported.size };
    return { cell: index, exposure };
  }

  /** What those cells of an epoch are called in columns that a report is in. */
  reportedOf(epoch: number): readonly number[] {
    const { start, numbers } = this.#of(epoch);
    return numbers.filter((_, place) => this.#reported.has(start + place));
  }

  /** @param cell as columns call it; one that has come since is the first */
  indexOf(epoch: number, cell: number): number {
    const { start, numbers } = this.#of(epoch);
    return start + Math.max(0, numbers.indexOf(cell));
  }

  #of(epoch: number): EpochCells {
    return this.#epochs.get(epoch) ?? { start: 0, numbers: [] };
  }
}
