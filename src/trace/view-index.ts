/** All views of an installation in memory, and from them what a trace of some reports needs. For tests, the bench and small installations. */
import type {
  Cell,
  CellMass,
  DayMass,
  PlacedReport,
  Report,
  SeenByBoth,
  Staff,
  TraceInput,
  TraceOptions,
  Views,
} from "./model.ts";
import { dayOf, EPOCH_DAYS, epochOf, EXPOSURE_BINS, exposureBin, MEMORY_DAYS } from "./strata.ts";

export interface Subjects {
  /** Subjects are 0 to count - 1. */
  readonly count: number;
  /** A small number for each: country, language, product. */
  readonly strata?: (subject: number) => number;
}

export class ViewIndex {
  readonly #staff: readonly Staff[];
  readonly #views: Views;
  readonly #day: Int32Array;
  readonly #subjects: Subjects;
  readonly #strata: Uint16Array;
  readonly #strataCount: number;
  readonly #dayMass: DayMass;
  readonly #masses = new Map<string, CellMass>();
  readonly #byStaff: ByNumber;
  readonly #cellsOf = new Map<number, readonly Cell[]>();
  readonly #exposures = new Map<number, Uint32Array>();
  readonly #bySubject: ByNumber;

  constructor(staff: readonly Staff[], views: Views, subjects: Subjects) {
    this.#staff = staff;
    this.#views = views;
    this.#day = Int32Array.from(views.at, dayOf);
    this.#subjects = subjects;
    this.#strata = Uint16Array.from({ length: subjects.count }, (_, subject) => subjects.strata?.(subject) ?? 0);
    this.#strataCount = 1 + this.#strata.reduce((most, stratum) => Math.max(most, stratum), 0);
    this.#bySubject = inOrderOf(views.subject, subjects.count);
    this.#byStaff = inOrderOf(views.staff, staff.length);
    const { staff: by, fields, listed } = views;
    this.#dayMass = { staff: by, day: this.#day, fields, listed, count: new Float64Array(by.length).fill(1) };
  }

