/**
 * OFFSET over protected rows: whoever is skipped was read as well (removing a skipped row moves the page), so the first
 * row of the page carries the keys of all rows before it.
 *
 *   SELECT a FROM t ORDER BY a LIMIT 50 OFFSET 100
 *
 *   with q as materialized (SELECT a, key as k FROM t ORDER BY a limit 150)
 *   select q.*, case when row_number() over () = 101 then (keys of the first 100 rows of q) end from q LIMIT 50 OFFSET 100
 *
 * The query stays as it is, in its own order, and so do LIMIT and OFFSET: their errors are the server's, at the client's
 * positions. See docs/decisions/0003-offset.md.
 */
import type { SelectStmt } from "libpg-query";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { isNothing, isNull } from "./clauses.ts";
import { quantity, type Quantity } from "./quantity.ts";
import { refuse } from "./refusal.ts";
import type { ExportedKey, Rows } from "./rows.ts";
import { groupKey, type HiddenKey } from "./scope.ts";
import type { Source } from "./source.ts";
import type { StatementContext } from "./statement.ts";
import { isSymbol, keyword } from "./tokens.ts";

/** What nothing reaches, for LIMIT and OFFSET: their sum is a bigint. */
const ENDLESS = 2n ** 61n;
const tooMany = (most: number): string => `OFFSET skips more than ${most} protected rows`;
/** Before it, in an error that the server is made to raise (see {@link skipsTooMany}). */
const MARK = "whosaw: ";
const KEYSET = "page by key: WHERE id > last_id_seen ORDER BY id LIMIT n";

/** Whether the query has an OFFSET that may skip something. */
export function skips(select: SelectStmt): boolean {
  return select.limitOffset !== undefined && !isNothing(select.limitOffset);
}

/** Whether computing its LIMIT and OFFSET may fail: they are more than plain numbers. */
export function mayFail(select: SelectStmt): boolean {
  return [limitOf(select), quantity(select.limitOffset, "OFFSET")].some(
    (of) => of !== undefined && (of.value === undefined || of.value < 0n),
  );
}

function limitOf(select: SelectStmt): Quantity | undefined {
  return select.limitCount && !isNull(select.limitCount) ? quantity(select.limitCount, "LIMIT") : undefined;
}

/** The refusal in place of an error of the server's with that message, or undefined if it is about something else. */
export function skipsTooMany(message: string | undefined): WhosawError | undefined {
  const found = [LIMITS.skippedRowsMax, LIMITS.skippedRowsInsideMax]
    .map(tooMany)
    .find((reason) => message?.includes(MARK + reason));
  return found === undefined ? undefined : new WhosawError("REFUSED", found, { hint: KEYSET });
}

/**
 * Writes the query that adds the keys of skipped rows to the first row after them. Inside of another query, to every row:
 * there the first one may come last, and whoever asks for one row only would never see it.
 * @param inside it is not the query whose rows reach the client
 * @param rows what the query returns, its own companions written
 * @returns the same with a further array companion for each key
 * @throws WhosawError REFUSED
 */
export function skipRows(statement: StatementContext, select: SelectStmt, rows: Rows, inside: boolean): Rows {
  const offset = quantity(select.limitOffset, "OFFSET");
  const limit = limitOf(select);
  const most = inside ? LIMITS.skippedRowsInsideMax : LIMITS.skippedRowsMax;
  if (offset.value !== undefined && offset.value > BigInt(most)) refuse(tooMany(most), KEYSET);
  const observing = statement.context.mode === "observe";
  if (inside && observing && offset.value === undefined)
    refuse("nothing may stop this OFFSET, and the rows that it skips would come with every row", KEYSET);
  if (select.lockingClause && statement.declares)
    refuse("a cursor locks rows and skips some with OFFSET", "leave out OFFSET, or FOR UPDATE");
  const ties = select.limitOption === "LIMIT_OPTION_WITH_TIES";
  const query = statement.freshName();
  const count = sqlOf(offset);
  const keys = rows.keys.map((key): ExportedKey => ({ ...key, name: statement.freshName(), array: true }));
  const first = offset.value === undefined ? `(${count} OPERATOR(pg_catalog.+) 1)` : String(offset.value + 1n);
  const hidden = rows.keys.map((key, i) => {
    const skipped = `(select ${allKeys(key)} from (select ${query}.${key.name} from ${query} limit ${count}) as ${query})`;
    const once = `case when pg_catalog.row_number() over () OPERATOR(pg_catalog.=) ${first} then ${skipped} end`;
    return `, ${inside ? skipped : once} as ${keys[i]?.name}`;
  });
  wrap(statement, select, {
    query,
    // In observe whatever number a parameter is passes, and all who are skipped are recorded.
    limit: reach(offset, limit, ties, observing ? undefined : most),
    ties,
    outputs: `${query}.*${hidden.join("")}`,
  });
  return { ...rows, keys: [...rows.keys, ...keys] };
}

/** The keys of all rows of a subquery, as one array companion. */
function allKeys(key: ExportedKey): string {
  const hidden: HiddenKey = { ...key, sql: `(${key.name})::pg_catalog.text`, plain: undefined, absent: true };
  return groupKey(hidden).sql;
}

/** Something that can be added to another without an error; NULL is endless. What is negative stays so. */
const bounded = (sql: string): string => `greatest(least(${sql}, ${ENDLESS}), -1)`;

