/**
 * Bounds-checked reading and growing writing of protocol bytes.
 *
 * Names and field values are carried as *byte strings*: JavaScript strings with one character per byte (latin1). What
 * encoding the bytes are in depends on the session's client_encoding, and a proxy must give back the bytes that it got.
 * Compare byte strings with byte strings only; `byteString` and `textOf` convert.
 */
import { assert } from "../base/assert.ts";
import { WhosawError } from "../base/errors.ts";

/** The byte string of a text, which is the text itself when it is ASCII. */
export function byteString(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** A byte string read as UTF-8, for logs and people; bytes that are not UTF-8 come out as U+FFFD. */
export function textOf(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** PROTOCOL_VIOLATION (08P01): the peer sent bytes that the protocol does not allow. The connection has to end. */
export function violation(what: string): WhosawError {
  return new WhosawError("PROTOCOL_VIOLATION", what, {
    hint: "The connection is out of step and was closed; reconnect, and check the driver's version.",
  });
}

/** Big-endian int32 at `at`. The caller has checked that four bytes are there. */
export function int32At(buffer: Buffer, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
}

/** Big-endian uint16 at `at`. The caller has checked that two bytes are there. */
export function uint16At(buffer: Buffer, at: number): number {
  return (buffer[at]! << 8) | buffer[at + 1]!;
}

/** Writes 4 bytes, big-endian; unchecked, for row paths. */
export function putInt32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
}

/** Writes 2 bytes, big-endian; unchecked, for row paths. */
export function putUint16(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 8;
  buffer[at + 1] = value;
}

/** Reads one payload from `at` to `end` (exclusive). Every method throws PROTOCOL_VIOLATION instead of passing `end`. */
export class ByteReader {
  at: number;
  readonly #buffer: Buffer;
  readonly #end: number;

  constructor(buffer: Buffer, at: number, end: number) {
    assert(at >= 0 && at <= end && end <= buffer.length, "payload outside its buffer");
    this.#buffer = buffer;
    this.at = at;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.at;
  }

  #take(bytes: number): number {
    const at = this.at;
    if (bytes > this.#end - at) throw violation("A message ends before its last field.");
    this.at = at + bytes;
    return at;
  }

  uint8(): number {
    return this.#buffer[this.#take(1)]!;
  }

  /** Counts and format codes; PostgreSQL reads counts as unsigned. */
  uint16(): number {
    return uint16At(this.#buffer, this.#take(2));
  }

  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  int32(): number {
    return int32At(this.#buffer, this.#take(4));
  }

  /** OIDs are unsigned. */
  uint32(): number {
    return this.int32() >>> 0;
  }

  /** A view, not a copy. */
  bytes(count: number): Buffer {
    if (count < 0) throw violation("A message holds a negative length.");
    const from = this.#take(count);
    return this.#buffer.subarray(from, from + count);
  }

  /** Everything up to the end. A view, not a copy. */
  rest(): Buffer {
    return this.bytes(this.left);
  }

  /** int32 length and bytes, or null for length -1. A view, not a copy. */
  value(): Buffer | null {
    const length = this.int32();
    return length === -1 ? null : this.bytes(length);
  }

  /** Steps over what `value` would return. */
  skipValue(): void {
    const length = this.int32();
    if (length < -1) throw violation("A message holds a negative length.");
    if (length > 0) this.#take(length);
  }

  /** The bytes before the next NUL, which is consumed. A view, not a copy. */
  cbytes(): Buffer {
    const from = this.at;
    const nul = this.#buffer.indexOf(0, from);
    if (nul === -1 || nul >= this.#end) throw violation("A string in a message is not terminated.");
    this.at = nul + 1;
    return this.#buffer.subarray(from, nul);
  }

  /** NUL-terminated byte string. */
  cstring(): string {
    return this.cbytes().toString("latin1");
  }

  /** A count that the remaining bytes can hold, if each element takes at least `elementBytes`. */
  count(elementBytes: number): number {
    const count = this.uint16();
    if (count * elementBytes > this.left) throw violation("A message announces more elements than it holds.");
    return count;
  }

  finish(): void {
    if (this.at !== this.#end) throw violation("A message is longer than its fields.");
  }
}

/** Builds one typed message: type byte, int32 length (counts itself), payload. */
export class MessageWriter {
  #buffer: Buffer;
  #at = 5;

  constructor(type: number, expectedBytes = 64) {
    this.#buffer = Buffer.allocUnsafe(Math.max(5, expectedBytes));
    this.#buffer[0] = type;
  }

  #reserve(bytes: number): number {
    const at = this.#at;
    const need = at + bytes;
    if (need > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(need, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    this.#at = need;
    return at;
  }

  uint8(value: number): this {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
    return this;
  }

  uint16(value: number): this {
    assert(value >= -0x8000 && value <= 0xffff, "16-bit field out of range");
    const at = this.#reserve(2);
    putUint16(this.#buffer, at, value);
    return this;
  }

  int32(value: number): this {
    const at = this.#reserve(4);
    putInt32(this.#buffer, at, value);
    return this;
  }

  bytes(value: Buffer): this {
    const at = this.#reserve(value.length);
    value.copy(this.#buffer, at);
    return this;
  }

  value(value: Buffer | null): this {
    return value === null ? this.int32(-1) : this.int32(value.length).bytes(value);
  }

  /** NUL-terminated. A string is a byte string. */
  cstring(value: Buffer | string): this {
    const at = this.#reserve(value.length + 1);
    if (typeof value === "string") {
      for (let i = 0; i < value.length; i++) {
        const code = value.charCodeAt(i);
        assert(code > 0 && code < 256, "not a byte string");
        this.#buffer[at + i] = code;
      }
    } else {
      assert(value.indexOf(0) === -1, "NUL inside a string");
      value.copy(this.#buffer, at);
    }
    this.#buffer[at + value.length] = 0;
    return this;
  }

  finish(): Buffer {
    putInt32(this.#buffer, 1, this.#at - 1);
    return this.#buffer.subarray(0, this.#at);
  }
}
