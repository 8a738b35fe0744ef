/** Rows of disclosures, joined with what their statements and forms say. */
import type { Columns, ColumnsValue } from "../columns.ts";
import { LIMITS } from "../../base/limits.ts";
import type { FormUse, Names } from "./names.ts";

/** A subject shown in one use by one entry. */
export interface Sighting {
  readonly atMs: number;
  /** `staff:...` or `svc:...`. */
  readonly actor: string;
  /** The log's origin. */
  readonly log: string;
  /** Of the entry that holds the disclosure. */
  readonly index: number;
  /** Of its statement entry. */
  readonly statement: number;
  readonly subject: SightedSubject;
  /** Its index into the form's uses. */
  readonly useIndex: number;
  readonly use: FormUse;
  readonly ticket: string | null;
  readonly reason: string | null;
  /** A number of GRADES. */
  readonly grade: number;
  /** Shown masked, or by identity fields alone, among ten or more subjects. */
  readonly listed: boolean;
}

export interface SightedSubject {
  /** A number of KEY_TYPES. */
  readonly keyType: number;
  readonly subject: bigint;
  readonly subject2: bigint;
}

/** Times in milliseconds since the epoch: from the one on, before the other. */
export interface Window {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** These logs alone. */
  readonly logs?: readonly LogWindow[] | undefined;
}

/** What of a log an answer may speak of. */
export interface LogWindow {
  /** number32 of its origin. */
  readonly log: number;
  /** Entries before it: a batch that is arriving is in some tables, and not in others. */
  readonly next: number;
  /** Times whose entries may still be read, each from the one on, before the other: days expire. */
  readonly readableMs: readonly (readonly [fromMs: number, toMs: number])[];
  /** Instead, of a log of imports: entries that may still be read and count, each from the one on, before the other. */
  readonly readableEntries?: readonly EntryRange[] | undefined;
  /** Of such a log, entries that count no more, whether or not their rows have left. */
  readonly undoneEntries?: readonly EntryRange[] | undefined;
}

/** Indices from the one on, before the other. */
type EntryRange = readonly [from: number, before: number];

/** Of imports rows are older than their entries, in whose order answers are. */
export function inOrderOfEntries({ logs }: Window): boolean {
  return logs?.some(({ readableEntries }) => readableEntries !== undefined) ?? false;
}

/** ` AND ...`, or nothing. */
export function within({ fromMs, toMs, logs }: Window): string {
  const conditions = [
    ...(fromMs === undefined ? [] : [`at >= ${Math.trunc(fromMs)}`]),
    ...(toMs === undefined ? [] : [`at < ${Math.trunc(toMs)}`]),
    ...(logs === undefined ? [] : [anyOf(logs.map(ofLog))]),
  ];
  return conditions.map((condition) => ` AND ${condition}`).join("");
}

/** What of these logs an answer may not speak of, and what meets the other condition besides. */
export function unreadable(logs: readonly LogWindow[], or: string): string {
  const counting = ({ undoneEntries = [] }: LogWindow): string =>
    undoneEntries.length === 0 ? "" : ` AND NOT ${inEntries(undoneEntries)}`;
  return anyOf(
    logs.map((of) => `(log = ${of.log} AND entry < ${of.next}${counting(of)} AND (${or} OR NOT ${times(of)}))`),
  );
}

function ofLog(of: LogWindow): string {
  return `(log = ${of.log} AND entry < ${of.next} AND ${times(of)})`;
}

function times({ readableMs, readableEntries }: LogWindow): string {
  if (readableEntries !== undefined) return inEntries(readableEntries);
  return anyOf(readableMs.map(([from, to]) => `(at >= ${from} AND at < ${to})`));
}

function inEntries(ranges: readonly EntryRange[]): string {
  return anyOf(ranges.map(([from, before]) => `(entry >= ${from} AND entry < ${before})`));
}

function anyOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? "0" : `(${conditions.join(" OR ")})`;
}

/** What a SELECT from disclosures must return for `sightings`. */
export const SIGHTING_COLUMNS =
  "at, actor, log, entry, entry - after AS statement, use, form, key_type, subject, subject2, grade, listed";

/** Disclosures of a form that has not arrived, or is of no known use, show nobody's fields. */
const UNKNOWN_USE: FormUse = { table: "", kind: "", clear: [], masked: [], predicate: [] };

/**
 * Streams the rows of a SELECT as sightings, in its order.
 * @param sql selects SIGHTING_COLUMNS
 */
export async function* sightings(columns: Columns, names: Names, sql: string): AsyncGenerator<Sighting> {
  for await (const rows of columns.stream(sql)) {
    for (let start = 0; start < rows.length; start += LIMITS.columnsJoinedRowsMax)
      yield* await joined(columns, names, rows.slice(start, start + LIMITS.columnsJoinedRowsMax));
  }
}

async function joined(columns: Columns, names: Names, rows: readonly ColumnsValue[][]): Promise<Sighting[]> {
  const texts = (column: number) => rows.map((row) => String(row[column]));
  const [actorOf, logOf, usesOf, heads] = await Promise.all([
    names.of("actors", texts(1)),
    names.of("logs", texts(2)),
    names.forms(texts(6)),
    statementHeads(columns, rows),
  ]);
  return rows.map((row) => {
    const [at, actor, log, entry, statement, use, form, keyType, subject, subject2, grade, listed] = row;
    const head = heads.get(`${String(log)}/${String(statement)}`);
    return {
      atMs: Number(at),
      actor: actorOf(String(actor)),
      log: logOf(String(log)),
      index: Number(entry),
      statement: Number(statement),
      subject: { keyType: Number(keyType), subject: BigInt(String(subject)), subject2: BigInt(String(subject2)) },
      useIndex: Number(use),
      use: usesOf(String(form)).get(Number(use)) ?? UNKNOWN_USE,
      ticket: head?.ticket ?? null,
      reason: head?.reason ?? null,
      grade: Number(grade),
      listed: Number(listed) === 1,
    };
  });
}

interface StatementHead {
  readonly ticket: string | null;
  readonly reason: string | null;
}

/** By `log/entry`; statements that state neither ticket nor reason are left out. */
async function statementHeads(
  columns: Columns,
  rows: readonly ColumnsValue[][],
): Promise<ReadonlyMap<string, StatementHead>> {
  const byLog = new Map<string, Set<string>>();
  for (const [, , log, , statement] of rows) {
    const of = byLog.get(String(log)) ?? new Set<string>();
    byLog.set(String(log), of.add(String(statement)));
  }
  const wanted = [...byLog].map(([log, of]) => `(log = ${log} AND entry IN (${[...of].join(", ")}))`);
  const latest = rows.reduce((max, [at]) => Math.max(max, Number(at)), 0);
  const found = await columns.select(
    `SELECT log, entry, ticket, reason FROM statements WHERE (${wanted.join(" OR ")}) AND at <= ${latest} AND (ticket != '' OR reason != '')`,
  );
  const heads = new Map<string, StatementHead>();
  for (const [log, entry, ticket, reason] of found)
    heads.set(`${String(log)}/${String(entry)}`, { ticket: orNull(ticket), reason: orNull(reason) });
  return heads;
}

function orNull(value: ColumnsValue | undefined): string | null {
  return value === undefined || value === "" ? null : String(value);
}
