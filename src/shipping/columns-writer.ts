/** Puts batches into columns, one after the other, in the order that makes a stop in between harmless. */
import { LIMITS } from "../base/limits.ts";
import { Recent } from "../base/recent.ts";
import type { Columns, ColumnsTable } from "../columns/columns.ts";
import { putForm, putName, putShipped } from "../columns/encode.ts";
import { forgetEntries } from "../columns/forget.ts";
import { TsvWriter } from "../columns/tsv.ts";
import { type Batch, ENTRY_TABLES } from "./batch.ts";

type NameTable = "forms" | "actors" | "kinds" | "logs";

/** One for each `Columns`, whatever number of logs is shipped to it. */
export class ColumnsWriter {
  readonly #columns: Columns;
  readonly #text = new TsvWriter();
  /** Names that are there. To put one there again does no harm. */
  readonly #known: Readonly<Record<NameTable, Recent<bigint, true>>> = {
    forms: new Recent(LIMITS.shippedFormsCachedMax),
    actors: new Recent(LIMITS.shippedActorsCachedMax),
    kinds: new Recent(LIMITS.shippedFormsCachedMax),
    logs: new Recent(LIMITS.shippedFormsCachedMax),
  };
  #last: Promise<unknown> = Promise.resolve();

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  /**
   * Puts one batch of a log in. On return all of it is there.
   * What answers read is what `shipped` speaks of, and that comes last. Each INSERT arrives whole or not at all, and all of
   * these come in one order: so after a stop, the highest index of each table says whether it has its part.
   * @param log number32 of its origin
   * @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED
   */
  put(log: number, origin: string, batch: Batch): Promise<void> {
    // Logs take turns, for their batches share names and the writer's buffer.
    const done = this.#last.then(() => this.#put(log, origin, batch));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Columns may have lost what was put there: every name is put there again. */
  forget(): void {
    for (const known of Object.values(this.#known)) known.clear();
  }

  async #put(
    log: number,
    origin: string,
    { rows, actors, kinds, forms, undone, next, laterFromMs }: Batch,
  ): Promise<void> {
    for (const table of ENTRY_TABLES) await this.#columns.insert(table, asBuffer(rows[table]));
    await this.#names("logs", [[BigInt(log), origin]]);
    await this.#names("kinds", kinds);
    await this.#names("actors", actors);
    await this.#missing("forms", forms, (_, uses) => uses.forEach((use) => putForm(this.#text, use)));
    if (undone.length > 0) await forgetEntries(this.#columns, log, undone);
    putShipped(this.#text, { log, next, atMs: laterFromMs });
    await this.#columns.insert("shipped", this.#text.take());
  }

  #names(table: Exclude<NameTable, "forms">, names: Iterable<readonly [bigint, string]>): Promise<void> {
    return this.#missing(table, names, (number, name) => putName(this.#text, number, name));
  }

  async #missing<V>(
    table: NameTable & ColumnsTable,
    named: Iterable<readonly [bigint, V]>,
    write: (number: bigint, value: V) => void,
  ): Promise<void> {
    const known = this.#known[table];
    const missing = [...named].filter(([number]) => known.get(number) === undefined);
    for (const [number, value] of missing) write(number, value);
    await this.#columns.insert(table, this.#text.take());
    for (const [number] of missing) known.set(number, true);
  }
}

/** Threads hand over plain arrays of bytes. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
