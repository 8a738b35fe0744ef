/** A report as a draw: how likely each source is to have led to this customer, against the background. */
import { type Delay, contactDays } from "./delay.ts";
import { type Masses, sweepDays } from "./day-sweep.ts";
import type { Cell, PlacedReport, TraceInput, TraceOptions } from "./model.ts";
import type { OrderedReport } from "./order.ts";
import { type MassTable, massTable, type Series } from "./series.ts";
import { fieldsChance, type Sources } from "./sources.ts";
import { dayOf } from "./strata.ts";

/**
 * Conditional on the stratum of the reporting customer. With B the background, f a source's density and k the
 * stratum: `x` = f(c) / B(c), and `y` = f(k) / B(k), customers reported before taken out of both.
 */
export interface Draw {
  readonly index: number;
  readonly report: PlacedReport;
  /** Sources that had this customer, and their x: 0 for all others. */
  readonly seenBy: Uint32Array;
  readonly x: Float64Array;
  /** How much of each x is what an export's mark says. */
  readonly markFactor: Float64Array;
  /** How much of each x comes of views that are sure. */
  readonly sureShare: Float64Array;
  /** Of every source. */
  readonly y: Float32Array;
  /** The background of the stratum, less customers reported before. */
  readonly perStratum: number;
}

/** The x of a source. */
export function ratioOf(draw: Draw, source: number): number {
  return draw.x[placeOf(draw, source)] ?? 0;
}

/** The x of a source as if its copies had no marks; the factor that marks put on it. */
export function unmarkedOf(draw: Draw, source: number): { readonly x: number; readonly markFactor: number } {
  const place = placeOf(draw, source);
  const factor = draw.markFactor[place] ?? 1;
  return { x: (draw.x[place] ?? 0) / factor, markFactor: factor };
}

