/** Statements that could not be accounted for: whom they showed, nobody knows. */
import type { Columns } from "../columns.ts";
import { DECISIONS } from "../rows.ts";
import type { Names } from "./names.ts";
import { inOrderOfEntries, type LogWindow, unreadable, type Window, within } from "./sightings.ts";

export interface OpaqueSighting {
  readonly atMs: number;
  readonly actor: string;
  /** The log's origin. */
  readonly log: string;
  readonly index: number;
  readonly ticket: string | null;
  readonly reason: string | null;
  /** Tables that the statement's form names. */
  readonly tables: readonly string[];
}

/** How many there are: any of them may have shown any subject. */
export async function countOpaque(columns: Columns, window: Window = {}): Promise<number> {
  return countStatements(columns, `decision = ${DECISIONS.opaque}${within(window)}`);
}

/**
 * Statements that can no longer be read: those of days that have expired since they were shipped, and what had expired
 * before. Later disclosures of the former count with their statement.
 */
export async function countExpired(columns: Columns, logs: readonly LogWindow[]): Promise<number> {
  // An entry of an import may have many rows: a page each.
  const what = inOrderOfEntries({ logs }) ? "uniqExact(log, entry)" : "count()";
  return countStatements(columns, unreadable(logs, `decision = ${DECISIONS.expired}`), what);
}

/** Stretches of time without a writer that ended in the window: no gateway released anything then. */
export async function countGaps(columns: Columns, window: Window = {}): Promise<number> {
  return countStatements(columns, `decision = ${DECISIONS.gap}${within(window)}`);
}

async function countStatements(columns: Columns, condition: string, what = "count()"): Promise<number> {
  const rows = await columns.select(`SELECT ${what} AS n FROM statements WHERE ${condition}`);
  return Number(rows[0]?.[0] ?? 0);
}

/** Those of one actor, by time. @param actor number64 of its id */
export async function* opaqueOf(
  columns: Columns,
  names: Names,
  actor: bigint,
  window: Window = {},
): AsyncGenerator<OpaqueSighting> {
  const sql = `SELECT at, log, entry, form, ticket, reason FROM statements WHERE decision = ${DECISIONS.opaque} AND actor = ${actor}${within(window)} ORDER BY ${inOrderOfEntries(window) ? "log, entry, at" : "at, log, entry"}`;
  const actorOf = await names.of("actors", [String(actor)]);
  for await (const rows of columns.stream(sql)) {
    const logOf = await names.of(
      "logs",
      rows.map(([, log]) => String(log)),
    );
    const usesOf = await names.forms(rows.map(([, , , form]) => String(form)));
    for (const [at, log, entry, form, ticket, reason] of rows) {
      yield {
        atMs: Number(at),
        actor: actorOf(String(actor)),
        log: logOf(String(log)),
        index: Number(entry),
        ticket: ticket === "" ? null : String(ticket),
        reason: reason === "" ? null : String(reason),
        tables: [...usesOf(String(form)).values()].map(({ table }) => table),
      };
    }
  }
}
