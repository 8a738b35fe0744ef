/**
 * A case as the trace takes it, from columns: the views of the reported subjects, and of everybody else no more than
 * counts by day, which the daily aggregates keep ready.
 */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Columns } from "../columns/columns.ts";
import type { Making } from "../columns/daily/cells.ts";
import type { Aggregate } from "../columns/daily/kept.ts";
import { epochsOver, inForce, type InForce, type Made, makeAggregates, type Wanted } from "../columns/daily/make.ts";
import { daysHeld } from "../columns/daily/positions.ts";
import { number64 } from "../columns/numbers.ts";
import { Names } from "../columns/queries/names.ts";
import {
  actorSums,
  cellSums,
  pairsInCells,
  placementsOf,
  type SumsAsked,
  viewsOfSubjects,
} from "../columns/queries/trace.ts";
import type { SubjectKey } from "../columns/rows.ts";
import type { PlacedReport, Report, SeenByBoth, Staff, TraceInput, TraceOptions } from "../trace/model.ts";
import { TRACE_DEFAULTS } from "../trace/settings.ts";
import { dayOf, EPOCH_DAYS, epochOf } from "../trace/strata.ts";
import { CaseCells } from "./case-cells.ts";
import { Stretches } from "./case-stretches.ts";
import { Masses, StaffNumbers, viewsFrom } from "./case-rows.ts";
import { makingOf, type MakingOptions } from "./trace-making.ts";

/** A report whose subject is named by its key. */
export interface CaseReport extends Omit<Report, "subject"> {
  readonly subject: SubjectKey;
}

export interface CaseAsked extends Pick<MakingOptions, "kind" | "rules" | "logs"> {
  readonly reports: readonly CaseReport[];
  /** Actors who have access, whether or not they saw anybody; whoever saw somebody is added. */
  readonly staff?: readonly Staff[];
  readonly options?: Partial<TraceOptions>;
  /** Told when an aggregate that was missing has been made: at full size each takes minutes. */
  readonly onMade?: (made: Made) => void;
}

/**
 * What columns know of a case, up to what has arrived in them by now. Masses are those of the delay in `options`: days and fields that
 * the trace cannot tell apart there are taken together. In `reports`, `subject` is the place of the subject
 * among the distinct ones; `staff` is as given, then whoever else saw anybody, by id.
 * @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function caseInput(columns: Columns, asked: CaseAsked): Promise<TraceInput> {
  return unmoved(columns, asked, async (making, aggregates) => {
    const subjects = distinctSubjects(asked.reports);
    const placing = await placed(making, aggregates, asked.reports, subjects);
    const [views, totals, inCells] = await Promise.all([
      viewsOfSubjects(making, subjects, daysOfViews(asked, aggregates)),
      actorMasses(making, aggregates, asked),
      cellMasses(making, aggregates, placing, asked),
    ]);
    const seen = new Set([...views.map(({ actor }) => actor), ...totals.actors(), ...inCells.actors()]);
    const nameOf = await new Names(columns).of("actors", [...seen].map(String));
    const named = new Map([...seen].map((actor) => [actor, nameOf(String(actor))] as const));
    const numbers = new StaffNumbers(asked.staff ?? [], named);
    return {
      staff: numbers.staff,
      reports: placing.reports,
      viewsOfReported: viewsFrom(views, numbers),
      actorDayMass: totals.dayMass(numbers),
      stratumMass: inCells.cellMass(numbers),
      cells: placing.cells.list,
      ...(asked.options !== undefined && { options: asked.options }),
    };
  });
}

/**
 * Of pairs of staff, how many subjects of each cell both were shown in the memory before
 * the cell's epoch, and in it.
 * @param input what {@link caseInput} gave for the same question
 * @param pairs indices into `input.staff`; of one with itself, subjects that it was shown
 * @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function seenByBoth(
  columns: Columns,
  asked: CaseAsked,
  input: TraceInput,
  pairs: readonly (readonly [first: number, second: number])[],
): Promise<readonly SeenByBoth[]> {
  if (pairs.length === 0) return [];
  const actorOf = (place: number): bigint => number64(input.staff[place]?.id ?? "");
  const actors = pairs.map(([first, second]) => [actorOf(first), actorOf(second)] as const);
  return unmoved(columns, asked, async (making, aggregates) => {
    const { cells } = await placed(making, aggregates, asked.reports, distinctSubjects(asked.reports));
    const found: SeenByBoth[] = [];
    for (const [epoch, aggregate] of aggregates.cells) {
      for (const { pair, cell, subjects } of await pairsInCells(making, aggregate, actors)) {
        const [first = 0, second = 0] = pairs[pair] ?? [];
        found.push({ first, second, cell: cells.indexOf(epoch, cell), subjects });
      }
    }
    return found;
  });
}

/** The aggregates that a case is read from. */
interface CaseAggregates {
  /** Of the epochs of its reports, by epoch, ascending. */
  readonly cells: ReadonlyMap<number, Aggregate>;
  /** Of the epochs that days of the case lie in. */
  readonly actors: ReadonlyMap<number, Aggregate>;
}

