/**
 * JSON (RFC 8259) of any length: objects one after the other, or an array of them wherever it stands. Only one record at a time is
 * parsed whole; a record that is longer than may be is no record but has them inside.
 */
import { LIMITS } from "../../base/limits.ts";
import { WhosawError } from "../../base/errors.ts";
import type { CopyParser, CopySink, CopyTarget } from "./copy.ts";
import { flattened, type Json, recordsIn } from "./flatten.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);
const LIST = 0x5b;

export class JsonParser implements CopyParser {
  readonly #sink: CopySink;
  /** Containers that stand open around the record. */
  readonly #open: number[] = [];
  #inString = false;
  #escaped = false;
  /** The record so far; undefined between records. */
  #record: string[] | undefined;
  #recordChars = 0;
  /** Containers open inside the record. */
  #inside = 0;
  /** The first record on the highest level: if it stays alone, what is wanted is inside it. */
  #alone: Json | undefined;
  #records = 0;
  #target: CopyTarget | undefined;
  readonly #places = new Map<string, number | undefined>();

  constructor(sink: CopySink) {
    this.#sink = sink;
  }

  write(text: string): void {
    let start = 0;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === BACKSLASH) this.#escaped = true;
        else if (code === QUOTE) this.#inString = false;
      } else if (code === QUOTE) this.#inString = true;
      else if (OPEN.has(code)) {
        if (this.#opens(code)) start = i;
      } else if (CLOSE.has(code) && this.#closes(() => text.slice(start, i + 1))) start = i + 1;
    }
    if (this.#record !== undefined) this.#keep(text.slice(start));
  }

  end(): void {
    if (this.#alone !== undefined) for (const record of recordsIn(this.#alone)) this.#put(record);
    if (this.#records === 0) this.#fail("holds no JSON object that ends");
    if (this.#record !== undefined || this.#open.length > 0) this.#sink.cut();
  }

  /** @returns whether a record begins here */
  #opens(code: number): boolean {
    if (this.#record !== undefined) {
      this.#inside += 1;
      if (this.#inside > LIMITS.foundDepthMax) this.#fail("is nested too deeply");
      return false;
    }
    const parent = this.#open.at(-1);
    const isRecord = parent === undefined ? code !== LIST : parent === LIST;
    if (isRecord) {
      this.#record = [];
      this.#recordChars = 0;
      this.#inside = 1;
      return true;
    }
    this.#enter(code);
    return false;
  }

  #enter(code: number): void {
    if (this.#open.length === LIMITS.foundDepthMax) this.#fail("is nested too deeply");
    this.#open.push(code);
  }

  /** @returns whether a record ends here */
  #closes(piece: () => string): boolean {
    if (this.#record === undefined) {
      this.#open.pop();
      return false;
    }
    this.#inside -= 1;
    if (this.#inside > 0) return false;
    this.#keep(piece());
    // It was too long, and has been entered instead.
    if (this.#record === undefined) return false;
    const text = this.#record.join("");
    this.#record = undefined;
    this.#parsed(text);
    return true;
  }

  #keep(piece: string): void {
    this.#record?.push(piece);
    this.#recordChars += piece.length;
    if (this.#recordChars <= LIMITS.foundRecordCharsMax) return;
    // Not a record but what holds them: it is read again as such, once for each level.
    const text = this.#record?.join("") ?? "";
    this.#record = undefined;
    this.#enter(text.charCodeAt(0));
    this.#inString = false;
    this.#escaped = false;
    this.write(text.slice(1));
  }

  #parsed(text: string): void {
    let value: Json;
    try {
      value = JSON.parse(text) as Json;
    } catch {
      this.#sink.cut();
      return;
    }
    this.#records += 1;
    if (this.#records === 1 && this.#open.length === 0) {
      this.#alone = value;
      return;
    }
    if (this.#alone !== undefined) this.#put(this.#alone);
    this.#alone = undefined;
    this.#put(value);
  }

  #put(record: Json): void {
    this.#target ??= this.#sink.table(undefined, []);
    const row: (string | null)[] = [];
    for (const [path, value] of flattened(record)) {
      const place = this.#placeOf(path);
      if (place === undefined) continue;
      while (row.length < place) row.push(null);
      if (value !== null && value.length > LIMITS.foundValueCharsMax) this.#sink.cut();
      row[place] = value?.slice(0, LIMITS.foundValueCharsMax) ?? null;
    }
    this.#target.row(row);
  }

  #placeOf(path: string): number | undefined {
    if (this.#places.has(path)) return this.#places.get(path);
    const place = this.#target?.column(path);
    if (place !== undefined) this.#places.set(path, place);
    return place;
  }

  #fail(what: string): never {
    throw new WhosawError("COPY_UNREADABLE", `The file looks like JSON, and ${what}.`, {
      hint: "Give an array of objects, or one object a line.",
    });
  }
}
