/** Rows of a dump: INSERT and REPLACE ... VALUES, of MySQL and PostgreSQL, and COPY ... FROM stdin. All else is passed over. */
import { LIMITS } from "../../base/limits.ts";
import type { CopyParser, CopyRow, CopySink, CopyTarget } from "./copy.ts";
import { type SqlToken, SqlTokens } from "./sql-tokens.ts";

/** Where in a statement the next token belongs. */
type Place = "start" | "skip" | "name" | "columns" | "values" | "tuple" | "from";

export class SqlParser implements CopyParser {
  readonly #sink: CopySink;
  readonly #tokens: SqlTokens;
  #place: Place = "start";
  #copy = false;
  /** Brackets open inside a value. */
  #depth = 0;
  #name: string[] = [];
  #columns: string[] = [];
  #row: (string | null)[] = [];
  #value: ValueSoFar | undefined;
  #target: CopyTarget | undefined;
  /** Lines of COPY follow; the one so far. */
  #lines = false;
  #line = "";

  constructor(sink: CopySink, { backslashes }: { readonly backslashes: boolean }) {
    this.#sink = sink;
    this.#tokens = new SqlTokens({ backslashes, onCut: () => sink.cut() }, (token) => this.#token(token));
  }

  write(text: string): void {
    let i = 0;
    while (i < text.length) {
      if (this.#lines) {
        i = this.#takeLine(text, i);
        continue;
      }
      const quote = this.#tokens.stringEnds;
      if (quote !== undefined) {
        const end = endOfRun(text, i, quote);
        if (end > i) this.#tokens.putRun(text.slice(i, end));
        i = end;
        if (i === text.length) return;
      }
      this.#tokens.put(text.charAt(i));
      i += 1;
    }
  }

  end(): void {
    if (!this.#lines) this.#tokens.end();
    else if (this.#line !== "") this.#copyLine(this.#line);
  }

  #token(token: SqlToken): void {
    if (token.kind === "sign" && token.text === ";" && (this.#place !== "tuple" || this.#depth === 0)) {
      this.#endStatement();
      return;
    }
    switch (this.#place) {
      case "start":
        this.#begin(token);
        break;
      case "name":
        this.#inName(token);
        break;
      case "columns":
        this.#inColumns(token);
        break;
      case "from":
        if (token.kind === "word" && token.text.toLowerCase() === "stdin") this.#lines = true;
        break;
      case "values":
        this.#betweenTuples(token);
        break;
      case "tuple":
        this.#inTuple(token);
        break;
      case "skip":
        break;
    }
  }

  #begin(token: SqlToken): void {
    const word = token.kind === "word" ? token.text.toUpperCase() : "";
    this.#copy = word === "COPY";
    this.#place = ["INSERT", "REPLACE", "COPY"].includes(word) ? "name" : "skip";
    this.#name = [];
    this.#columns = [];
  }

  #inName(token: SqlToken): void {
    if (token.kind === "sign" && token.text === "(") this.#place = "columns";
    else if (token.kind === "string") this.#nameWord(token.text);
    else if (token.kind === "word") this.#keyword(token.text);
  }

  #keyword(text: string): void {
    const word = text.toUpperCase();
    if (word === "VALUES" || word === "VALUE") this.#open("values");
    else if (word === "SELECT") this.#place = "skip";
    else if (word === "FROM" && this.#copy) this.#open("from");
    else if (!["INTO", "IGNORE", "LOW_PRIORITY", "DELAYED", "OVERRIDING", "SYSTEM", "USER"].includes(word))
      this.#nameWord(text);
  }

  #nameWord(text: string): void {
    for (const part of text.split(".")) if (part !== "") this.#name.push(part.slice(0, LIMITS.shownNameCharsMax));
  }

  #inColumns(token: SqlToken): void {
    if (token.kind === "sign") {
      if (token.text === ")") this.#place = "name";
      return;
    }
    if (this.#columns.length < LIMITS.foundColumnsMax) this.#columns.push(token.text);
  }

  #open(next: Place): void {
    this.#place = next;
    const name = this.#name.slice(-2).join(".");
    this.#target = this.#columns.length > 0 ? this.#sink.table(name, this.#columns) : undefined;
  }

  #betweenTuples(token: SqlToken): void {
    if (token.kind === "sign" && token.text === "(") {
      this.#place = "tuple";
      this.#depth = 0;
      this.#row = [];
      this.#value = undefined;
    } else if (token.kind === "word") this.#place = "skip";
  }

  #inTuple(token: SqlToken): void {
    const sign = token.kind === "sign" ? token.text : "";
    if (sign === "(" || sign === "[") this.#depth += 1;
    else if (this.#depth > 0 && (sign === ")" || sign === "]")) this.#depth -= 1;
    else if (this.#depth === 0 && sign === ",") this.#endValue();
    else if (this.#depth === 0 && sign === ")") {
      this.#endValue();
      this.#put(this.#row);
      this.#place = "values";
    } else if (token.kind !== "sign") this.#value = joined(this.#value, token);
  }

  #endValue(): void {
    if (this.#row.length < LIMITS.foundColumnsMax) this.#row.push(valueOf(this.#value));
    this.#value = undefined;
  }

  #put(row: CopyRow): void {
    this.#target ??= this.#sink.table(
      this.#name.slice(-2).join("."),
      row.map((_, i) => `column ${i + 1}`),
    );
    this.#target.row(row);
  }

  #endStatement(): void {
    this.#place = "start";
    this.#target = this.#lines ? this.#target : undefined;
    this.#line = "";
  }

  /** @returns where to go on */
  #takeLine(text: string, from: number): number {
    const end = text.indexOf("\n", from);
    const piece = text.slice(from, end === -1 ? text.length : end);
    const room = LIMITS.foundRecordCharsMax - this.#line.length;
    if (piece.length > room) this.#sink.cut();
    this.#line += piece.slice(0, Math.max(0, room));
    if (end === -1) return text.length;
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    this.#copyLine(line);
    return end + 1;
  }

  #copyLine(line: string): void {
    // The rest of the statement's own line, and its end.
    if (line === "" || line === ";") return;
    if (line === "\\.") {
      this.#lines = false;
      this.#place = "start";
      return;
    }
    this.#put(line.split("\t", LIMITS.foundColumnsMax).map((value) => this.#copyValue(value)));
  }

  #copyValue(value: string): string | null {
    if (value === "\\N") return null;
    if (value.length > LIMITS.foundValueCharsMax) this.#sink.cut();
    const kept = value.slice(0, LIMITS.foundValueCharsMax);
    return kept.includes("\\") ? kept.replace(/\\(.)/gsu, (_, letter: string) => COPY_ESCAPES[letter] ?? letter) : kept;
  }
}

const COPY_ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

interface ValueSoFar {
  readonly text: string;
  readonly quoted: boolean;
}

/** Of an expression, such as a cast or a call, its first string counts, else its first word. */
function joined(value: ValueSoFar | undefined, token: SqlToken): ValueSoFar {
  const quoted = token.kind === "string";
  if (value === undefined || (quoted && !value.quoted)) return { text: token.text, quoted };
  return value;
}

function valueOf(value: ValueSoFar | undefined): string | null {
  if (value === undefined) return null;
  return !value.quoted && value.text.toUpperCase() === "NULL" ? null : value.text;
}

/** The next quote or backslash. */
function endOfRun(text: string, from: number, quote: string): number {
  for (let i = from; i < text.length; i += 1) {
    const character = text.charAt(i);
    if (character === quote || character === "\\") return i;
  }
  return text.length;
}
