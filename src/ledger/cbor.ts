/**
 * The part of deterministic CBOR (RFC 8949 section 4.2.1) that entries are made of: unsigned integers, byte and text
 * strings, arrays, booleans and null. A writer into a caller's buffer (no allocation on the row path), and a reader that
 * accepts nothing but what the writer would have written.
 */
import { WhosawError } from "../base/errors.ts";

export const MAJOR_UINT = 0x00;
export const MAJOR_BYTES = 0x40;
const MAJOR_TEXT = 0x60;
export const MAJOR_ARRAY = 0x80;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const TWO_32 = 0x1_0000_0000;

/** Writes an item's head in its shortest form; returns the position after it. `buffer` must have room for 9 bytes. */
export function putHead(buffer: Buffer, position: number, major: number, value: number): number {
  let at = position;
  if (value < 24) {
    buffer[at++] = major | value;
  } else if (value < 0x100) {
    buffer[at++] = major | 24;
    buffer[at++] = value;
  } else if (value < 0x1_0000) {
    buffer[at++] = major | 25;
    buffer[at++] = value >>> 8;
    buffer[at++] = value;
  } else if (value < TWO_32) {
    buffer[at++] = major | 26;
    at = buffer.writeUInt32BE(value, at);
  } else {
    buffer[at++] = major | 27;
    at = buffer.writeUInt32BE(Math.floor(value / TWO_32), at);
    at = buffer.writeUInt32BE(value % TWO_32, at);
  }
  return at;
}

export class CborWriter {
  readonly buffer: Buffer;
  position = 0;

  /** @param bytesMax what does not fit is an entry that is too long: WhosawError ROW_TOO_LARGE */
  constructor(bytesMax: number) {
    this.buffer = Buffer.allocUnsafe(bytesMax);
  }

  #room(bytes: number): void {
    if (this.position + bytes > this.buffer.length) {
      throw new WhosawError("ROW_TOO_LARGE", "An entry is longer than the ledger can hold.", {
        hint: "Split the disclosure into several entries.",
      });
    }
  }

  #head(major: number, value: number): void {
    this.#room(9);
    this.position = putHead(this.buffer, this.position, major, value);
  }

  /** A safe non-negative integer. */
  uint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`assertion failed: ${value} is no uint`);
    this.#head(MAJOR_UINT, value);
  }

  array(length: number): void {
    this.#head(MAJOR_ARRAY, length);
  }

  bytes(value: Uint8Array): void {
    this.#head(MAJOR_BYTES, value.length);
    this.#room(value.length);
    this.buffer.set(value, this.position);
    this.position += value.length;
  }

  /** Lower-case hex as a byte string. */
  hex(value: string): void {
    const length = value.length / 2;
    this.#head(MAJOR_BYTES, length);
    this.#room(length);
    const written = this.buffer.write(value, this.position, length, "hex");
    if (written !== length) throw new Error("assertion failed: not hex");
    this.position += length;
  }

  /** The uuid that stands at `offset` in a text, as 16 bytes. */
  uuid(text: string, offset: number): void {
    if (text.length - offset !== 36) throw new Error("assertion failed: not a uuid");
    const groups =
      text.slice(offset, offset + 8) + text.slice(offset + 9, offset + 13) + text.slice(offset + 14, offset + 18);
    this.hex(groups + text.slice(offset + 19, offset + 23) + text.slice(offset + 24));
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.#head(MAJOR_TEXT, length);
    this.#room(length);
    this.buffer.write(value, this.position, length, "utf8");
    this.position += length;
  }

  bool(value: boolean): void {
    this.#room(1);
    this.buffer[this.position++] = value ? TRUE : FALSE;
  }

  null(): void {
    this.#room(1);
    this.buffer[this.position++] = NULL;
  }
}

/** Bytes are not what the format says. */
export function damaged(what: string): WhosawError {
  return new WhosawError("LEDGER_DAMAGED", `An entry cannot be read: ${what}.`);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads item by item. Every method throws WhosawError LEDGER_DAMAGED if something else, or something non-canonical, is there. */
export class CborReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw damaged("it ends early");
    this.#at += 1;
    return byte;
  }

  #head(major: number): number {
    const first = this.#byte();
    if ((first & 0xe0) !== major) throw damaged("an item is of the wrong type");
    const info = first & 0x1f;
    if (info < 24) return info;
    if (info > 27) throw damaged("an indefinite or reserved length");
    const width = 1 << (info - 24);
    let value = 0;
    for (let i = 0; i < width; i += 1) value = value * 256 + this.#byte();
    const smallest = width === 1 ? 24 : 2 ** (4 * width);
    if (value < smallest) throw damaged("a number is not in its shortest form");
    if (!Number.isSafeInteger(value)) throw damaged("a number is out of range");
    return value;
  }

  uint(): number {
    return this.#head(MAJOR_UINT);
  }

  array(): number {
    return this.#head(MAJOR_ARRAY);
  }

  /** An array of just this length. */
  arrayOf(length: number): void {
    if (this.array() !== length) throw damaged(`an array has not ${length} items`);
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw damaged("it ends early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  bytes(): Uint8Array {
    return this.#take(this.#head(MAJOR_BYTES));
  }

  text(): string {
    const bytes = this.#take(this.#head(MAJOR_TEXT));
    try {
      return utf8.decode(bytes);
    } catch {
      throw damaged("a text is not UTF-8");
    }
  }

  bool(): boolean {
    const byte = this.#byte();
    if (byte !== FALSE && byte !== TRUE) throw damaged("an item is of the wrong type");
    return byte === TRUE;
  }

  /** True and past it if the next item is null. */
  null(): boolean {
    if (this.#bytes[this.#at] !== NULL) return false;
    this.#at += 1;
    return true;
  }

  nextIsText(): boolean {
    return ((this.#bytes[this.#at] ?? 0) & 0xe0) === MAJOR_TEXT;
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw damaged("bytes follow its end");
  }
}
