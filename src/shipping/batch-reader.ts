/** Reads a stretch of one log as batches: the part of shipping that costs processor time, here or in a thread. */
import { LIMITS } from "../base/limits.ts";
import { number32 } from "../columns/numbers.ts";
import type { Config } from "../config/config.ts";
import { dayNumber } from "../ledger/day-keys.ts";
import { LogReader, type ReadEntry } from "../ledger/read.ts";
import { type Batch, BatchBuilder, type HighestIndexes } from "./batch.ts";
import { FieldClasses } from "./field-classes.ts";
import { Flattener, type RowSink } from "./flatten.ts";

/** A log as whoever reads it needs it. Plain data: it goes to threads. */
export interface LogSource {
  /** Absolute path of its directory. */
  readonly dir: string;
  readonly origin: string;
  readonly masterKey: Uint8Array;
}

/** What of the configuration decides how rows look. Plain data. */
export type RowRules = Pick<Config["classification"], "subjects">;

/** Entries [from, to) are wanted, as many as one batch takes. */
export interface Stretch {
  readonly from: number;
  /** At most the checkpoint's size. */
  readonly to: number;
  readonly after: HighestIndexes;
}

export class BatchReader {
  readonly #log: LogSource;
  readonly #flattener: Flattener;
  /** What the last batch had no room for, opened already. */
  #rest: readonly ReadEntry[] = [];

  constructor(log: LogSource, rules: RowRules) {
    this.#log = log;
    this.#flattener = new Flattener(number32(log.origin), new FieldClasses(rules));
  }

  /**
   * The batch that begins at `from` and ends before `to`, with another day, or when it is full.
   * @throws WhosawError NOT_FOUND, LEDGER_KEY_LOST, LEDGER_DAMAGED
   */
  async read({ from, to, after }: Stretch): Promise<Batch> {
    // Anew for each batch: it keeps the keys of days, and a day may have been destroyed since.
    const reader = await LogReader.open(this.#log.dir, this.#log);
    const builder = new BatchBuilder(after);
    let next = from;
    let atMs = 0;
    for await (const run of this.#runs(reader, from, to)) {
      for (const [i, entry] of run.entries()) {
        const anotherDay = next > from && dayNumber(entry.timeMs) !== dayNumber(atMs);
        if (anotherDay || builder.bytes >= LIMITS.shippedBatchBytes || next - from >= LIMITS.shippedBatchEntriesMax) {
          this.#rest = run.slice(i);
          return builder.finish(from, next, atMs);
        }
        const missing = this.#flattener.take(entry, builder);
        if (missing !== undefined) await takeLookingBack(this.#flattener, missing, entry, builder, reader);
        next += 1;
        atMs = entry.timeMs;
      }
    }
    return builder.finish(from, next, atMs);
  }

  async *#runs(reader: LogReader, from: number, to: number): AsyncGenerator<readonly ReadEntry[]> {
    const rest = this.#rest[0]?.index === from ? this.#rest : [];
    this.#rest = [];
    if (rest.length > 0) yield rest.slice(0, to - from);
    if (from + rest.length < to) yield* reader.runs(from + rest.length, to);
  }
}

/** Takes an entry that refers to ones far behind it. @param missing what `take` has asked for */
export async function takeLookingBack(
  flattener: Flattener,
  missing: number,
  entry: ReadEntry,
  sink: RowSink,
  reader: LogReader,
): Promise<void> {
  for (let wanted: number | undefined = missing; wanted !== undefined; wanted = flattener.take(entry, sink)) {
    const earlier = wanted < entry.index ? await reader.entry(wanted) : undefined;
    const { timeMs, kind } = entry;
    flattener.remember(earlier ?? { index: wanted, timeMs, kind, entry: undefined });
  }
}
