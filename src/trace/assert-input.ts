/** Whether an input holds together: a number that leads nowhere would be weighed as something else. */
import { WhosawError } from "../base/errors.ts";
import type { CellMass, DayMass, PlacedReport, TraceInput, Views } from "./model.ts";

/** @throws WhosawError TRACE_INPUT */
export function assertInput(input: TraceInput): void {
  const { staff, reports, viewsOfReported, actorDayMass, stratumMass, cells, seenByBoth = [] } = input;
  const index = (value: number, length: number): boolean => Number.isInteger(value) && value >= 0 && value < length;
  for (const table of [viewsOfReported, actorDayMass, stratumMass]) {
    const { sound, staffMax, cellMax } = boundsOf(table);
    if (!sound) wrong("columns differ in length, or a time or a count is none");
    if (staffMax >= staff.length) wrong("a staff member that is not listed");
    if (cellMax >= cells.length) wrong("a cell that is not listed");
  }
  for (const report of reports) assertReport(report, cells.length);
  for (const { subjects, exposure } of cells)
    if (!isCount(subjects) || !isCount(exposure)) wrong("a cell that counts below zero");
  for (const { first, second, cell, subjects } of seenByBoth) {
    const known = index(first, staff.length) && index(second, staff.length) && index(cell, cells.length);
    if (!known || !isCount(subjects)) wrong("a pair that is not listed");
  }
}

function assertReport({ from, to, cell, exposure, fieldsKnown, mark }: PlacedReport, cells: number): void {
  if (!isTime(from) || !isTime(to) || from > to) wrong("a contact that ends before it begins, or at no time");
  if (!Number.isInteger(cell) || cell < 0 || cell >= cells) wrong("a report in no cell");
  if (!isCount(exposure) || !Number.isInteger(fieldsKnown) || fieldsKnown < 0) wrong("a report that counts below zero");
  if (mark !== undefined && !(mark.ways >= 2 && Number.isFinite(mark.ways))) wrong("a mark that can be only one");
}

function wrong(what: string): never {
  throw new WhosawError("TRACE_INPUT", `the input of this trace does not hold together: ${what}`, {
    hint: "tables have columns of one length, staff and cells are indices, and times are epoch milliseconds",
  });
}

/** From the year 1 to 9999: every day between the first contact and the last has a place in a table. */
const TIME_MAX = Date.UTC(9999, 11, 31);
/** Of times and of counts. */
const NUMBER_MAX = TIME_MAX;

/** Whether it is a time that has a day. */
export function isTime(value: number): boolean {
  return Math.abs(value) <= TIME_MAX;
}

function isCount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

interface Bounds {
  readonly sound: boolean;
  readonly staffMax: number;
  readonly cellMax: number;
}

/** Tables do not change once they were given, and cases share them. */
const known = new WeakMap<Views | DayMass | CellMass, Bounds>();

function boundsOf(table: Views | DayMass | CellMass): Bounds {
  const there = known.get(table);
  if (there !== undefined) return there;
  const columns = Object.values(table) as ({ readonly length: number } | undefined)[];
  const even = columns.every((column) => column === undefined || column.length === table.staff.length);
  const numbers = "count" in table ? table.count : table.at;
  const bounds = {
    sound: even && lowestOf(numbers) >= ("count" in table ? 0 : -NUMBER_MAX),
    staffMax: highestOf(table.staff),
    cellMax: "cell" in table ? highestOf(table.cell) : -1,
  };
  known.set(table, bounds);
  return bounds;
}

/** -1 of none. */
function highestOf(numbers: Uint32Array): number {
  let most = -1;
  for (let at = 0; at < numbers.length; at++) if ((numbers[at] ?? 0) > most) most = numbers[at] ?? 0;
  return most;
}

/** NaN if one is none, infinite or beyond any time; 0 of none. */
function lowestOf(numbers: Float64Array): number {
  let least = 0;
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at] ?? 0;
    if (!(number <= NUMBER_MAX)) return Number.NaN;
    if (number < least) least = number;
  }
  return least;
}
