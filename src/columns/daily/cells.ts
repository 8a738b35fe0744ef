/**
 * Subjects in cells that stand still for an epoch, and who saw how many of a cell's subjects on which day. A cell is a bin
 * of exposure (views in the memory before the epoch's first day) and a stratum.
 */
import { DAY_MS } from "../../base/clock.ts";
import type { Columns } from "../columns.ts";
import type { Aggregate, CellTotals } from "./kept.ts";
import { between, type Reached, type Readable, upTo } from "./positions.ts";
import { subjectRanges } from "./ranges.ts";

/** How epochs and bins are cut. */
export interface EpochRules {
  readonly epochDays: number;
  readonly memoryDays: number;
  /** Lowest number of views in each bin, from 0 up. */
  readonly bins: readonly number[];
}

/** What one run of the aggregates goes by. */
export interface Making {
  readonly columns: Columns;
  readonly rules: EpochRules;
  /** number32 of the subject kind. */
  readonly kind: number;
  /** Of fieldBits. */
  readonly bits: string;
  /** Entries behind these are left for later. */
  readonly arrived: readonly Reached[];
  readonly readable: Readable;
  /** About so many rows go into one statement. */
  readonly stretchRows: number;
  /** Called between two statements: shipping has its turn, a stop breaks off. */
  readonly pause: () => Promise<void>;
}

/** A cell's number is `bin * STRATA_SLOTS + slot`: slot 0 is for subjects of none, of an unknown one, and of those beyond the largest. */
const STRATA_SLOTS = 16;

function memoryOf(epoch: number, rules: EpochRules): readonly [firstDay: number, endDay: number] {
  const first = epoch * rules.epochDays;
  return [first - rules.memoryDays, first];
}

/** Days whose views count for cells of an epoch. */
export function daysOf(epoch: number, rules: EpochRules): readonly [firstDay: number, endDay: number] {
  const [first, end] = memoryOf(epoch, rules);
  return [first, end + rules.epochDays];
}

/**
 * Fills a generation that is still empty.
 * @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function makeCells(making: Making, epoch: number, generation: number): Promise<readonly CellTotals[]> {
  const { columns, rules, kind, arrived, readable, pause } = making;
  const ofKind = `kind = ${kind}${upTo(arrived, readable)}`;
  const memory = `${ofKind}${inDays(memoryOf(epoch, rules))}`;
  const views = `${ofKind}${inDays(daysOf(epoch, rules))}`;
  const slot = await slotExpression(columns, kind);
  let known = 0;
  for (const range of await subjectRanges(making, views)) {
    await columns.command(insertSubjects({ generation, kind, memory, range, slot, bins: rules.bins }));
    known += await subjectsKnown(columns, kind, ofKind, range);
    await pause();
    await columns.command(
      insertCellDays(generation, 0, `${views}${range}`, `${ofGeneration(generation)}${range}`, making),
    );
    await pause();
  }
  return totalsOf(columns, generation, known);
}

/** What has arrived since, of days that an epoch's masses are made of; undefined for nothing. */
export function newSince({ rules, arrived, readable }: Making, { epoch, reached }: Aggregate): string | undefined {
  return between(reached, arrived, readable, daysOf(epoch, rules));
}

/** Whether something has arrived since that would have put subjects into other cells. */
export async function cellsMoved(making: Making, { epoch, reached }: Aggregate): Promise<boolean> {
  const { columns, rules, kind, arrived, readable } = making;
  const late = between(reached, arrived, readable, memoryOf(epoch, rules));
  if (late === undefined) return false;
  const rows = await columns.select(`SELECT count() AS n FROM disclosures WHERE kind = ${kind}${late}`);
  return Number(rows[0]?.[0] ?? 0) > 0;
}

/** Adds what has arrived since, as a piece. */
export async function addCellDays(
  making: Making,
  { generation }: Aggregate,
  newer: string,
  piece: number,
): Promise<void> {
  const views = `kind = ${making.kind}${newer}`;
  const cells = `${ofGeneration(generation)} AND (subject, subject2) IN (SELECT subject, subject2 FROM disclosures WHERE ${views})`;
  await making.columns.command(insertCellDays(generation, piece, views, cells, making));
}

function inDays([first, end]: readonly [number, number]): string {
  return ` AND at >= ${first * DAY_MS} AND at < ${end * DAY_MS}`;
}

function ofGeneration(generation: number): string {
  return `generation = ${generation}`;
}