/** -1 if it did not have this customer. */
function placeOf({ seenBy }: Draw, source: number): number {
  let [low, high] = [0, seenBy.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const there = seenBy[middle] ?? 0;
    if (there === source) return middle;
    if (there < source) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** A call to a decoy by chance is so much rarer than one to a customer. */
const DECOY_BACKGROUND = 0.001;

/** In a cell with more reports than this the ones before are no longer taken out: they are a few in very many. */
const TAKEN_OUT_MAX = 300;

/** What is left by rounding when views have fallen out of memory is less; one view's mass is far more. */
const MASS_MIN = 1e-9;

/** Masses of reports that are swept together are all in memory at once: so many numbers at most. */
const SWEPT_NUMBERS_MAX = 4_000_000;

interface Parts {
  readonly input: TraceInput;
  readonly sources: Sources;
  readonly settings: TraceOptions;
  readonly delay: Delay;
  readonly background: Float64Array;
  readonly views: ViewsBySubject;
  /** Views of all subjects together, by epoch. */
  readonly exposure: ReadonlyMap<number, number>;
}

/** @param ordered the reports that count */
export function* drawsOf(
  ordered: readonly OrderedReport[],
  input: TraceInput,
  sources: Sources,
  settings: TraceOptions,
  delay: Delay,
): Generator<Draw> {
  const parts: Parts = {
    input,
    sources,
    settings,
    delay,
    background: backgroundOf(input.cells),
    views: new ViewsBySubject(input, sources),
    exposure: exposureByEpoch(input.cells),
  };
  const totals = massTable(input.actorDayMass, sources);
  const inCells = massTable(input.stratumMass, sources);
  const before = new Map<number, PlacedReport[]>();
  const together = Math.max(1, Math.floor(SWEPT_NUMBERS_MAX / sources.count));
  for (let at = 0; at < ordered.length; at += together) {
    const batch = ordered.slice(at, at + together).map((each) => new Swept(each, sources.count));
    sweep(batch, parts, totals, inCells);
    for (const swept of batch) {
      const { cell } = swept.ordered.report;
      const earlier = before.get(cell) ?? [];
      before.set(cell, earlier);
      yield drawOf(swept, parts, earlier);
      earlier.push(swept.ordered.report);
    }
  }
}

/** A report with the masses that its sources have at its time: of everybody, and in its stratum. */
class Swept {
  readonly ordered: OrderedReport;
  readonly days: readonly number[];
  readonly total: Float64Array;
  readonly inCell: Float64Array;

  constructor(ordered: OrderedReport, sourceCount: number) {
    const { from, to } = ordered.report;
    this.ordered = ordered;
    this.days = contactDays(dayOf(from), dayOf(to));
    this.total = new Float64Array(sourceCount);
    this.inCell = new Float64Array(sourceCount);
  }
}

function sweep(batch: readonly Swept[], parts: Parts, totals: MassTable, inCells: MassTable): void {
  sweepInto("total", batch, totals.ofCell(0), parts);
  const byCell = new Map<number, Swept[]>();
  for (const swept of batch) pushTo(byCell, swept.ordered.report.cell, swept);
  for (const [cell, there] of byCell) sweepInto("inCell", there, inCells.ofCell(cell), parts);
}

function sweepInto(
  into: "total" | "inCell",
  batch: readonly Swept[],
  series: Series,
  { delay, settings }: Parts,
): void {
  const byDay = new Map<number, Swept[]>();
  for (const swept of batch) for (const day of swept.days) pushTo(byDay, day, swept);
  const days = [...byDay.keys()].sort((a, b) => a - b);
  sweepDays(series.rows, days, delay, (day, masses) => {
    for (const swept of byDay.get(day) ?? []) addMasses(swept, swept[into], series, masses, settings.fieldError);
  });
}

/** A hot loop: every series for every day of every report. */
function addMasses(
  { ordered: { report }, days }: Swept,
  sums: Float64Array,
  { source, fields }: Series,
  { soon, late, soonFactor, lateFactor }: Masses,
  fieldError: number,
): void {
  const share = 1 / days.length;
  for (let at = 0; at < source.length; at++) {
    const mass = (soon[at] ?? 0) * soonFactor + (late[at] ?? 0) * lateFactor;
    if (mass < MASS_MIN) continue;
    const chance = fieldsChance(report.fieldsKnown, fields[at] ?? 0, fieldError);
    const of = source[at] ?? 0;
    sums[of] = (sums[of] ?? 0) + mass * chance * share;
  }
}

function pushTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function drawOf(swept: Swept, parts: Parts, earlier: readonly PlacedReport[]): Draw {
  const { report, index } = swept.ordered;
  const gone = earlier.length <= TAKEN_OUT_MAX ? earlier : [];
  const own = massesOfSubject(swept, parts, gone);
  const { total, inCell } = swept;
  const { sources } = parts;
  const cell = parts.input.cells[report.cell];
  const subjects = Math.max(cell?.subjects ?? 1, gone.length + 1);
  const perSubject = (parts.background[report.cell] ?? 1) / subjects;
  const perStratum = perSubject * (subjects - gone.length);
  const decoy = report.decoy === true;
  const ofSubject = decoy ? perSubject * DECOY_BACKGROUND : perSubject;
  const seen = [...own].filter(([source]) => (total[source] ?? 0) > 0).sort(([a], [b]) => a - b);
  const dump = dumpOf(report, cell, parts, gone);
  const y = new Float32Array(sources.count);
  // A call to a decoy is held against the background as it stands: its stratum explains nothing away.
  if (decoy) y.fill(1);
  else {
    for (let source = 0; source < sources.dump; source++) {
      const all = total[source] ?? 0;
      if (all > 0) y[source] = Math.min(inCell[source] ?? 0, all) / all / perStratum;
    }
    y[sources.dump] = dump.inStratum / perStratum;
  }
  return {
    index,
    report,
    seenBy: Uint32Array.from([...seen.map(([source]) => source), sources.dump]),
    x: Float64Array.from([
      ...seen.map(
        ([source, { plain, marked }]) => ((plain / Math.max(plain, total[source] ?? 0)) * (marked / plain)) / ofSubject,
      ),
      dump.subject / ofSubject,
    ]),
    sureShare: Float64Array.from([...seen.map(([, { marked, sure }]) => sure / marked), 1]),
    markFactor: Float64Array.from([...seen.map(([, { plain, marked }]) => marked / plain), 1]),
    y,
    perStratum,
  };
}

/** What the sources of this customer's views weigh; takes customers reported before out of the stratum's masses. */
function massesOfSubject(
  { ordered: { report }, days, total, inCell }: Swept,
  { sources, settings, delay, views }: Parts,
  gone: readonly PlacedReport[],
): ReadonlyMap<number, Mass> {
  const chances = { report, days, delay, fieldError: settings.fieldError };
  const own = new Map<number, Mass>();
  // What was shown from then on may be because of the contact: whoever takes the complaint down opens the record the same day.
  views.addMasses(own, report.subject, { ...chances, lastAt: report.from });
  const taken = new Map<number, Mass>();
  for (const { subject } of gone) views.addMasses(taken, subject, { ...chances, lastAt: Number.POSITIVE_INFINITY });
  for (const [source, { plain }] of taken) inCell[source] = Math.max(0, (inCell[source] ?? 0) - plain);
  // This customer is in the stratum, whatever the masses say.
  for (const [source, { plain }] of own) inCell[source] = Math.max(plain, inCell[source] ?? 0);
  const ofStaff = Array.from(own);
  // Marks are of a person's own copy: an outsider with the queue does not hold it.
  for (const [source, { plain }] of ofStaff)
    for (const shared of sources.sharedBy(source)) addTo(own, shared, { plain, marked: plain, sure: plain });
  sources.foldTeams(total);
  sources.foldTeams(inCell);
  return own;
}

/** Of views: without and with what an export's marks say; and with it, of those that are sure. */
interface Mass {
  readonly plain: number;
  readonly marked: number;
  readonly sure: number;
}

function addTo(sums: Map<number, Mass>, source: number, { plain, marked, sure }: Mass): void {
  const there = sums.get(source);
  sums.set(source, {
    plain: plain + (there?.plain ?? 0),
    marked: marked + (there?.marked ?? 0),
    sure: sure + (there?.sure ?? 0),
  });
}

/** A copy of the database whose buyer calls those with many tickets more often: in proportion to exposure. */
function dumpOf(
  report: PlacedReport,
  cell: Cell | undefined,
  { exposure }: Parts,
  gone: readonly PlacedReport[],
): { subject: number; inStratum: number } {
  const all = exposure.get(cell?.epoch ?? 0) ?? 0;
  if (all === 0) return { subject: 0, inStratum: 0 };
  let left = cell?.exposure ?? 0;
  for (const each of gone) left -= each.exposure;
  return { subject: report.exposure / all, inStratum: Math.max(left, report.exposure) / all };
}

/** Of a stratum, in its epoch: grows with the square root of exposure, between uniform and by tickets. Any value is fair. */
function backgroundOf(cells: readonly Cell[]): Float64Array {
  const weight = (cell: Cell): number =>
    cell.subjects === 0 ? 0 : cell.subjects * Math.sqrt(1 + cell.exposure / cell.subjects);
  const sums = new Map<number, number>();
  for (const cell of cells) sums.set(cell.epoch, (sums.get(cell.epoch) ?? 0) + weight(cell));
  return Float64Array.from(cells, (cell) => {
    const sum = sums.get(cell.epoch) ?? 0;
    const share = sum > 0 ? weight(cell) / sum : 0;
    return share > 0 ? share : 1 / Math.max(1, cells.length);
  });
}

function exposureByEpoch(cells: readonly Cell[]): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const { epoch, exposure } of cells) sums.set(epoch, (sums.get(epoch) ?? 0) + exposure);
  return sums;
}

