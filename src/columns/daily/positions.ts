/**
 * Which disclosures an aggregate holds: of each log, all entries before one. What has come since stands behind that entry,
 * whatever its day, so that both together are all there is.
 */
import { DAY_MS } from "../../base/clock.ts";
import type { Columns } from "../columns.ts";
import { type LogWindow, within } from "../queries/sightings.ts";
import { PARTITION_DAYS } from "../schema.ts";

export interface Reached {
  /** number32 of its origin. */
  readonly log: number;
  /** Entries before it. */
  readonly next: number;
  /** Entries from there on are no older. */
  readonly atMs: number;
}

/** What of each log may still be read; a log without is read whole. */
export type Readable = ReadonlyMap<number, Pick<LogWindow, "readableMs" | "readableEntries">>;

const ALWAYS: Pick<LogWindow, "readableMs" | "readableEntries"> = { readableMs: [[0, Number.MAX_SAFE_INTEGER]] };

/** How far every log has arrived. */
export async function arrived(columns: Columns): Promise<readonly Reached[]> {
  const rows = await columns.select(
    "SELECT log, max(next) AS last, argMax(at, next) AS time FROM shipped GROUP BY log ORDER BY log",
  );
  return rows.map(([log, next, atMs]) => ({ log: Number(log), next: Number(next), atMs: Number(atMs) }));
}

/** Days that disclosures may lie in, of all kinds: from the one on, up to and with the other; undefined for none. */
export async function daysHeld(columns: Columns): Promise<readonly [first: number, last: number] | undefined> {
  const rows = await columns.select(
    "SELECT min(toInt64(partition)) AS a, max(toInt64(partition)) AS b, count() AS parts FROM system.parts WHERE database = currentDatabase() AND active AND rows > 0 AND table = 'disclosures'",
  );
  const [first, last, parts] = (rows[0] ?? []).map(Number);
  if (first === undefined || last === undefined || (parts ?? 0) === 0) return undefined;
  return [first * PARTITION_DAYS, (last + 1) * PARTITION_DAYS - 1];
}

/** ` AND ...` for what is readable of the entries before these. */
export function upTo(reached: readonly Reached[], readable: Readable): string {
  const logs = reached.map(({ log, next }) => ({ log, next, ...(readable.get(log) ?? ALWAYS) }));
  return within({ logs });
}

/** Since when each log may be read; of imports rows of any time may be. */
export function readableSince(readable: Readable): readonly (readonly [log: number, ms: number])[] {
  return [...readable].map(([log, { readableMs, readableEntries }]) => [
    log,
    readableEntries === undefined ? (readableMs[0]?.[0] ?? Number.MAX_SAFE_INTEGER) : 0,
  ]);
}

/**
 * ` AND ...` for entries from the one on and before the other, in days [firstDay, endDay); undefined if there can be none.
 * @param since logs that it lacks are read from their beginning
 */
export function between(
  since: readonly Reached[],
  until: readonly Reached[],
  readable: Readable,
  [firstDay, endDay]: readonly [number, number],
): string | undefined {
  const [fromMs, toMs] = [firstDay * DAY_MS, endDay * DAY_MS];
  const before = new Map(since.map((reached) => [reached.log, reached]));
  const conditions: string[] = [];
  let earliest = toMs;
  for (const { log, next } of until) {
    const { next: from, atMs } = before.get(log) ?? { next: 0, atMs: 0 };
    if (next <= from || atMs >= toMs) continue;
    earliest = Math.min(earliest, Math.max(atMs, fromMs));
    conditions.push(`(log = ${log} AND entry >= ${from})`);
  }
  if (conditions.length === 0) return undefined;
  return ` AND at >= ${earliest} AND at < ${toMs} AND (${conditions.join(" OR ")})${upTo(until, readable)}`;
}