/** Reads with all that is needed made; once more if something was made anew meanwhile, for its old rows are gone. */
async function unmoved<T>(
  columns: Columns,
  asked: CaseAsked,
  read: (making: Making, aggregates: CaseAggregates) => Promise<T>,
): Promise<T> {
  const wanted = await wantedFor(columns, asked);
  for (let attempt = 0; attempt < LIMITS.aggregatesReadAttemptsMax; attempt++) {
    const making = await makingOf(columns, asked);
    const made = await makeAggregates(making, wanted, { onMade: asked.onMade, extend: false });
    const aggregates = aggregatesFor(made, wanted);
    const answer = await read(making, aggregates);
    const after = aggregatesFor(await inForce(making), wanted);
    if (generationsOf(aggregates) === generationsOf(after)) return answer;
  }
  throw new WhosawError("COLUMNS_FAILED", "The daily aggregates were made anew while a case was read from them.", {
    hint: "Ask again once `whosaw ledger expire` or `whosaw ledger reindex` is through.",
  });
}

async function wantedFor(columns: Columns, asked: CaseAsked): Promise<Wanted> {
  if (asked.reports.length === 0) return { cells: [], actors: [] };
  const cells = [...new Set(asked.reports.map(({ to }) => epochOf(dayOf(to))))].sort((a, b) => a - b);
  const [first, last] = stretchesOf(asked, asked.reports).days;
  const held = await daysHeld(columns);
  if (held === undefined || held[1] < first || held[0] > last) return { cells, actors: [] };
  return { cells, actors: epochsOver([Math.max(first, held[0]), Math.min(last, held[1])], EPOCH_DAYS) };
}

function aggregatesFor(there: InForce, { cells, actors }: Wanted): CaseAggregates {
  return { cells: these(there.cells, cells), actors: these(there.actors, actors) };
}

function these(all: ReadonlyMap<number, Aggregate>, epochs: readonly number[]): ReadonlyMap<number, Aggregate> {
  return new Map(
    epochs.flatMap((epoch) => {
      const aggregate = all.get(epoch);
      return aggregate === undefined ? [] : [[epoch, aggregate] as const];
    }),
  );
}

function generationsOf({ cells, actors }: CaseAggregates): string {
  return JSON.stringify([cells, actors].map((of) => [...of].map(([epoch, { generation }]) => [epoch, generation])));
}

interface Placed {
  readonly reports: readonly PlacedReport[];
  readonly cells: CaseCells;
}

/** Who was shown a subject in the memory before its epoch counts as having seen it, however late it was called. */
function daysOfViews(asked: CaseAsked, { cells }: CaseAggregates): readonly [first: number, last: number] {
  if (asked.reports.length === 0) return [0, 0];
  const [first, last] = stretchesOf(asked, asked.reports).days;
  return [Math.min(first, ...[...cells.values()].map(({ firstDay }) => firstDay)), last];
}

/** Every report in the cell of its subject, in the epoch of its contact. */
async function placed(
  { columns }: Making,
  aggregates: CaseAggregates,
  asked: readonly CaseReport[],
  subjects: readonly SubjectKey[],
): Promise<Placed> {
  const places = new Map(subjects.map((key, place) => [textOf(key), place]));
  const cells = new CaseCells();
  const reports: PlacedReport[] = [];
  for (const [epoch, aggregate] of aggregates.cells) {
    cells.add(aggregate);
    const placements = await placementsOf(columns, aggregate, subjects);
    for (const [index, report] of asked.entries()) {
      if (epochOf(dayOf(report.to)) !== epoch) continue;
      const subject = places.get(textOf(report.subject)) ?? 0;
      reports[index] = { ...report, subject, ...cells.place(epoch, subject, placements.get(subject)) };
    }
  }
  return { reports, cells };
}

/** Views of everybody, on the days that may weigh in the case. */
async function actorMasses(making: Making, { actors }: CaseAggregates, asked: CaseAsked): Promise<Masses> {
  const masses = new Masses();
  if (asked.reports.length === 0) return masses;
  const stretches = stretchesOf(asked, asked.reports);
  masses.add(await actorSums(making, [...actors.values()], sumsOf(stretches, asked.reports)), stretches);
  return masses;
}

/** Views of the subjects of each cell that a report is in, on the days that may weigh in its reports. */
async function cellMasses(
  making: Making,
  { cells: aggregates }: CaseAggregates,
  { reports, cells }: Placed,
  asked: CaseAsked,
): Promise<Masses> {
  const wanted = [...aggregates].flatMap(([epoch, aggregate]) =>
    cells.reportedOf(epoch).map((cell) => ({ aggregate, cell, index: cells.indexOf(epoch, cell) })),
  );
  const masses = new Masses();
  const read = wanted.map(async ({ aggregate, cell, index }) => {
    const own = reports.filter((report) => report.cell === index);
    const stretches = stretchesOf(asked, own);
    return { sums: await cellSums(making, aggregate, cell, sumsOf(stretches, own)), stretches, index };
  });
  for (const { sums, stretches, index } of await Promise.all(read)) masses.add(sums, stretches, index);
  return masses;
}

function stretchesOf({ options }: CaseAsked, reports: readonly Pick<Report, "from" | "to">[]): Stretches {
  return new Stretches(reports, { ...TRACE_DEFAULTS, ...options });
}

function sumsOf({ lookup }: Stretches, reports: readonly Pick<Report, "fieldsKnown">[]): SumsAsked {
  return { ...lookup, knowns: reports.map(({ fieldsKnown }) => fieldsKnown) };
}

function distinctSubjects(reports: readonly CaseReport[]): readonly SubjectKey[] {
  return [...new Map(reports.map(({ subject }) => [textOf(subject), subject])).values()];
}

function textOf({ subject, subject2 }: SubjectKey): string {
  return `${subject} ${subject2}`;
}
