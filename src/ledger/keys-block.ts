/** Subject keys of one table use as bytes (docs/ledger-format.md, "Keys block"): sorted, distinct, as small as they go. */
import { createHmac, hkdfSync } from "node:crypto";
import { WhosawError } from "../base/errors.ts";
import { uuidText } from "./entry-codec.ts";

const INT = 0x00;
const UUID = 0x01;
const TEXT = 0x02;
const HASH_BYTES = 16;
const VARINT_BYTES_MAX = 10;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

export type SubjectKeys =
  | { readonly type: "int"; readonly keys: readonly bigint[] }
  /** Text form, lower case. */
  | { readonly type: "uuid"; readonly keys: readonly string[] }
  /** Hex of the 16-byte HMAC. */
  | { readonly type: "text"; readonly keys: readonly string[] };

/** The key under which text keys are hashed, the same in every log of an installation. */
export function deriveSubjectKey(masterKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync("sha256", masterKey, "", "whosaw subject key v1", 32));
}

/** How a text key stands in the ledger: 32 lower-case hex digits. */
export function hashTextKey(subjectKey: Uint8Array, subjectKind: string, key: string): string {
  const hmac = createHmac("sha256", subjectKey);
  return hmac
    .update(`whosaw text key v1\n${subjectKind}\n${key}`)
    .digest("hex")
    .slice(0, 2 * HASH_BYTES);
}

