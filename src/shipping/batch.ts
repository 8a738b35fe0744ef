/** One batch for columns: rows of one log and one day as TabSeparated text, in the order in which they are inserted. */
import { putDisclosure, putStatement } from "../columns/encode.ts";
import type { DisclosureRow, FormRow, StatementRow } from "../columns/rows.ts";
import { TsvWriter } from "../columns/tsv.ts";
import type { IndexRange } from "../ledger/imports.ts";
import type { Numbered, RowSink } from "./flatten.ts";

/** The tables that hold rows of entries: each is resumed behind its own highest index. */
export const ENTRY_TABLES = ["disclosures", "disclosures_by_actor", "statements"] as const;
type EntryTable = (typeof ENTRY_TABLES)[number];

/** The highest index of a log that each table holds; -1 for none. */
export type HighestIndexes = Readonly<Record<EntryTable, number>>;

export const NOTHING_YET: HighestIndexes = { disclosures: -1, disclosures_by_actor: -1, statements: -1 };

/** Plain data: it comes from threads. */
export interface Batch {
  /** Entries [from, next) are in it. */
  readonly from: number;
  readonly next: number;
  /** Of its last entry. */
  readonly atMs: number;
  /** Rows of later entries are no older than this. */
  readonly laterFromMs: number;
  readonly rows: Readonly<Record<EntryTable, Uint8Array>>;
  /** What the rows name by number: most of it is in columns since long ago. */
  readonly actors: ReadonlyMap<bigint, string>;
  readonly kinds: ReadonlyMap<bigint, string>;
  readonly forms: ReadonlyMap<bigint, readonly FormRow[]>;
  /** Entries whose rows leave columns: their import was undone. */
  readonly undone: readonly IndexRange[];
}

/** Gathers rows until the batch is full. */
export class BatchBuilder implements RowSink {
  readonly #after: HighestIndexes;
  readonly #disclosures = new TsvWriter();
  /** The same rows, unless the two tables were left at different entries. */
  readonly #byActor: TsvWriter | undefined;
  readonly #statements = new TsvWriter();
  readonly #actors = new Map<bigint, string>();
  readonly #kinds = new Map<bigint, string>();
  readonly #forms = new Map<bigint, readonly FormRow[]>();
  #undone: readonly IndexRange[] = [];

  /** @param after rows up to these indexes are in columns already, from a run that did not finish its batch */
  constructor(after: HighestIndexes) {
    this.#after = after;
    this.#byActor = after.disclosures === after.disclosures_by_actor ? undefined : new TsvWriter();
  }

  /** Bytes of the longest table. */
  get bytes(): number {
    return Math.max(this.#disclosures.length, this.#byActor?.length ?? 0, this.#statements.length);
  }

  disclosure(row: DisclosureRow): void {
    if (row.index > this.#after.disclosures) putDisclosure(this.#disclosures, row);
    if (this.#byActor !== undefined && row.index > this.#after.disclosures_by_actor) putDisclosure(this.#byActor, row);
  }

  statement(row: StatementRow): void {
    if (row.index > this.#after.statements) putStatement(this.#statements, row);
  }

  actor({ number, name }: Numbered): void {
    this.#actors.set(number, name);
  }

  kind({ number, name }: Numbered): void {
    this.#kinds.set(number, name);
  }

  form(form: bigint, rows: readonly FormRow[]): void {
    this.#forms.set(form, rows);
  }

  undo(entries: readonly IndexRange[]): void {
    this.#undone = entries;
  }

  /** What was gathered, as the batch of the entries [from, next). */
  finish(from: number, next: number, atMs: number, laterFromMs = atMs): Batch {
    const disclosures = this.#disclosures.take();
    const rows = {
      disclosures,
      disclosures_by_actor: this.#byActor?.take() ?? disclosures,
      statements: this.#statements.take(),
    };
    return {
      from,
      next,
      atMs,
      laterFromMs,
      rows,
      actors: this.#actors,
      kinds: this.#kinds,
      forms: this.#forms,
      undone: this.#undone,
    };
  }
}
