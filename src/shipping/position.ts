/** Where shipping of a log goes on, once it is clear that what columns hold is of this very log. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Columns } from "../columns/columns.ts";
import { number32 } from "../columns/numbers.ts";
import { highestIndex, lastStatement, shippedUpTo } from "../columns/queries/position.ts";
import { dayNumber } from "../ledger/day-keys.ts";
import { ENTRY_KINDS } from "../ledger/entry.ts";
import { LogReader, type ReadEntry } from "../ledger/read.ts";
import { type HighestIndexes, NOTHING_YET } from "./batch.ts";
import type { LogSource } from "./batch-reader.ts";

export interface Position {
  /** The first entry that is not shipped. */
  readonly next: number;
  /** What of the entries from there on is in columns all the same. */
  readonly after: HighestIndexes;
}

/**
 * The first entry of a log that is not in columns.
 * @throws WhosawError STORE_MISMATCH, NOT_FOUND (no log), COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function shippedNext(columns: Columns, log: LogSource): Promise<number> {
  return nextOf(columns, log, await LogReader.open(log.dir, log));
}

/**
 * The same, with what columns hold beyond: what a stop in the middle of a batch has left.
 * @throws WhosawError STORE_MISMATCH where columns hold another log, or more of this one than there is; NOT_FOUND (no log
 * yet), COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function findPosition(columns: Columns, log: LogSource): Promise<Position> {
  const reader = await LogReader.open(log.dir, log);
  const number = number32(log.origin);
  const next = await nextOf(columns, log, reader);
  const first = await reader.entry(next);
  if (first === undefined) return { next, after: NOTHING_YET };
  const highest = async (table: keyof HighestIndexes): Promise<number> =>
    (await highestIndex(columns, table, number, log.imports === undefined ? first.timeMs : undefined)) ?? -1;
  return {
    next,
    after: {
      disclosures: await highest("disclosures"),
      disclosures_by_actor: await highest("disclosures_by_actor"),
      statements: await highest("statements"),
    },
  };
}

async function nextOf(columns: Columns, log: LogSource, reader: LogReader): Promise<number> {
  const next = (await shippedUpTo(columns)).get(number32(log.origin)) ?? 0;
  await checkSame(columns, log, reader, next);
  return next;
}

async function checkSame(columns: Columns, log: LogSource, reader: LogReader, next: number): Promise<void> {
  const { dir, origin } = log;
  if (reader.origin !== origin) throw mismatch(`The ledger in ${dir} is ${reader.origin}, not ${origin}.`);
  const size = await reader.checkpointSize();
  if (size < next) throw mismatch(`Columns hold ${next} entries of ${origin}; the ledger in ${dir} has ${size}.`);
  const last = await lastStatement(columns, number32(origin), next, LIMITS.shippedBatchEntriesMax);
  if (last === undefined || stoodThen(await reader.entry(last.index), last.atMs, log)) return;
  throw mismatch(`Columns hold another log under the name ${origin}: entry ${last.index} is of another time.`);
}

/** Of an imported entry the rows have the time; which can be read as long as its day can. */
function stoodThen(read: ReadEntry | undefined, atMs: number, { imports }: LogSource): boolean {
  if (imports === undefined) return read?.timeMs === atMs;
  if (read?.kind !== ENTRY_KINDS.imported) return false;
  return read.entry?.kind !== "imported" || dayNumber(read.entry.atMs) === dayNumber(atMs);
}

function mismatch(message: string): WhosawError {
  return new WhosawError("STORE_MISMATCH", message, {
    hint: "If an old copy of the ledger was put back, put the newest one back. If this ledger is the right one, run `whosaw ledger reindex`.",
  });
}
