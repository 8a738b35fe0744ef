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
    const order = orderByDay(rows.day);
    this.day = Int32Array.from(order, (row) => rows.day[row] ?? 0);
    this.series = Uint32Array.from(order, (row) => rows.series[row] ?? 0);
    this.count = Float64Array.from(order, (row) => rows.count[row] ?? 0);
  }
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

/** What a day's visit may ask; good only during the visit. */
export interface Masses {
  /** Sum over the series' views of the chance that the delay is their age. */
  of(series: number): number;
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
  let [entering, leaving] = [0, 0];
  for (const day of days) {
    for (; entering < rows.day.length && (rows.day[entering] ?? 0) <= day; entering++) add(entering, 1);
    for (; leaving < entering && (rows.day[leaving] ?? 0) <= day - delay.memoryDays; leaving++) add(leaving, -1);
    const nowSoon = delay.soon * delay.decay ** (day - base);
    visit(day, {
      of: (series) => Math.max(0, (soon[series] ?? 0) * nowSoon + (late[series] ?? 0) * delay.late),
    });
  }

  function add(row: number, sign: 1 | -1): void {
    const at = rows.day[row] ?? 0;
    if (at <= base - delay.memoryDays) return; // Never in memory: neither added nor taken off.
    const series = rows.series[row] ?? 0;
    const count = sign * (rows.count[row] ?? 0);
    soon[series] = (soon[series] ?? 0) + count * delay.decay ** (base - at);
    late[series] = (late[series] ?? 0) + count;
  }
}
