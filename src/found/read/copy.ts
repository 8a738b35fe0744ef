/** A copy of data as it was found: tables of texts, whatever file they came in. */

/** One table of the copy. A file of comma-separated values is one table, a dump of a database has several. */
export interface CopyTable {
  /** As the file calls it; undefined where it has no name for it. */
  readonly name: string | undefined;
  /** As the file calls them, else `column 1` and so on. More may come while rows are read. */
  readonly columns: readonly string[];
}

/** Values in the order of the table's columns; null where there is none. Shorter than the columns if the rest is missing. */
export type CopyRow = readonly (string | null)[];

/** Where a parser puts what it finds. */
export interface CopySink {
  /** @returns the table of that name and these columns, made if there is none yet */
  table(name: string | undefined, columns: readonly string[]): CopyTarget;
  /** Counts a value that was longer than may be, and is kept only up to there. */
  cut(): void;
}

export interface CopyTarget {
  row(values: CopyRow): void;
  /** The table has one more column. @returns its place; undefined if it has as many as may be */
  column(name: string): number | undefined;
}

/** Takes text as it comes, in pieces that may end anywhere. */
export interface CopyParser {
  write(text: string): void;
  end(): void;
}
