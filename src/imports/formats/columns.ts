/** Columns of a CSV file by the names in its header. */
import { RowProblem } from "../row.ts";

export class CsvColumns {
  readonly #places: ReadonlyMap<string, number>;
  readonly #count: number;

  /**
   * @param only names that the header may have; any if left out
   * @throws RowProblem if one is missing, stands there twice, or is unknown
   */
  constructor(header: readonly string[], required: readonly string[], only?: readonly string[]) {
    const names = header.map((name, i) => (i === 0 ? name.replace(/^\uFEFF/u, "") : name).trim());
    this.#places = new Map(names.map((name, place) => [name, place]));
    this.#count = names.length;
    const missing = required.filter((name) => !this.#places.has(name));
    if (missing.length > 0) throw new RowProblem(1, `The header lacks ${missing.join(", ")}.`, true);
    if (this.#places.size < names.length) throw new RowProblem(1, "The header has a name twice.", true);
    if (only !== undefined && names.some((name) => !only.includes(name)))
      throw new RowProblem(1, `The header has a column that is none of ${only.join(", ")}.`, true);
  }

  /** @throws RowProblem for a record of another length */
  check(line: number, cells: readonly string[]): void {
    if (cells.length !== this.#count)
      throw new RowProblem(line, `It has ${cells.length} fields; the header has ${this.#count}.`);
  }

  /** Empty where there is no such column. */
  cell(cells: readonly string[], name: string): string {
    const place = this.#places.get(name);
    return place === undefined ? "" : (cells[place] ?? "");
  }
}
