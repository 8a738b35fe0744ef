/** Salesforce's LightningUriEvent as CSV: a record's page was opened, by id. */
import type { CsvLine } from "../csv-stream.ts";
import { type ImportRow, RowProblem, type RowReader, type RowSetting } from "../row.ts";
import { readTime } from "../times.ts";
import { CsvColumns } from "./columns.ts";
import { longId } from "./salesforce-id.ts";

export const LIGHTNING_URI_COLUMNS = ["EventDate", "UserId", "RecordId"] as const;

export class LightningUriRows implements RowReader<CsvLine> {
  readonly #setting: RowSetting;
  #columns: CsvColumns | undefined;
  #ignored = 0;

  constructor(setting: RowSetting) {
    this.#setting = setting;
  }

  get ignored(): number {
    return this.#ignored;
  }

  take({ line, fields: cells }: CsvLine, emit: (row: ImportRow) => void): void {
    if (this.#columns === undefined) {
      this.#columns = new CsvColumns(cells, LIGHTNING_URI_COLUMNS);
      return;
    }
    this.#columns.check(line, cells);
    const record = this.#columns.cell(cells, "RecordId");
    if (record === "" && this.#columns.cell(cells, "QueriedEntities") === "") {
      this.#ignored += 1;
      return;
    }
    const { kinds, nowMs, defaultFields: fields } = this.#setting;
    const atMs = readTime(this.#columns.cell(cells, "EventDate"), line, nowMs);
    const actor = salesforceUser(this.#columns.cell(cells, "UserId"), line);
    const subject = record === "" ? undefined : subjectOf(record, line, this.#setting);
    const grade = subject === undefined ? "possible" : "exact";
    emit({ line, atMs, actor, team: undefined, kind: kinds[0] ?? "", subject, fields, grade, page: false });
  }

  end(): void {}
}

/** @throws RowProblem */
export function salesforceUser(text: string, line: number): string {
  const id = longId(text);
  if (id === undefined) throw new RowProblem(line, "Its UserId is no id of Salesforce.");
  return `salesforce:${id}`;
}

/**
 * The subject behind a record; undefined if the mapping does not name it. Without a mapping the record is the subject.
 * @throws RowProblem
 */
function subjectOf(record: string, line: number, { subjects }: RowSetting): string | undefined {
  const id = longId(record);
  if (id === undefined) throw new RowProblem(line, "Its RecordId is no id of Salesforce.");
  return subjects === undefined ? id : (subjects.get(id) ?? subjects.get(id.slice(0, 15)));
}