function putVarint(into: Buffer, position: number, value: number): number {
  let at = position;
  let rest = value;
  while (rest >= 0x80) {
    into[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  into[at++] = rest;
  return at;
}

function putBigVarint(into: Buffer, position: number, value: bigint): number {
  let at = position;
  let rest = value;
  while (rest >= 0x80n) {
    into[at++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  into[at++] = Number(rest);
  return at;
}

/**
 * Encodes integer keys, in any order, repeated or not. Numbers must be safe integers; bigints must fit 64 bits signed.
 * All numbers, or all bigints: a caller that meets one key beyond 2^53 turns to bigints for that block.
 */
export function encodeIntKeys(keys: Iterable<number> | Iterable<bigint>): Uint8Array {
  const sorted = [...keys];
  return sorted.every((key) => typeof key === "number") ? encodeNumbers(sorted) : encodeBigints(sorted.map(BigInt));
}

/** The point look-up: one key, no sorting, no copies. */
export function encodeIntKey(key: number | bigint): Uint8Array {
  return typeof key === "number" ? encodeNumbers([key]) : encodeBigints([key]);
}

/** Keys that are distinct and ascending already: most results come so. Safe integers only. */
export function encodeAscendingInts(keys: readonly number[]): Uint8Array {
  return writeNumbers(keys);
}

function encodeNumbers(keys: number[]): Uint8Array {
  if (keys.length > 1) keys.sort((a, b) => a - b);
  return writeNumbers(keys);
}

/** @param keys ascending; repetitions are left out */
function writeNumbers(keys: readonly number[]): Uint8Array {
  const into = Buffer.allocUnsafe(1 + VARINT_BYTES_MAX * (keys.length + 1));
  const count = countDistinct(keys);
  into[0] = INT;
  let at = putVarint(into, 1, count);
  let previous: number | undefined;
  for (const key of keys) {
    if (!Number.isSafeInteger(key)) throw new Error("assertion failed: an int key is a safe integer or a bigint");
    if (previous === undefined) at = putFirst(into, at, key);
    else if (key - previous > Number.MAX_SAFE_INTEGER) at = putBigVarint(into, at, BigInt(key) - BigInt(previous));
    else if (key !== previous) at = putVarint(into, at, key - previous);
    previous = key;
  }
  return into.subarray(0, at);
}

/** Zigzag of the first key; beyond 2^52 doubling it would not be exact. */
function putFirst(into: Buffer, at: number, key: number): number {
  if (Math.abs(key) >= 2 ** 52) return putBigVarint(into, at, zigzag(BigInt(key)));
  return putVarint(into, at, key >= 0 ? key * 2 : -key * 2 - 1);
}

function zigzag(key: bigint): bigint {
  return key >= 0n ? key * 2n : -key * 2n - 1n;
}

function encodeBigints(keys: bigint[]): Uint8Array {
  keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const into = Buffer.allocUnsafe(1 + VARINT_BYTES_MAX * (keys.length + 1));
  into[0] = INT;
  let at = putVarint(into, 1, countDistinct(keys));
  let previous: bigint | undefined;
  for (const key of keys) {
    if (key < INT64_MIN || key > INT64_MAX) throw new Error("assertion failed: an int key has 64 bits");
    if (previous === undefined) at = putBigVarint(into, at, zigzag(key));
    else if (key !== previous) at = putBigVarint(into, at, key - previous);
    previous = key;
  }
  return into.subarray(0, at);
}

function countDistinct(sorted: readonly (number | bigint | string)[]): number {
  let count = 0;
  for (let i = 0; i < sorted.length; i += 1) if (i === 0 || sorted[i] !== sorted[i - 1]) count += 1;
  return count;
}

/** Encodes uuids given in any of PostgreSQL's output forms (hyphens, lower case). */
export function encodeUuidKeys(keys: Iterable<string>): Uint8Array {
  return encodeFixed(
    UUID,
    [...keys].map((key) => key.toLowerCase().replaceAll("-", "")),
  );
}

/** Encodes text keys given as `hashTextKey` returned them. */
export function encodeTextKeys(hashes: Iterable<string>): Uint8Array {
  return encodeFixed(TEXT, [...hashes]);
}

function encodeFixed(tag: number, hex: string[]): Uint8Array {
  hex.sort();
  const count = countDistinct(hex);
  const into = Buffer.allocUnsafe(1 + VARINT_BYTES_MAX + HASH_BYTES * count);
  into[0] = tag;
  let at = putVarint(into, 1, count);
  let previous: string | undefined;
  for (const key of hex) {
    if (key === previous) continue;
    const written = into.write(key, at, HASH_BYTES, "hex");
    if (key.length !== 2 * HASH_BYTES || written !== HASH_BYTES)
      throw new Error("assertion failed: a key of 16 bytes in hex");
    at += HASH_BYTES;
    previous = key;
  }
  return into.subarray(0, at);
}

/**
 * Decodes a keys block.
 * @throws {WhosawError} LEDGER_DAMAGED if the bytes are not just what an encoder above would have written
 */
export function decodeKeys(block: Uint8Array): SubjectKeys {
  const reader = new VarintReader(block);
  const tag = reader.byte();
  const count = reader.varint();
  if (count > BigInt(block.length)) throw badBlock("its count is beyond its length");
  if (tag === INT) return { type: "int", keys: decodeInts(reader, Number(count)) };
  if (tag === UUID) return { type: "uuid", keys: decodeFixed(reader, Number(count)).map((key) => uuidText(key)) };
  if (tag === TEXT) return { type: "text", keys: decodeFixed(reader, Number(count)).map((key) => key.toString("hex")) };
  throw badBlock("its type is unknown");
}

/** Bytes of a varint that is a safe integer whatever its bits are. */
const SAFE_VARINT_BYTES_MAX = 7;

/**
 * Decodes a block of integers of which none needs a bigint, as nearly all are: many times as fast as `decodeKeys`.
 * @returns undefined for any other block, a damaged one included: `decodeKeys` says what it is
 */
export function decodeSafeInts(block: Uint8Array): number[] | undefined {
  if (block[0] !== INT) return undefined;
  const keys: number[] = [];
  let left = -1;
  let key = 0;
  for (let at = 1; at < block.length;) {
    let value = 0;
    let scale = 1;
    const start = at;
    let byte = block[at++] as number;
    for (; byte >= 0x80 && at < block.length; byte = block[at++] as number) {
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    }
    const shortest = byte !== 0 || at - start === 1;
    if (byte >= 0x80 || !shortest || at - start > SAFE_VARINT_BYTES_MAX) return undefined;
    value += byte * scale;
    if (left === -1) {
      left = value;
      continue;
    }
    if (left === 0 || (keys.length > 0 && value === 0)) return undefined;
    key = keys.length > 0 ? key + value : value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    if (key > Number.MAX_SAFE_INTEGER) return undefined;
    keys.push(key);
    left -= 1;
  }
  return left === 0 ? keys : undefined;
}

function decodeInts(reader: VarintReader, count: number): bigint[] {
  const keys: bigint[] = [];
  let key = 0n;
  for (let i = 0; i < count; i += 1) {
    const raw = reader.varint();
    if (i === 0) key = (raw & 1n) === 0n ? raw >> 1n : -((raw + 1n) >> 1n);
    else if (raw === 0n) throw badBlock("a key stands twice");
    else key += raw;
    if (key > INT64_MAX) throw badBlock("a key is beyond 64 bits");
    keys.push(key);
  }
  reader.end();
  return keys;
}

function decodeFixed(reader: VarintReader, count: number): Buffer[] {
  const keys: Buffer[] = [];
  for (let i = 0; i < count; i += 1) {
    const key = reader.take(HASH_BYTES);
    const previous = keys.at(-1);
    if (previous !== undefined && Buffer.compare(previous, key) >= 0) throw badBlock("its keys are not ascending");
    keys.push(key);
  }
  reader.end();
  return keys;
}

function badBlock(why: string): WhosawError {
  return new WhosawError("LEDGER_DAMAGED", `A block of subject keys cannot be read: ${why}.`);
}

class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw badBlock("it ends early");
    this.#at += 1;
    return byte;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (byte === 0 && shift > 0n) throw badBlock("a number is not in its shortest form");
      if (value >= 2n ** 64n) throw badBlock("a number is beyond 64 bits");
      return value;
    }
    throw badBlock("a number is beyond 64 bits");
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw badBlock("it ends early");
    const taken = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, length);
    this.#at = end;
    return taken;
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw badBlock("bytes follow its end");
  }
}
