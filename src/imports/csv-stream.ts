/** Comma-separated values as they arrive: RFC 4180, with any line end. A record is held whole, and no more than one. */
import { LIMITS } from "../base/limits.ts";
import { RowProblem } from "./row.ts";

export interface CsvLine {
  /** Where it begins; 1 is the first line. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** A record and where the next one begins; undefined if it does not end yet. */
type Parsed = { readonly fields: string[]; readonly next: number } | undefined;

export class CsvStream {
  #rest = "";
  #line = 1;

  /** @throws RowProblem for wrong quotes and for a record that is too long: nobody can say where the next one begins */
  *push(text: string): Generator<CsvLine, void, undefined> {
    const all = this.#rest + text;
    let from = 0;
    let quote = firstAt(all, '"', 0);
    for (let newline = firstAt(all, "\n", 0); newline < all.length; newline = firstAt(all, "\n", from)) {
      const line = this.#line;
      let fields: readonly string[];
      if (quote > newline) {
        fields = all.slice(from, all[newline - 1] === "\r" && newline > from ? newline - 1 : newline).split(",");
        from = newline + 1;
        this.#line += 1;
      } else {
        const parsed = this.#parseQuoted(all, from);
        if (parsed === undefined) break;
        fields = parsed.fields;
        this.#line += linesIn(all, from, parsed.next);
        from = parsed.next;
        quote = firstAt(all, '"', from);
      }
      if (fields.length > 1 || fields[0] !== "") yield { line, fields };
    }
    this.#rest = all.slice(from);
    if (this.#rest.length > LIMITS.importRecordCharsMax) throw new RowProblem(this.#line, "It is too long.", true);
  }

  /** The last record, which need not end its line. @throws RowProblem */
  *end(): Generator<CsvLine, void, undefined> {
    if (this.#rest === "") return;
    yield* this.push("\n");
    if (this.#rest !== "") throw new RowProblem(this.#line, "A quoted field does not end.", true);
  }

  #parseQuoted(text: string, from: number): Parsed {
    const fields: string[] = [];
    for (let at = from; ;) {
      const field = text[at] === '"' ? quoted(text, at) : plain(text, at);
      if (field === undefined) return undefined;
      fields.push(field.value);
      const after = text[field.end];
      at = field.end + 1;
      if (after === undefined || (after === "\r" && text[at] === undefined)) return undefined;
      if (after === "\n") return { fields, next: at };
      if (after === "\r" && text[at] === "\n") return { fields, next: at + 1 };
      if (after !== ",") throw new RowProblem(this.#line, "More stands behind the end of a quoted field.", true);
    }
  }
}

/** Its end if there is none: found once, and not for every record. */
function firstAt(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at === -1 ? text.length : at;
}

function plain(text: string, from: number): { readonly value: string; readonly end: number } | undefined {
  const comma = text.indexOf(",", from);
  const newline = text.indexOf("\n", from);
  if (newline === -1) return undefined;
  const before = comma !== -1 && comma < newline;
  const end = before ? comma : newline > from && text[newline - 1] === "\r" ? newline - 1 : newline;
  return { value: text.slice(from, end), end };
}

function quoted(text: string, from: number): { readonly value: string; readonly end: number } | undefined {
  let value = "";
  for (let at = from + 1; ;) {
    const end = text.indexOf('"', at);
    if (end === -1 || end + 1 === text.length) return undefined;
    value += text.slice(at, end);
    if (text[end + 1] !== '"') return { value, end: end + 1 };
    value += '"';
    at = end + 2;
  }
}

function linesIn(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}
