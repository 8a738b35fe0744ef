/** The column store as the rest of the product sees it: chdb in this process, or ClickHouse servers. */

/** Tables of schema.ts. */
export type ColumnsTable =
  | "disclosures"
  | "disclosures_by_actor"
  | "statements"
  | "forms"
  | "actors"
  | "logs"
  | "kinds"
  | "strata"
  | "shipped"
  | "actor_days"
  | "cell_days"
  | "subject_cells"
  | "aggregates";

/** One value of a result. 64-bit integers come as decimal strings. */
export type ColumnsValue = string | number | readonly ColumnsValue[];

export interface Columns {
  /**
   * Rows of a SELECT. The text is ours alone: integers, hex and names of schema.ts, never anything that a user wrote.
   * @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED
   */
  select(sql: string): Promise<ColumnsValue[][]>;
  /** The same, a block of rows at a time, for results of any length. */
  stream(sql: string): AsyncIterable<ColumnsValue[][]>;
  /** The same, whole, as RowBinary (row-binary.ts): for numbers by the million. */
  bytes(sql: string): Promise<Uint8Array>;
  /**
   * Adds rows at once or not at all.
   * @param rows TabSeparated, in the order of the table's columns (rows.ts), of one day
   */
  insert(table: ColumnsTable, rows: Buffer): Promise<void>;
  /** DDL and ALTER. */
  command(sql: string): Promise<void>;
  close(): Promise<void>;
}
