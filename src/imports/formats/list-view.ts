/**
 * Salesforce's ListViewEvent as CSV: the rows of a list, with the ids among their cells. Long lists come in several events
 * of one ExecutionIdentifier, by Sequence; the text of the rows may go on in the next.
 */
import { LIMITS } from "../../base/limits.ts";
import { LISTED_SUBJECTS_MIN } from "../../shipping/listed.ts";
import type { CsvLine } from "../csv-stream.ts";
import { type ImportRow, RowProblem, type RowReader, type RowSetting } from "../row.ts";
import { readTime } from "../times.ts";
import { CsvColumns } from "./columns.ts";
import { salesforceUser } from "./lightning-uri.ts";
import { longId } from "./salesforce-id.ts";

export const LIST_VIEW_COLUMNS = ["EventDate", "UserId", "Records"] as const;

/** A list of which not all has come. */
interface Execution {
  readonly line: number;
  readonly atMs: number;
  readonly actor: string;
  /** Text of rows that goes on in the next event. */
  held: string;
  /** Rows that there are, and those whose id was found. */
  expected: number;
  found: number;
}

export class ListViewRows implements RowReader<CsvLine> {
  readonly ignored = 0;
  readonly #setting: RowSetting;
  #columns: CsvColumns | undefined;
  /** The oldest first. */
  readonly #executions = new Map<string, Execution>();
  #heldChars = 0;

  constructor(setting: RowSetting) {
    this.#setting = setting;
  }

  take({ line, fields: cells }: CsvLine, emit: (row: ImportRow) => void): void {
    if (this.#columns === undefined) {
      this.#columns = new CsvColumns(cells, LIST_VIEW_COLUMNS);
      return;
    }
    const columns = this.#columns;
    columns.check(line, cells);
    const name = columns.cell(cells, "ExecutionIdentifier");
    const atMs = readTime(columns.cell(cells, "EventDate"), line, this.#setting.nowMs);
    const actor = salesforceUser(columns.cell(cells, "UserId"), line);
    const before = name === "" ? undefined : this.#executions.get(name);
    const execution = before ?? { line, atMs, actor, held: "", expected: 0, found: 0 };
    this.#heldChars -= execution.held.length;
    const records = execution.held + columns.cell(cells, "Records");
    const list = listOf(records);
    const said = Number(columns.cell(cells, "RowsProcessed") || 0);
    if (Number.isSafeInteger(said)) execution.expected = Math.max(execution.expected, said);
    if (list === undefined) this.#hold(execution, records, line, name === "");
    else this.#rows(execution, list, line, emit);
    if (name === "") this.#close(execution, emit);
    else this.#keep(name, execution, emit);
  }

  end(emit: (row: ImportRow) => void): void {
    for (const execution of this.#executions.values()) this.#close(execution, emit);
  }

  /** @throws RowProblem */
  #hold(execution: Execution, records: string, line: number, alone: boolean): void {
    if (alone || this.#heldChars + records.length > LIMITS.importRecordCharsMax)
      throw new RowProblem(line, "Its Records are no list of rows.");
    execution.held = records;
    this.#heldChars += records.length;
  }

  #rows(execution: Execution, { totalSize, rows }: List, line: number, emit: (row: ImportRow) => void): void {
    execution.held = "";
    execution.expected = Math.max(execution.expected, totalSize, execution.found + rows.length);
    const { kinds, defaultFields: fields } = this.#setting;
    const { atMs, actor } = execution;
    const page = execution.expected >= LISTED_SUBJECTS_MIN;
    const common = { line, atMs, actor, team: undefined, kind: kinds[0] ?? "", fields, grade: "exact", page } as const;
    for (const cells of rows) {
      const subject = this.#subjectOf(cells);
      if (subject === undefined) continue;
      execution.found += 1;
      emit({ ...common, subject });
    }
  }

  /** The first cell that is an id; with a mapping, the first that it names. */
  #subjectOf(cells: readonly string[]): string | undefined {
    const { subjects } = this.#setting;
    for (const cell of cells) {
      const id = longId(cell);
      if (id === undefined) continue;
      const subject = subjects === undefined ? idAlone(cell, id) : (subjects.get(id) ?? subjects.get(id.slice(0, 15)));
      if (subject !== undefined) return subject;
    }
    return undefined;
  }

  #keep(name: string, execution: Execution, emit: (row: ImportRow) => void): void {
    this.#executions.set(name, execution);
    if (this.#executions.size <= LIMITS.importExecutionsMax) return;
    const [oldest] = this.#executions;
    if (oldest === undefined) return;
    this.#executions.delete(oldest[0]);
    this.#heldChars -= oldest[1].held.length;
    this.#close(oldest[1], emit);
  }

  /** Rows that are missing, or that name nobody, were shown all the same. @throws RowProblem */
  #close({ line, atMs, actor, held, expected, found }: Execution, emit: (row: ImportRow) => void): void {
    if (held !== "") throw new RowProblem(line, "Its Records are no list of rows, nor with the events that follow.");
    if (found >= expected) return;
    const { kinds, defaultFields: fields } = this.#setting;
    const kind = kinds[0] ?? "";
    emit({ line, atMs, actor, team: undefined, kind, subject: undefined, fields, grade: "possible", page: false });
  }
}

/** Fifteen letters may be a word; an id of fifteen characters begins with digits. */
function idAlone(cell: string, id: string): string | undefined {
  return cell.length === 18 || /^\d\d/u.test(cell) ? id : undefined;
}

interface List {
  readonly totalSize: number;
  readonly rows: readonly (readonly string[])[];
}

/** `{"totalSize":1,"rows":[{"datacells":["003...","..."]}]}`; undefined for other texts. */
function listOf(text: string): List | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("rows" in value) || !Array.isArray(value.rows)) return undefined;
  const rows = value.rows.map((row: unknown) => {
    const cells = typeof row === "object" && row !== null && "datacells" in row ? row.datacells : undefined;
    return Array.isArray(cells) ? cells.filter((cell) => typeof cell === "string") : [];
  });
  const size = "totalSize" in value ? value.totalSize : undefined;
  return { totalSize: typeof size === "number" && Number.isSafeInteger(size) ? size : rows.length, rows };
}