/** The stratum of a subject as a slot: the largest have one each. */
async function slotExpression(columns: Columns, kind: number): Promise<string> {
  const rows = await columns.select(
    `SELECT stratum, count() AS n FROM strata WHERE kind = ${kind} GROUP BY stratum ORDER BY n DESC, stratum LIMIT ${STRATA_SLOTS - 1}`,
  );
  if (rows.length === 0) return "toUInt8(0)";
  const strata = rows.map(([stratum]) => Number(stratum)).join(", ");
  const slots = rows.map((_, index) => index + 1).join(", ");
  return `toUInt8(transform(argMax(stratum, at), [${strata}], [${slots}], toUInt8(0)))`;
}

interface SubjectsAsked {
  readonly generation: number;
  readonly kind: number;
  readonly memory: string;
  readonly range: string;
  readonly slot: string;
  readonly bins: readonly number[];
}

/** Subjects that were seen in the memory, or have a stratum. */
function insertSubjects({ generation, kind, memory, range, slot, bins }: SubjectsAsked): string {
  const seen = `SELECT subject, subject2, toUInt32(1) AS seen, toUInt8(0) AS slot FROM disclosures WHERE ${memory}${range}`;
  const strata = `SELECT subject, subject2, toUInt32(0) AS seen, ${slot} AS slot FROM strata WHERE kind = ${kind}${range} GROUP BY subject, subject2`;
  const bin = bins
    .slice(1)
    .map((lowest) => `(exposure >= ${lowest})`)
    .join(" + ");
  const cell = `toUInt16((${bin}) * ${STRATA_SLOTS} + top)`;
  return `INSERT INTO subject_cells SELECT toUInt32(${generation}), subject, subject2, toUInt32(exposure), ${cell} FROM (SELECT subject, subject2, sum(seen) AS exposure, max(slot) AS top FROM (${seen} UNION ALL ${strata}) GROUP BY subject, subject2)`;
}

/** Subjects ever seen, or with a stratum. */
async function subjectsKnown(columns: Columns, kind: number, ofKind: string, range: string): Promise<number> {
  const seen = `SELECT subject, subject2 FROM disclosures WHERE ${ofKind}${range}`;
  const strata = `SELECT subject, subject2 FROM strata WHERE kind = ${kind}${range}`;
  const rows = await columns.select(
    `SELECT count() AS n FROM (SELECT subject, subject2 FROM (${seen} UNION ALL ${strata}) GROUP BY subject, subject2)`,
  );
  return Number(rows[0]?.[0] ?? 0);
}

/** Counts views by cell. Who is in no row of subject_cells is in cell 0. */
function insertCellDays(generation: number, piece: number, views: string, cells: string, { bits }: Making): string {
  return `INSERT INTO cell_days SELECT cell, toUInt32(${generation}), toUInt32(${piece}), actor, day, fields, listed, toUInt32(n) FROM (${cellDaysOf(views, cells, bits)})`;
}

/**
 * Rows of cell, actor, day, fields, listed, n.
 * @param views a condition on disclosures
 * @param cells a condition on subject_cells
 */
export function cellDaysOf(views: string, cells: string, bits: string): string {
  const shown = `SELECT subject, subject2, actor, toInt32(intDiv(at, ${DAY_MS})) AS day, ${bits} AS fields, listed FROM disclosures WHERE ${views}`;
  return `SELECT cell, actor, day, fields, listed, count() AS n FROM (${shown}) AS views ANY LEFT JOIN (SELECT subject, subject2, cell FROM subject_cells WHERE ${cells}) AS places USING (subject, subject2) GROUP BY cell, actor, day, fields, listed`;
}

/** Subjects without a row of their own, seen only before the memory or after the first day, are counted to cell 0. */
async function totalsOf(columns: Columns, generation: number, known: number): Promise<readonly CellTotals[]> {
  const rows = await columns.select(
    `SELECT cell, count() AS subjects, sum(exposure) AS views FROM subject_cells WHERE ${ofGeneration(generation)} GROUP BY cell ORDER BY cell`,
  );
  const totals = rows.map(([cell, subjects, exposure]) => ({
    cell: Number(cell),
    subjects: Number(subjects),
    exposure: Number(exposure),
  }));
  const rest = known - totals.reduce((sum, { subjects }) => sum + subjects, 0);
  if (rest <= 0) return totals;
  const [first] = totals;
  if (first?.cell === 0) return [{ ...first, subjects: first.subjects + rest }, ...totals.slice(1)];
  return [{ cell: 0, subjects: rest, exposure: 0 }, ...totals];
}
