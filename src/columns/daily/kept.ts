/**
 * Which aggregates there are. Their rows stand under a generation, and count once it is named here: what a run that was
 * broken off has left is under a generation, or a piece of one, that nobody names.
 */
import { WhosawError } from "../../base/errors.ts";
import type { Columns, ColumnsTable } from "../columns.ts";
import { TsvWriter } from "../tsv.ts";
import type { Reached } from "./positions.ts";

/** What is aggregated, a number in columns. */
export const WHAT = {
  /** Views by actor and day, of the days of one epoch. */
  actors: 1,
  /** Subjects' cells as of the first day of an epoch, and views by cell, actor and day. */
  cells: 2,
} as const;

/** How many subjects a cell has, and their views in the memory before the epoch, all together. */
export interface CellTotals {
  readonly cell: number;
  readonly subjects: number;
  readonly exposure: number;
}

export interface Aggregate {
  readonly what: number;
  /** number32 of the subject kind. */
  readonly kind: number;
  readonly epoch: number;
  readonly generation: number;
  /** Counts up; the highest is in force. */
  readonly version: number;
  /** Which of its rows count. */
  readonly pieces: readonly number[];
  readonly reached: readonly Reached[];
  /** Of the days that its rows come from. */
  readonly firstDay: number;
  /** Of logs, the first readable time when it was made. */
  readonly readableFrom: readonly (readonly [log: number, ms: number])[];
  /** Of `cells` alone. */
  readonly cells: readonly CellTotals[];
}

type Detail = Pick<Aggregate, "pieces" | "reached" | "firstDay" | "readableFrom" | "cells">;

/** Tables whose rows stand under generations. */
const GENERATION_TABLES = ["actor_days", "cell_days", "subject_cells"] as const satisfies readonly ColumnsTable[];

/** Of a generation that is no more. */
const GONE = 0;

/**
 * Those in force.
 * @param where a condition on what, kind and epoch alone
 * @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function allAggregates(columns: Columns, where = ""): Promise<readonly Aggregate[]> {
  const rows = await columns.select(
    `SELECT what, kind, epoch, max(version) AS last, argMax(generation, version) AS g, argMax(detail, version) AS d FROM aggregates${where} GROUP BY what, kind, epoch ORDER BY what, kind, epoch`,
  );
  return rows
    .map(([what, kind, epoch, version, generation, detail]) => ({
      what: Number(what),
      kind: Number(kind),
      epoch: Number(epoch),
      version: Number(version),
      generation: Number(generation),
      ...detailOf(String(detail)),
    }))
    .filter(({ generation }) => generation !== GONE);
}

/** From here on it is in force, in place of what was before. */
export async function keepAggregate(columns: Columns, aggregate: Aggregate): Promise<void> {
  const { what, kind, epoch, version, generation, pieces, reached, firstDay, readableFrom, cells } = aggregate;
  const detail: Detail = { pieces, reached, firstDay, readableFrom, cells };
  const into = new TsvWriter();
  for (const number of [what, kind, epoch, version, generation]) into.number(number);
  into.text(JSON.stringify(detail));
  into.end();
  await columns.insert("aggregates", into.take());
}

/** From here on there is none; its rows go at once. */
async function dropAggregate(columns: Columns, aggregate: Aggregate): Promise<void> {
  const version = await newVersion(columns);
  await keepAggregate(columns, { ...aggregate, generation: GONE, version, pieces: [], reached: [], cells: [] });
  await dropGeneration(columns, aggregate.generation);
}

/** Those that hold days before this one. What is needed of them is made anew from what is left. */
export async function dropAggregatesBefore(columns: Columns, day: number): Promise<void> {
  for (const aggregate of await allAggregates(columns))
    if (aggregate.firstDay < day) await dropAggregate(columns, aggregate);
}

export async function dropGeneration(columns: Columns, generation: number): Promise<void> {
  for (const written of await generationsWritten(columns))
    if (written.generation === generation) await dropPartition(columns, written);
}

/** Higher than any there was. */
export async function newVersion(columns: Columns): Promise<number> {
  const rows = await columns.select("SELECT max(version) AS last FROM aggregates");
  return Number(rows[0]?.[0] ?? 0) + 1;
}

/**
 * Drops what runs that were broken off have left. Nobody may be making aggregates meanwhile.
 * @returns the highest generation there is, or was
 */
export async function dropLeftovers(columns: Columns): Promise<number> {
  const named = (await allAggregates(columns)).map(({ generation }) => generation);
  const written = await generationsWritten(columns);
  for (const each of written) if (!named.includes(each.generation)) await dropPartition(columns, each);
  return Math.max(0, ...named, ...written.map(({ generation }) => generation));
}

interface Written {
  readonly table: string;
  readonly generation: number;
}

async function generationsWritten(columns: Columns): Promise<readonly Written[]> {
  const tables = GENERATION_TABLES.map((table) => `'${table}'`).join(", ");
  const rows = await columns.select(
    `SELECT DISTINCT table, partition FROM system.parts WHERE database = currentDatabase() AND active AND table IN (${tables})`,
  );
  return rows.map(([table, partition]) => ({ table: String(table), generation: Number(partition) }));
}

async function dropPartition(columns: Columns, { table, generation }: Written): Promise<void> {
  await columns.command(`ALTER TABLE ${table} DROP PARTITION ${generation}`);
}

function detailOf(text: string): Detail {
  try {
    return JSON.parse(text) as Detail;
  } catch (cause) {
    throw new WhosawError("COLUMNS_FAILED", "The table of aggregates holds what whosaw did not write.", {
      hint: "Run `whosaw ledger reindex`: it makes the tables anew from the ledgers.",
      cause,
    });
  }
}
