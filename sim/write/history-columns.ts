/** Columns of a history: rows gather in one block while the block before is on its way in. */
import type { Columns } from "../../src/columns/columns.ts";
import { putForm, putName, putShipped } from "../../src/columns/encode.ts";
import { number32, number64 } from "../../src/columns/numbers.ts";
import { namedStratum } from "../../src/columns/stratum.ts";
import { TsvWriter } from "../../src/columns/tsv.ts";
import type { ActorId } from "../../src/ledger/entry.ts";
import { formNumber } from "../../src/shipping/form-number.ts";
import { ColumnsFiller } from "./columns-filler.ts";
import { DisclosureRows, type Places, type ShownEntry, StatementRows, Words } from "./history-rows.ts";
import { keyOfSubject, TICKET_PREFIX } from "./history.ts";
import { pageForm, shapeOf, SHAPES, SUBJECT_KIND } from "./pages.ts";

/** Rows of one INSERT: sorted in memory, and one part on disk. */
const BLOCK_ROWS = 2_000_000;

/** A name for each of a subject's values, in the order of the configuration. */
export interface NamedStrata {
  readonly names: readonly string[];
  /** By number of the stratum. */
  readonly values: readonly (readonly string[])[];
  readonly stratumOf: (subject: number) => number;
}

export interface HistoryColumnsOptions {
  readonly columns: Columns;
  readonly origin: string;
  /** By place of the staff. */
  readonly actors: readonly ActorId[];
  /** Blocks of rows stand there on their way in; the engine takes no path with * ? or braces. */
  readonly scratch: string;
  /** Rows of one INSERT; only tests want fewer. */
  readonly blockRows?: number;
}

/** One log's rows. */
export class HistoryColumns {
  readonly #options: HistoryColumnsOptions;
  readonly #filler: ColumnsFiller;
  readonly #places: Places;
  readonly #blockRows: number;
  #disclosures: DisclosureRows;
  #statements: StatementRows;
  /** The block that is not being filled. */
  #spare: { disclosures: DisclosureRows; statements: StatementRows };
  #firstMs = Infinity;
  #lastMs = -Infinity;
  #inserting: Promise<void> = Promise.resolve();
  readonly #formsUsed = new Set<number>();
  readonly #actorsSeen = new Set<number>();

  private constructor(options: HistoryColumnsOptions, filler: ColumnsFiller) {
    this.#options = options;
    this.#filler = filler;
    this.#blockRows = options.blockRows ?? BLOCK_ROWS;
    this.#places = { actors: new Words(options.actors.map(number64)), forms: new Words(FORM_NUMBERS) };
    const block = () => ({
      disclosures: new DisclosureRows(this.#blockRows, this.#places),
      statements: new StatementRows(this.#blockRows, this.#places),
    });
    ({ disclosures: this.#disclosures, statements: this.#statements } = block());
    this.#spare = block();
  }

  /** @param options.columns embedded and empty; closed by its owner */
  static async open(options: HistoryColumnsOptions): Promise<HistoryColumns> {
    const of = { log: number32(options.origin), kind: number32(SUBJECT_KIND), ticketPrefix: TICKET_PREFIX };
    return new HistoryColumns(options, await ColumnsFiller.open(options.columns, of, options.scratch));
  }

  /** Every customer's stratum, as the control plane would have read it from the database. */
  async strata(customers: number, { names, values, stratumOf }: NamedStrata, atMs: number): Promise<void> {
    const numbers = values.map((value) => namedStratum(SUBJECT_KIND, names, value).number);
    const room = Math.min(customers, this.#blockRows);
    const [subject, stratum] = [new Float64Array(room), new Uint32Array(room)];
    for (let from = 0; from < customers; from += room) {
      const rows = Math.min(room, customers - from);
      for (let row = 0; row < rows; row += 1) {
        subject[row] = keyOfSubject(from + row);
        stratum[row] = numbers[stratumOf(from + row)]!;
      }
      const block = [
        { name: "subject", type: "Float64", values: subject },
        { name: "stratum", type: "UInt32", values: stratum },
      ] as const;
      await this.#filler.strata(block, rows, atMs);
    }
  }

  /** `flush` is due. */
  get full(): boolean {
    return this.#disclosures.rows >= this.#blockRows;
  }

  statement(atMs: number, entry: number, actor: number, shape: number, ticket: number): void {
    this.#statements.add(atMs, entry, actor, shape, ticket);
    this.#formsUsed.add(shape);
    this.#actorsSeen.add(actor);
  }

  /** @param keys ascending */
  disclosed(shown: ShownEntry, keys: readonly number[]): void {
    this.#firstMs = Math.min(this.#firstMs, shown.atMs);
    this.#lastMs = shown.atMs;
    this.#disclosures.add(shown, keys);
  }

  /** Sends the block on its way, and waits for the one before. */
  async flush(): Promise<void> {
    await this.#inserting;
    const [disclosures, statements, firstMs, lastMs] = [
      this.#disclosures,
      this.#statements,
      this.#firstMs,
      this.#lastMs,
    ];
    ({ disclosures: this.#disclosures, statements: this.#statements } = this.#spare);
    this.#spare = { disclosures, statements };
    this.#disclosures.rows = 0;
    this.#statements.rows = 0;
    this.#firstMs = Infinity;
    this.#inserting = this.#insert(disclosures, statements, firstMs, lastMs);
    // Met by the next flush.
    this.#inserting.catch(() => undefined);
  }

  async #insert(
    disclosures: DisclosureRows,
    statements: StatementRows,
    firstMs: number,
    lastMs: number,
  ): Promise<void> {
    if (disclosures.rows > 0) await this.#filler.disclosures(disclosures, firstMs, lastMs);
    await this.#filler.statements(statements);
  }

  /**
   * What is left, names, and last the word that all of the log is there.
   * @param next entries of the log. @param atMs time of the last one
   */
  async close(next: number, atMs: number): Promise<void> {
    await this.flush();
    await this.#inserting;
    await this.#filler.close();
    const { columns, origin, actors } = this.#options;
    const rows = new TsvWriter();
    for (const actor of this.#actorsSeen) putName(rows, number64(actors[actor]!), actors[actor]!);
    await columns.insert("actors", rows.take());
    for (const shape of this.#formsUsed) putForm(rows, formRow(shape));
    await columns.insert("forms", rows.take());
    putName(rows, number32(SUBJECT_KIND), SUBJECT_KIND);
    await columns.insert("kinds", rows.take());
    putName(rows, number32(origin), origin);
    await columns.insert("logs", rows.take());
    putShipped(rows, { log: number32(origin), next, atMs });
    await columns.insert("shipped", rows.take());
  }
}

const FORM_NUMBERS = Array.from({ length: SHAPES }, (_, shape) => formNumber(pageForm(shapeOf(shape), "")));

function formRow(shape: number): Parameters<typeof putForm>[1] {
  const { uses, scope, text } = pageForm(shapeOf(shape), "");
  const [use] = uses;
  const { table = "", subjectKind = "", clear = [], masked = [], predicate = [] } = use ?? {};
  return { form: FORM_NUMBERS[shape]!, use: 0, table, kind: subjectKind, clear, masked, predicate, scope, text };
}
