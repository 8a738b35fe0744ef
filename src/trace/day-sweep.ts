/** Masses of many series at once, day by day: one pass over the rows, however many days are asked for. */
import type { Delay } from "./delay.ts";

/** Counts of views by series and day, in order of days. */
export class DayRows {
  readonly seriesCount: number;
  readonly day: Int32Array;
  readonly series: Uint32Array;
  readonly count: Float64Array;

  /** @param rows in any order; `series` below seriesCount */
  constructor(
    rows: { readonly day: Int32Array; readonly series: Uint32Array; readonly count: Float64Array },
    seriesCount: number,
  ) {
    this.seriesCount = seriesCount;
    if (ascending(rows.day)) {
      ({ day: this.day, series: this.series, count: this.count } = rows);
      return;
    }
    const order = orderByDay(rows.day);
    this.day = new Int32Array(order.length);
    this.series = new Uint32Array(order.length);
    this.count = new Float64Array(order.length);
    for (let at = 0; at < order.length; at++) {
      const row = order[at] ?? 0;
      this.day[at] = rows.day[row] ?? 0;
      this.series[at] = rows.series[row] ?? 0;
      this.count[at] = rows.count[row] ?? 0;
    }
  }
}

function ascending(day: Int32Array): boolean {
  for (let row = 1; row < day.length; row++) if ((day[row] ?? 0) < (day[row - 1] ?? 0)) return false;
  return true;
}

/** Stable: a counting sort where days are few, as they are. */
function orderByDay(day: Int32Array): Uint32Array {
  const order = new Uint32Array(day.length);
  if (day.length === 0) return order;
  let first = day[0] ?? 0;
  let last = first;
  for (const each of day) {
    if (each < first) first = each;
    if (each > last) last = each;
  }
  if (last - first > 100_000) return order.map((_, row) => row).sort((a, b) => (day[a] ?? 0) - (day[b] ?? 0));
  const next = new Uint32Array(last - first + 2);
  for (const each of day) next[each - first + 1] = (next[each - first + 1] ?? 0) + 1;
  for (let at = 1; at < next.length; at++) next[at] = (next[at] ?? 0) + (next[at - 1] ?? 0);
  for (let row = 0; row < day.length; row++) {
    const bucket = (day[row] ?? 0) - first;
    const place = next[bucket] ?? 0;
    order[place] = row;
    next[bucket] = place + 1;
  }
  return order;
}

/** The masses of all series on one day: `soon[s] * soonFactor + late[s] * lateFactor`; good only during the visit. */
export interface Masses {
  readonly soon: Float64Array;
  readonly late: Float64Array;
  readonly soonFactor: number;
  readonly lateFactor: number;
}

/**
 * Visits days in ascending order. A view's exponential half is kept scaled by its day, so that a day's passing costs
 * nothing; what falls out of memory is taken off again.
 * @param days ascending, each once
 */
export function sweepDays(
  rows: DayRows,
  days: readonly number[],
  delay: Delay,
  visit: (day: number, masses: Masses) => void,
): void {
  const soon = new Float64Array(rows.seriesCount);
  const late = new Float64Array(rows.seriesCount);
  const base = days[0] ?? 0;
  const oldest = base - delay.memoryDays;
  // A view's exponential half as of the first day, by the view's day: a table, since a power costs more than all else here.
  const grown = Float64Array.from(
    { length: (days.at(-1) ?? 0) - oldest + 1 },
    (_, age) => delay.decay ** (delay.memoryDays - age),
  );
  let entering = firstAfter(rows.day, oldest);
  let leaving = entering;
  for (const day of days) {
    for (; entering < rows.day.length && (rows.day[entering] ?? 0) <= day; entering++) add(entering, 1);
    for (; leaving < entering && (rows.day[leaving] ?? 0) <= day - delay.memoryDays; leaving++) add(leaving, -1);
    visit(day, { soon, late, soonFactor: delay.soon * delay.decay ** (day - base), lateFactor: delay.late });
  }

  function add(row: number, sign: 1 | -1): void {
    const series = rows.series[row] ?? 0;
    const count = sign * (rows.count[row] ?? 0);
    soon[series] = (soon[series] ?? 0) + count * (grown[(rows.day[row] ?? 0) - oldest] ?? 0);
    late[series] = (late[series] ?? 0) + count;
  }
}

/** Place of the first row of a later day. */
function firstAfter(days: Int32Array, day: number): number {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((days[middle] ?? 0) <= day) low = middle + 1;
    else high = middle;
  }
  return low;
}
