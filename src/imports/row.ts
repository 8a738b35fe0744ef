/** One line of an access log, understood: somebody was shown somebody, or a page of which nobody knows whom it showed. */
import type { ImportGrade } from "../ledger/entry.ts";

export interface ImportRow {
  /** Where it stands in the file; 1 is the first line. */
  readonly line: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** As the file names it: a name, or `zendesk:ID`, `salesforce:ID`. */
  readonly actor: string;
  readonly team: string | undefined;
  readonly kind: string;
  /** The subject's key as the protected database has it; undefined: nobody knows whom the page showed. */
  readonly subject: string | undefined;
  /** Fields in clear, sorted: protected columns behind their tables, or classes. */
  readonly fields: readonly string[];
  readonly grade: ImportGrade;
  /** One of ten or more on a page. */
  readonly page: boolean;
}

/** What is wrong with one line. The message repeats nothing of it. */
export class RowProblem extends Error {
  readonly line: number;
  /** Nothing that follows can be read either. */
  readonly fatal: boolean;

  constructor(line: number, message: string, fatal = false) {
    super(message);
    this.name = "RowProblem";
    this.line = line;
    this.fatal = fatal;
  }
}

/** What rows are held against. */
export interface RowSetting {
  /** Kinds of subject in whosaw.yaml; rows that name none are of the first. */
  readonly kinds: readonly string[];
  /** Classes and protected columns that a row may name. */
  readonly fields: ReadonlySet<string>;
  /** Of rows of a format that names none, or that name none. */
  readonly defaultFields: readonly string[];
  /** Ids in the file to subject keys; undefined if none was given. */
  readonly subjects: ReadonlyMap<string, string> | undefined;
  /** No row may be of a later time than a day from now. */
  readonly nowMs: number;
}

/** Makes rows of the records of one format. */
export interface RowReader<R> {
  /** @throws RowProblem */
  take(record: R, emit: (row: ImportRow) => void): void;
  /** What was held back. */
  end(emit: (row: ImportRow) => void): void;
  /** Lines that show nobody: refused requests, pages without people. */
  readonly ignored: number;
}
