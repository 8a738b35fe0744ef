/** The format that every access log can be turned into: docs/importing.md. */
import type { ImportGrade } from "../../ledger/entry.ts";
import type { CsvLine } from "../csv-stream.ts";
import { type ImportRow, RowProblem, type RowReader, type RowSetting } from "../row.ts";
import { readTime } from "../times.ts";
import { CsvColumns } from "./columns.ts";

export const PLAIN_COLUMNS = ["at", "actor", "team", "kind", "subject", "fields", "grade", "page"] as const;
export const PLAIN_REQUIRED = ["at", "actor", "subject"] as const;

const GRADES: ReadonlySet<string> = new Set<ImportGrade>(["exact", "page-level", "possible"]);

export class PlainRows implements RowReader<CsvLine> {
  readonly ignored = 0;
  readonly #setting: RowSetting;
  /** The same few lists come again and again. */
  readonly #lists = new Map<string, readonly string[]>();
  #columns: CsvColumns | undefined;

  constructor(setting: RowSetting) {
    this.#setting = setting;
  }

  take({ line, fields: cells }: CsvLine, emit: (row: ImportRow) => void): void {
    if (this.#columns === undefined) {
      this.#columns = new CsvColumns(cells, PLAIN_REQUIRED, PLAIN_COLUMNS);
      return;
    }
    const columns = this.#columns;
    columns.check(line, cells);
    const cell = (name: (typeof PLAIN_COLUMNS)[number]): string => columns.cell(cells, name);
    const { kinds, nowMs } = this.#setting;
    const actor = cell("actor");
    if (actor === "") throw new RowProblem(line, "It names no actor.");
    const kind = cell("kind") || (kinds[0] ?? "");
    if (!kinds.includes(kind)) throw new RowProblem(line, "It is of a kind of subject that whosaw.yaml does not have.");
    const subject = cell("subject") || undefined;
    const grade = cell("grade") || (subject === undefined ? "possible" : "exact");
    if (!isGrade(grade)) throw new RowProblem(line, "Its grade is none of exact, page-level and possible.");
    if (subject === undefined && grade === "exact")
      throw new RowProblem(line, "It is exact, and names no subject: without one its grade is possible.");
    const page = cell("page");
    if (page !== "" && page !== "yes" && page !== "no") throw new RowProblem(line, "Its page is neither yes nor no.");
    const atMs = readTime(cell("at"), line, nowMs);
    const fields = this.#fieldsOf(cell("fields"), line);
    emit({ line, atMs, actor, team: cell("team") || undefined, kind, subject, fields, grade, page: page === "yes" });
  }

  end(): void {}

  #fieldsOf(text: string, line: number): readonly string[] {
    const known = this.#lists.get(text);
    if (known !== undefined) return known;
    const names = [...new Set(text.split(/[\s;]+/u).filter((name) => name !== ""))].sort();
    if (names.some((name) => !this.#setting.fields.has(name)))
      throw new RowProblem(line, "It names a field that is neither a class nor a protected column with its table.");
    const fields = names.length === 0 ? this.#setting.defaultFields : names;
    if (this.#lists.size < LISTS_KEPT) this.#lists.set(text, fields);
    return fields;
  }
}

const LISTS_KEPT = 1_000;

function isGrade(text: string): text is ImportGrade {
  return GRADES.has(text);
}
