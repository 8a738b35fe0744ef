/** Reads separated values as people and spreadsheets write them: RFC 4180, with any line end and any one separator. */

export interface CsvRecord {
  /** Where it begins; 1 is the first line. */
  readonly line: number;
  /** Undefined for a record whose quotes are wrong: from there on nobody can say where a field ends. */
  readonly fields: readonly string[] | undefined;
}

/** Empty lines are no records. After a record with wrong quotes there are no more. */
export function* csvRecords(text: string, separator: string): Generator<CsvRecord, void, undefined> {
  const scanner = new Scanner(text, separator);
  while (!scanner.ended) {
    const { line } = scanner;
    const fields = scanner.record();
    if (fields?.length === 1 && fields[0] === "") continue;
    yield { line, fields };
    if (fields === undefined) return;
  }
}

class Scanner {
  line = 1;
  readonly #text: string;
  readonly #separator: string;
  #at = 0;

  constructor(text: string, separator: string) {
    this.#text = text;
    this.#separator = separator;
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The fields up to the line's end, which is taken. */
  record(): string[] | undefined {
    const fields: string[] = [];
    for (;;) {
      const field = this.#text[this.#at] === '"' ? this.#quoted() : this.#plain();
      if (field === undefined) return undefined;
      fields.push(field);
      if (this.#text[this.#at] !== this.#separator) break;
      this.#at += 1;
    }
    return this.#lineEnd() ? fields : undefined;
  }

  #plain(): string {
    const from = this.#at;
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at];
      if (character === this.#separator || character === "\n" || character === "\r") break;
    }
    return this.#text.slice(from, this.#at);
  }

  #quoted(): string | undefined {
    const parts: string[] = [];
    for (let from = this.#at + 1; ;) {
      const end = this.#text.indexOf('"', from);
      if (end === -1) return undefined;
      parts.push(this.#text.slice(from, end));
      this.#at = end + 1;
      if (this.#text[this.#at] !== '"') break;
      parts.push('"');
      from = this.#at + 1;
    }
    const field = parts.join("");
    this.line += countLineEnds(field);
    return field;
  }

  /** False if more stands between a closing quote and the next separator. */
  #lineEnd(): boolean {
    if (this.ended) return true;
    if (this.#text[this.#at] === "\r") this.#at += 1;
    else if (this.#text[this.#at] !== "\n") return false;
    if (this.#text[this.#at] === "\n") this.#at += 1;
    this.line += 1;
    return true;
  }
}

function countLineEnds(text: string): number {
  return text.match(/\r\n|\n|\r/gu)?.length ?? 0;
}