  /** @param pairs whose common subjects are counted; see `pairsToCount` */
  inputOf(
    reports: readonly Report[],
    options: Partial<TraceOptions> = {},
    pairs?: readonly (readonly [number, number])[],
  ): TraceInput {
    const epochs = [...new Set(reports.map(({ to }) => epochOf(dayOf(to))))].sort((a, b) => a - b);
    const perEpoch = EXPOSURE_BINS.length * this.#strataCount;
    const cellOf = (subject: number, epoch: number): number =>
      epochs.indexOf(epoch) * perEpoch + this.#cellWithin(subject, epoch);
    const placed = reports.map((report): PlacedReport => {
      const epoch = epochOf(dayOf(report.to));
      const known = this.#knows(report.subject);
      return {
        ...report,
        cell: known ? cellOf(report.subject, epoch) : epochs.indexOf(epoch) * perEpoch,
        exposure: known ? (this.#exposure(epoch)[report.subject] ?? 0) : 0,
      };
    });
    return {
      staff: this.#staff,
      reports: placed,
      viewsOfReported: this.#viewsOf(reports.map(({ subject }) => subject)),
      actorDayMass: this.#dayMass,
      stratumMass: this.#massOf(epochs),
      cells: epochs.flatMap((epoch) => this.#cells(epoch)),
      options,
      ...(pairs === undefined ? {} : { seenByBoth: pairs.flatMap((pair) => this.#seenByBoth(pair, epochs)) }),
    };
  }

  #knows(subject: number): boolean {
    return Number.isInteger(subject) && subject >= 0 && subject < this.#subjects.count;
  }

  /** Of every subject: views in the memory before an epoch. */
  #exposure(epoch: number): Uint32Array {
    const there = this.#exposures.get(epoch);
    if (there !== undefined) return there;
    const exposure = new Uint32Array(this.#subjects.count);
    const end = epoch * EPOCH_DAYS;
    for (let row = 0; row < this.#day.length; row++) {
      const day = this.#day[row] ?? 0;
      const subject = this.#views.subject[row] ?? 0;
      if (day < end && day >= end - MEMORY_DAYS) exposure[subject] = (exposure[subject] ?? 0) + 1;
    }
    this.#exposures.set(epoch, exposure);
    return exposure;
  }

  #cellWithin(subject: number, epoch: number): number {
    const bin = exposureBin(this.#exposure(epoch)[subject] ?? 0);
    return bin * this.#strataCount + (this.#strata[subject] ?? 0);
  }

  #cells(epoch: number): readonly Cell[] {
    const there = this.#cellsOf.get(epoch);
    if (there !== undefined) return there;
    const cells = Array.from({ length: EXPOSURE_BINS.length * this.#strataCount }, () => ({
      epoch,
      subjects: 0,
      exposure: 0,
    }));
    for (const [subject, exposure] of this.#exposure(epoch).entries()) {
      const cell = cells[this.#cellWithin(subject, epoch)];
      if (cell === undefined) continue;
      cell.subjects += 1;
      cell.exposure += exposure;
    }
    this.#cellsOf.set(epoch, cells);
    return cells;
  }

  #viewsOf(subjects: readonly number[]): Views {
    const rows = [...new Set(subjects)]
      .filter((subject) => this.#knows(subject))
      .sort((a, b) => a - b)
      .flatMap((subject) => [...rowsOf(this.#bySubject, subject)]);
    return pick(this.#views, Uint32Array.from(rows));
  }

  /** Of all cells, since many cases share their epochs. */
  #massOf(epochs: readonly number[]): CellMass {
    const key = epochs.join(",");
    const there = this.#masses.get(key);
    if (there !== undefined) return there;
    const { staff, fields, listed } = this.#views;
    const perEpoch = EXPOSURE_BINS.length * this.#strataCount;
    const ranges = epochs.map((epoch) => this.#rowsWithin(epoch * EPOCH_DAYS - MEMORY_DAYS, (epoch + 1) * EPOCH_DAYS));
    const length = ranges.reduce((sum, rows) => sum + rows.length, 0);
    const mass = {
      cell: new Uint32Array(length),
      staff: new Uint32Array(length),
      day: new Int32Array(length),
      fields: new Uint32Array(length),
      listed: new Uint8Array(length),
      count: new Float64Array(length).fill(1),
    };
    let at = 0;
    for (const [place, epoch] of epochs.entries()) {
      for (const row of ranges[place] ?? []) {
        mass.cell[at] = place * perEpoch + this.#cellWithin(this.#views.subject[row] ?? 0, epoch);
        mass.staff[at] = staff[row] ?? 0;
        mass.day[at] = this.#day[row] ?? 0;
        mass.fields[at] = fields[row] ?? 0;
        mass.listed[at] = listed[row] ?? 0;
        at++;
      }
    }
    this.#masses.set(key, mass);
    return mass;
  }

  #rowsWithin(from: number, end: number): Uint32Array {
    const rows = new Uint32Array(this.#day.length);
    let count = 0;
    for (let row = 0; row < this.#day.length; row++) {
      const day = this.#day[row] ?? 0;
      if (day >= from && day < end) rows[count++] = row;
    }
    return rows.subarray(0, count);
  }

  #seenByBoth([first, second]: readonly [number, number], epochs: readonly number[]): readonly SeenByBoth[] {
    const perEpoch = EXPOSURE_BINS.length * this.#strataCount;
    return epochs.flatMap((epoch, place) => {
      const [one, other] = [this.#seenBy(first, epoch), this.#seenBy(second, epoch)];
      const counts = new Map<number, number>();
      for (const subject of one) {
        if (!other.has(subject)) continue;
        const cell = place * perEpoch + this.#cellWithin(subject, epoch);
        counts.set(cell, (counts.get(cell) ?? 0) + 1);
      }
      return [...counts].map(([cell, subjects]) => ({ first, second, cell, subjects }));
    });
  }

  #seenBy(staff: number, epoch: number): ReadonlySet<number> {
    const seen = new Set<number>();
    for (const row of rowsOf(this.#byStaff, staff)) {
      const day = this.#day[row] ?? 0;
      if (day >= epoch * EPOCH_DAYS - MEMORY_DAYS && day < (epoch + 1) * EPOCH_DAYS)
        seen.add(this.#views.subject[row] ?? 0);
    }
    return seen;
  }
}

/** Rows in order of a number that each has, and where each number's begin. */
interface ByNumber {
  readonly rows: Uint32Array;
  readonly starts: Uint32Array;
}

function rowsOf({ rows, starts }: ByNumber, number: number): Uint32Array {
  return rows.subarray(starts[number] ?? 0, starts[number + 1] ?? 0);
}

function inOrderOf(numbers: ArrayLike<number>, count: number): ByNumber {
  const starts = new Uint32Array(count + 1);
  for (let row = 0; row < numbers.length; row++) {
    const each = numbers[row] ?? 0;
    starts[each + 1] = (starts[each + 1] ?? 0) + 1;
  }
  for (let at = 1; at <= count; at++) starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
  const next = starts.slice();
  const rows = new Uint32Array(numbers.length);
  for (let row = 0; row < numbers.length; row++) {
    const each = numbers[row] ?? 0;
    const place = next[each] ?? 0;
    rows[place] = row;
    next[each] = place + 1;
  }
  return { rows, starts };
}

function pick({ staff, subject, at, fields, listed, mark, unsure }: Views, rows: Uint32Array): Views {
  return {
    staff: rows.map((row) => staff[row] ?? 0),
    subject: Float64Array.from(rows, (row) => subject[row] ?? 0),
    at: Float64Array.from(rows, (row) => at[row] ?? 0),
    fields: rows.map((row) => fields[row] ?? 0),
    listed: Uint8Array.from(rows, (row) => listed[row] ?? 0),
    ...(mark === undefined ? {} : { mark: Int32Array.from(rows, (row) => mark[row] ?? -1) }),
    ...(unsure === undefined ? {} : { unsure: Uint8Array.from(rows, (row) => unsure[row] ?? 0) }),
  };
}
