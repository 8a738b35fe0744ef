/** TabSeparated, written into one growing buffer: https://clickhouse.com/docs/interfaces/formats/TabSeparated */
import { LIMITS } from "../base/limits.ts";

const TAB = 0x09;
const NEWLINE = 0x0a;
const MINUS = 0x2d;
const ZERO = 0x30;
/** Of any 64-bit number, with its sign. */
const DIGITS_MAX = 20;
const START_BYTES = 1 << 16;
/** What a text may not hold as it is, and the letter that stands for it behind a backslash. */
const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  "\\": "\\\\",
};
const ESCAPED = /[\0\b\t\n\f\r\\]/gu;

/** Rows of TabSeparated. Every method but `end` adds one field; `end` ends the row. */
export class TsvWriter {
  #bytes = Buffer.allocUnsafe(START_BYTES);
  #length = 0;
  #rows = 0;
  // Actors and forms repeat from row to row, and digits of a bigint are slow.
  readonly #repeated = new Map<bigint, Buffer>();

  get rows(): number {
    return this.#rows;
  }

  get length(): number {
    return this.#length;
  }

  /** @param value a safe integer */
  number(value: number): void {
    this.#room(DIGITS_MAX + 1);
    this.#digits(value);
    this.#bytes[this.#length++] = TAB;
  }

  /** @param value of 64 bits, signed or not */
  bigint(value: bigint): void {
    const plain = Number(value);
    if (Number.isSafeInteger(plain)) {
      this.number(plain);
      return;
    }
    this.#room(DIGITS_MAX + 1);
    this.#length += this.#bytes.write(value.toString(), this.#length, "latin1");
    this.#bytes[this.#length++] = TAB;
  }

  /** The same, for values of which there are few. */
  repeated(value: bigint): void {
    let field = this.#repeated.get(value);
    if (field === undefined) {
      if (this.#repeated.size === LIMITS.columnsFieldsCachedMax) this.#repeated.clear();
      field = Buffer.from(`${value}\t`, "latin1");
      this.#repeated.set(value, field);
    }
    this.#room(field.length);
    this.#bytes.set(field, this.#length);
    this.#length += field.length;
  }

  text(value: string): void {
    const escaped = ESCAPED.test(value) ? value.replace(ESCAPED, (character) => ESCAPES[character] ?? "") : value;
    ESCAPED.lastIndex = 0;
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    this.#room(escaped.length * 3 + 1);
    this.#length += this.#bytes.write(escaped, this.#length);
    this.#bytes[this.#length++] = TAB;
  }

  end(): void {
    this.#bytes[this.#length - 1] = NEWLINE;
    this.#rows += 1;
  }

  /** The rows so far, which the writer forgets. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafe(Math.max(START_BYTES, this.#length));
    this.#length = 0;
    this.#rows = 0;
    return taken;
  }

  /** Ten digits and more are cut in two, so that each half is divided as a 32-bit integer. */
  #digits(value: number): void {
    let rest = value;
    if (rest < 0) {
      this.#bytes[this.#length++] = MINUS;
      rest = -rest;
    }
    if (rest < HALF) {
      this.#small(rest);
      return;
    }
    const high = Math.floor(rest / HALF);
    this.#small(high);
    this.#padded(rest - high * HALF);
  }

  #small(value: number): void {
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits += 1;
    this.#put(value, digits);
  }

  #padded(value: number): void {
    this.#put(value, HALF_DIGITS);
  }

  #put(value: number, digits: number): void {
    const bytes = this.#bytes;
    let rest = value | 0;
    for (let at = this.#length + digits - 1; at >= this.#length; at -= 1) {
      const next = (rest / 10) | 0;
      bytes[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.#length += digits;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const HALF_DIGITS = 9;
const HALF = 10 ** HALF_DIGITS;
