/**
 * Rows into embedded columns, past shipping: a block of rows is a file in the engine's own format, which each of the two
 * tables of disclosures reads and sorts for itself. What arrives is what shipping would have sent.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DAY_MS } from "../../src/base/clock.ts";
import type { Columns, ColumnsTable } from "../../src/columns/columns.ts";
import { DECISIONS, GRADES, KEY_TYPES } from "../../src/columns/rows.ts";
import type { DisclosureRows, StatementRows } from "./history-rows.ts";
import { type NativeColumn, nativeBlock, structureOf } from "./native-block.ts";

/** Tables whose parts are merged once, when their partition is whole. */
const PARTITIONED = ["disclosures", "disclosures_by_actor", "statements"] as const;
/** As schema.ts parts them. */
const PARTITION_MS = 30 * DAY_MS;

export interface FilledLog {
  /** number32 of its origin. */
  readonly log: number;
  /** number32 of the subjects' kind. */
  readonly kind: number;
  /** What stands before a ticket's number. */
  readonly ticketPrefix: string;
}

export class ColumnsFiller {
  readonly #columns: Columns;
  readonly #of: FilledLog;
  readonly #folder: string;
  #files = 0;
  /** Partitions that hold rows and are not merged. */
  readonly #open = new Set<number>();
  #merging: Promise<void> = Promise.resolve();

  private constructor(columns: Columns, of: FilledLog, folder: string) {
    this.#columns = columns;
    this.#of = of;
    this.#folder = folder;
  }

  /**
   * @param columns embedded and empty
   * @param scratch a directory for blocks on their way in
   */
  static async open(columns: Columns, of: FilledLog, scratch: string): Promise<ColumnsFiller> {
    for (const table of PARTITIONED) await columns.command(`SYSTEM STOP MERGES ${table}`);
    return new ColumnsFiller(columns, of, await mkdtemp(join(scratch, "whosaw-blocks-")));
  }

  /** @param firstMs of the earliest row; partitions before its own get no more rows. @param lastMs of the latest */
  async disclosures({ columns, rows }: DisclosureRows, firstMs: number, lastMs: number): Promise<void> {
    const { log, kind } = this.#of;
    const values = `toUInt32(${kind}), toUInt8(${KEY_TYPES.int}), toInt64(subject), toInt64(0), toInt64(at), actor, toUInt32(${log}), toUInt64(entry), after, toUInt16(0), form, toUInt8(${GRADES.exact}), listed`;
    await this.#insert(["disclosures", "disclosures_by_actor"], values, columns, rows);
    this.#mergeBefore(partitionOf(firstMs));
    for (let partition = partitionOf(firstMs); partition <= partitionOf(lastMs); partition += 1)
      this.#open.add(partition);
  }

  async statements({ columns, rows }: StatementRows): Promise<void> {
    const { log, ticketPrefix } = this.#of;
    const ticket = `if(ticket < 0, '', concat('${ticketPrefix}', toString(ticket)))`;
    const values = `toUInt32(${log}), toUInt64(entry), toInt64(at), actor, form, toUInt8(${DECISIONS.accounted}), ${ticket}, ''`;
    await this.#insert(["statements"], values, columns, rows);
  }

  /** @param columns `subject` and `stratum` */
  async strata(columns: readonly NativeColumn[], rows: number, atMs: number): Promise<void> {
    const values = `toUInt32(${this.#of.kind}), toInt64(subject), toInt64(0), stratum, toInt64(${atMs})`;
    await this.#insert(["strata"], values, columns, rows);
  }

  async #insert(
    tables: readonly ColumnsTable[],
    values: string,
    columns: readonly NativeColumn[],
    rows: number,
  ): Promise<void> {
    if (rows === 0) return;
    const file = join(this.#folder, `${this.#files++}.native`);
    await writeFile(file, nativeBlock(columns, rows), { flag: "wx", mode: 0o600 });
    const source = `FROM file('${quoted(file)}', 'Native', '${structureOf(columns)}')`;
    await Promise.all(tables.map((table) => this.#columns.command(`INSERT INTO ${table} SELECT ${values} ${source}`)));
    await rm(file);
  }

  /** Partitions that are whole become one part each, while others are filled. */
  #mergeBefore(partition: number): void {
    for (const whole of [...this.#open].filter((one) => one < partition)) {
      this.#open.delete(whole);
      this.#merging = this.#merging.then(() => this.#merge(whole));
      // Met by close.
      this.#merging.catch(() => undefined);
    }
  }

  async #merge(partition: number): Promise<void> {
    for (const table of PARTITIONED) {
      await this.#columns.command(`SYSTEM START MERGES ${table}`);
      await this.#columns.command(`OPTIMIZE TABLE ${table} PARTITION ${partition} FINAL`);
      await this.#columns.command(`SYSTEM STOP MERGES ${table}`);
    }
  }

  /** Every partition is merged on return. */
  async close(): Promise<void> {
    this.#mergeBefore(Infinity);
    await this.#merging;
    for (const table of PARTITIONED) await this.#columns.command(`SYSTEM START MERGES ${table}`);
    await rm(this.#folder, { recursive: true });
  }
}

function partitionOf(atMs: number): number {
  return Math.floor(atMs / PARTITION_MS);
}

function quoted(text: string): string {
  return text.replace(/['\\]/gu, "\\$&");
}
