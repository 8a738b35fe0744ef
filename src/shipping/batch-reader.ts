/** Reads a stretch of one log as batches: the part of shipping that costs processor time, here or in a thread. */
import { LIMITS } from "../base/limits.ts";
import { number32 } from "../columns/numbers.ts";
import { partitionOf } from "../columns/schema.ts";
import type { Config } from "../config/config.ts";
import { dayNumber } from "../ledger/day-keys.ts";
import { ENTRY_KINDS } from "../ledger/entry.ts";
import { importsIn, type IndexRange, inRanges } from "../ledger/imports.ts";
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
  /** It holds disclosures from files, with times of their own. */
  readonly imports?: true;
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
  /** Entries of imports that were undone, as of a length of the log. */
  #undone: { readonly to: number; readonly ranges: readonly IndexRange[] } = { to: 0, ranges: [] };

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
    const undone = await this.#undoneBefore(to, reader);
    let next = from;
    let atMs = 0;
    let partition: number | undefined;
    for await (const run of this.#runs(reader, from, to)) {
      for (const [i, entry] of run.entries()) {
        const its = this.#partitionOf(entry);
        const another = its !== undefined && partition !== undefined && its !== partition;
        if (another || builder.bytes >= LIMITS.shippedBatchBytes || next - from >= LIMITS.shippedBatchEntriesMax) {
          this.#rest = run.slice(i);
          return this.#finish(builder, from, next, atMs);
        }
        if (!this.#skips(entry, undone)) await this.#take(entry, builder, reader);
        next += 1;
        atMs = entry.timeMs;
        partition = its ?? partition;
      }
    }
    return this.#finish(builder, from, next, atMs);
  }

  /** Rows of imports may be as old as they like. */
  #finish(builder: BatchBuilder, from: number, next: number, atMs: number): Batch {
    return builder.finish(from, next, atMs, this.#log.imports === undefined ? atMs : 0);
  }

  async #take(read: ReadEntry, builder: BatchBuilder, reader: LogReader): Promise<void> {
    const missing = this.#flattener.take(read, builder);
    if (missing !== undefined) await takeLookingBack(this.#flattener, missing, read, builder, reader);
    // What was shipped before it was undone.
    if (read.entry?.kind === "import-undone") builder.undo(this.#undone.ranges);
  }

  /** Nobody watches a log of imports between two of them: its silences hide nothing. */
  #skips({ index, kind }: ReadEntry, undone: readonly IndexRange[]): boolean {
    return this.#log.imports !== undefined && (kind === ENTRY_KINDS.gap || inRanges(undone, index));
  }

  /** Rows of one batch are of one: a day of the log, or, of imports, the partition of the rows' own time. */
  #partitionOf({ timeMs, kind, entry }: ReadEntry): number | undefined {
    if (this.#log.imports === undefined) return dayNumber(timeMs);
    if (kind !== ENTRY_KINDS.imported) return undefined;
    return partitionOf(entry?.kind === "imported" ? entry.atMs : timeMs);
  }

  async #undoneBefore(to: number, reader: LogReader): Promise<readonly IndexRange[]> {
    if (this.#log.imports === undefined) return [];
    if (this.#undone.to < to) this.#undone = { to, ranges: (await importsIn(reader, to)).undone };
    return this.#undone.ranges;
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