class ViewsBySubject {
  readonly #views: TraceInput["viewsOfReported"];
  readonly #rows = new Map<number, number[]>();
  readonly #sources: Sources;

  constructor({ viewsOfReported, reports }: TraceInput, sources: Sources) {
    this.#views = viewsOfReported;
    this.#sources = sources;
    for (const { subject } of reports) this.#rows.set(subject, []);
    for (let row = 0; row < viewsOfReported.staff.length; row++)
      this.#rows.get(viewsOfReported.subject[row] ?? -1)?.push(row);
  }

  /** Adds what each source's views of a subject weigh at the time of a report and for what its caller knew. */
  addMasses(sums: Map<number, Mass>, subject: number, at: At): void {
    const { staff, fields, listed, mark, unsure } = this.#views;
    for (const row of this.#rows.get(subject) ?? []) {
      const viewedAt = this.#views.at[row] ?? 0;
      if (viewedAt > at.lastAt) continue;
      const chance = at.delay.chanceOver(at.days, dayOf(viewedAt));
      if (chance === 0) continue;
      const plain = chance * fieldsChance(at.report.fieldsKnown, fields[row] ?? 0, at.fieldError);
      const source = this.#sources.of(staff[row] ?? 0, listed[row] ?? 0);
      const marked = plain * markFactor(at.report, mark?.[row] ?? -1, at.fieldError);
      addTo(sums, source, { plain, marked, sure: unsure?.[row] === 1 ? 0 : marked });
    }
  }
}

/** The moment and the caller that views are weighed for. */
interface At {
  readonly report: PlacedReport;
  readonly days: readonly number[];
  readonly delay: Delay;
  readonly fieldError: number;
  /** Views after it do not count. */
  readonly lastAt: number;
}

/** A copy's mark against the caller's: marks stand in approved exports alone. */
function markFactor({ mark }: PlacedReport, ofCopy: number, error: number): number {
  if (mark === undefined || ofCopy < 0) return 1;
  return mark.value === ofCopy ? mark.ways * (1 - error) : error;
}