/** How many rows are skipped. */
function sqlOf(offset: Quantity): string {
  return offset.value === undefined || offset.value < 0n
    ? bounded(`coalesce((${offset.sql})::pg_catalog.int8, 0)`)
    : String(offset.value);
}

/**
 * The last row that the page reaches; undefined if the rows have no end. What the client wrote is judged by the LIMIT and
 * the OFFSET around it, before any of this is computed.
 */
function reach(
  offset: Quantity,
  limit: Quantity | undefined,
  ties: boolean,
  most: number | undefined,
): string | undefined {
  const page = limit && pageEnd(offset, limit, ties);
  if (offset.value !== undefined || most === undefined) return page;
  const count = sqlOf(offset);
  // Depends on the parameter, that the server may not compute it while planning.
  const complaint = `('${MARK}${tooMany(most)}' OPERATOR(pg_catalog.||) pg_catalog.left(${count}::pg_catalog.text, 0))::pg_catalog.int8`;
  return `case when ${count} OPERATOR(pg_catalog.>) ${most} then ${complaint} else ${page ?? "null"} end`;
}

function pageEnd(offset: Quantity, limit: Quantity, ties: boolean): string {
  if (offset.value !== undefined && limit.value !== undefined && limit.value > 0n)
    return String((limit.value < ENDLESS ? limit.value : ENDLESS) + offset.value);
  const rows = bounded(`(${limit.sql})::pg_catalog.int8`);
  const end = `${rows} OPERATOR(pg_catalog.+) ${sqlOf(offset)}`;
  // Ties are with the last row of the page: where it has none, not with the last one skipped.
  return ties ? `case when ${rows} OPERATOR(pg_catalog.<=) 0 then ${rows} else ${end} end` : end;
}

interface Around {
  /** Name of the query within. */
  readonly query: string;
  readonly limit: string | undefined;
  readonly ties: boolean;
  readonly outputs: string;
}

/** Puts the query into a CTE, up to its LIMIT or OFFSET, and its locking clause with it. */
function wrap(
  { source, splices }: StatementContext,
  select: SelectStmt,
  { query, limit, ties, outputs }: Around,
): void {
  const start = queryStart(source, source.tokenAt(leftmost(select.limitOffset)));
  const clauses = source.next(start, "limit", "offset", "fetch");
  const end = source.afterReturning(clauses);
  checkBrackets(source, select, { start, clauses, end });
  const locking = source.next(clauses, "for");
  let locks = "";
  if (locking < end) {
    locks = ` ${source.text.slice(source.start(locking), source.end(end - 1))}`;
    splices.replace(source.start(locking), source.end(end - 1), "");
  }
  if (ties) {
    // The rows within end with the ties of the last one: nothing is left to be cut off behind them.
    const fetch = source.next(clauses, "fetch");
    splices.replace(source.start(fetch), source.end(source.next(fetch, "ties")), "");
  }
  const bound = limit === undefined ? "" : ties ? ` fetch first (${limit}) rows with ties` : ` limit ${limit}`;
  splices.insert(source.start(start), `with ${query} as materialized (`);
  splices.insert(
    source.end(clauses - 1),
    `${bound}${locks}) select ${outputs} from ${query}${source.gapBefore(clauses)}`,
  );
}

/**
 * Brackets may stand around some clauses only, `(SELECT ... OFFSET 5) ORDER BY a`, and all of them belong to one query.
 * @throws WhosawError REFUSED where they do
 */
function checkBrackets(
  source: Source,
  select: SelectStmt,
  { start, clauses, end }: { start: number; clauses: number; end: number },
): void {
  const limit = source.next(clauses, "limit", "fetch") < end;
  const order = select.sortClause ? source.tokenAt(leftmost(select.sortClause)) : start;
  let locks = 0;
  for (let at = source.next(start, "for"); at < end; at = source.next(at + 1, "for")) locks++;
  if (
    limit === (select.limitCount !== undefined) &&
    order >= start &&
    order < clauses &&
    locks === (select.lockingClause?.length ?? 0)
  )
    return;
  refuse("OFFSET and the query's other clauses stand inside and outside of brackets", "leave out the brackets");
}

/** From a token of the OFFSET clause: the first token of the query that it belongs to, WITH and brackets included. */
function queryStart(source: Source, token: number): number {
  const { tokens } = source;
  let offset = token;
  while (offset > 0 && keyword(tokens, offset) !== "offset") offset--;
  let start = offset;
  for (let depth = 0; start > 0; start--) {
    if (isSymbol(tokens, start - 1, ")") || isSymbol(tokens, start - 1, "]")) depth++;
    else if (isSymbol(tokens, start - 1, "(") || isSymbol(tokens, start - 1, "[")) {
      if (depth === 0) return start;
      depth--;
    } else if (depth === 0 && isSymbol(tokens, start - 1, ";")) break;
  }
  // DECLARE c CURSOR FOR, PREPARE p AS
  if (keyword(tokens, start) === "declare") return source.next(start, "for") + 1;
  if (keyword(tokens, start) === "prepare") return source.next(start, "as") + 1;
  return start;
}

/** The first byte that a part of the tree comes from. */
function leftmost(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  let first: number | undefined;
  for (const [key, child] of Object.entries(value)) {
    const found = key === "location" && typeof child === "number" && child >= 0 ? child : leftmost(child);
    if (found !== undefined && (first === undefined || found < first)) first = found;
  }
  return first;
}
