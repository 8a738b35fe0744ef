/**
 * Delimited text: RFC 4180, and what people make of it: other delimiters, blanks around quotes, text behind them, quotes in
 * the middle of a value, lines of any length and with any number of values.
 */
import { LIMITS } from "../../base/limits.ts";
import type { CopyParser, CopyRow, CopySink, CopyTarget } from "./copy.ts";
import { headerOf } from "./header.ts";

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

const DELIMITERS = [",", ";", "\t", "|"] as const;
type Delimiter = (typeof DELIMITERS)[number];

/** The delimiter that stands most evenly in the first records; a comma if none does. */
export function delimiterOf(head: string): Delimiter {
  // A quote that is never closed is a character like others: then a record ends with its line.
  const records = recordsOf(head) ?? head.split("\n");
  const first = records.filter((record) => record.trim() !== "").slice(0, LIMITS.foundHeaderRowsMax);
  let best: Delimiter = ",";
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const counts = first.map((record) => countOutsideQuotes(record, delimiter)).sort((a, b) => a - b);
    const usual = counts[counts.length >> 1] ?? 0;
    const score = usual * counts.filter((count) => count === usual).length;
    if (score > most) [best, most] = [delimiter, score];
  }
  return best;
}

/** Cut at line ends outside quotes; undefined if a quote is not closed. */
function recordsOf(head: string): string[] | undefined {
  const records: string[] = [];
  let [quoted, start] = [false, 0];
  for (let at = 0; at < head.length; at++) {
    const code = head.charCodeAt(at);
    if (code === QUOTE) quoted = !quoted;
    else if (code === LF && !quoted) {
      records.push(head.slice(start, at));
      start = at + 1;
    }
  }
  records.push(head.slice(start));
  return quoted ? undefined : records;
}

function countOutsideQuotes(record: string, delimiter: string): number {
  let quoted = false;
  let count = 0;
  for (const character of record) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === delimiter) count += 1;
  }
  return count;
}

/** Where the next character belongs. */
type Place = "start" | "plain" | "quoted" | "closing";

export class DelimitedParser implements CopyParser {
  readonly #sink: CopySink;
  readonly #delimiter: number;
  #place: Place = "start";
  #field = "";
  #cut = false;
  #afterCr = false;
  #row: string[] = [];
  /** The first rows, until it is known whether the first of them names the columns. */
  #first: CopyRow[] | undefined = [];
  #target: CopyTarget | undefined;

  constructor(sink: CopySink, delimiter: Delimiter) {
    this.#sink = sink;
    this.#delimiter = delimiter.charCodeAt(0);
  }

  write(text: string): void {
    let start = 0;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      const special = this.#place === "quoted" ? code === QUOTE : this.#isSpecial(code);
      if (!special) continue;
      this.#take(text, start, i);
      start = i + 1;
      this.#special(code);
    }
    this.#take(text, start, text.length);
  }

  end(): void {
    if (this.#row.length > 0 || this.#field !== "" || this.#place !== "start") this.#endRow();
    this.#decide();
  }

  #isSpecial(code: number): boolean {
    return code === this.#delimiter || code === QUOTE || code === LF || code === CR;
  }

  /** Plain characters of the value. */
  #take(text: string, from: number, to: number): void {
    if (from === to) return;
    this.#afterCr = false;
    // Behind a closed quote the value goes on as it stands.
    if (this.#place === "start") {
      // Blanks before a quote are no value yet.
      if (text.slice(from, to).trim() !== "" || this.#field !== "") this.#place = "plain";
    } else if (this.#place === "closing") this.#place = "plain";
    this.#add(text.slice(from, to));
  }

  #add(text: string): void {
    const room = LIMITS.foundValueCharsMax - this.#field.length;
    if (text.length > room) this.#cut = true;
    this.#field += text.length > room ? text.slice(0, Math.max(0, room)) : text;
  }

  #special(code: number): void {
    const afterCr = this.#afterCr;
    this.#afterCr = code === CR;
    if (code === QUOTE) this.#quote();
    else if (code === this.#delimiter) this.#endField();
    else if (!(code === LF && afterCr)) this.#endRow();
  }

  #quote(): void {
    if (this.#place === "start") {
      this.#field = "";
      this.#place = "quoted";
    } else if (this.#place === "quoted") this.#place = "closing";
    else if (this.#place === "closing") {
      this.#add('"');
      this.#place = "quoted";
    } else this.#add('"');
  }

  #endField(): void {
    if (this.#row.length < LIMITS.foundColumnsMax) this.#row.push(this.#field);
    if (this.#cut) this.#sink.cut();
    this.#field = "";
    this.#cut = false;
    this.#place = "start";
  }

  #endRow(): void {
    this.#endField();
    const row = this.#row;
    this.#row = [];
    if (row.length === 1 && row[0]?.trim() === "") return;
    if (this.#first === undefined) {
      this.#put(row);
      return;
    }
    this.#first.push(row);
    if (this.#first.length >= LIMITS.foundHeaderRowsMax) this.#decide();
  }

  /** Whether the first row names the columns. */
  #decide(): void {
    const rows = this.#first;
    if (rows === undefined || rows.length === 0) return;
    this.#first = undefined;
    const header = headerOf(rows);
    this.#target = this.#sink.table(undefined, header ?? (rows[0] ?? []).map((_, i) => `column ${i + 1}`));
    for (const row of header === undefined ? rows : rows.slice(1)) this.#put(row);
  }

  #put(row: CopyRow): void {
    this.#target?.row(row);
  }
}
