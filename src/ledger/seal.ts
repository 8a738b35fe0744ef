/** Entries as they stand in the log: a clear header and a sealed payload (docs/ledger-format.md, "An entry"). */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { CborReader, damaged, MAJOR_ARRAY, MAJOR_BYTES, MAJOR_UINT, putHead } from "./cbor.ts";

const VERSION = 1;
const TAG_BYTES = 16;
/** Array head, version, kind, time, byte string head. */
const HEADER_BYTES_MAX = 1 + 1 + 9 + 9 + 9;

export interface SealedEntry {
  readonly kind: number;
  readonly timeMs: number;
  readonly sealed: Uint8Array;
}

/** Seals entries of one log. Holds the small buffers that each sealing needs. */
export class Sealer {
  readonly #nonce = Buffer.alloc(12);
  readonly #additional: Buffer;

  constructor(origin: string) {
    const name = Buffer.from(origin);
    this.#additional = Buffer.alloc(17 + name.length);
    name.copy(this.#additional, 17);
  }

  #set(kind: number, timeMs: number, index: number): void {
    const high = Math.floor(index / 2 ** 32);
    const low = index % 2 ** 32;
    const nonce = this.#nonce;
    nonce.writeUInt32BE(timeMs % 2 ** 32, 0);
    nonce.writeUInt32BE(high, 4);
    nonce.writeUInt32BE(low, 8);
    const additional = this.#additional;
    additional.writeUInt32BE(high, 0);
    additional.writeUInt32BE(low, 4);
    additional[8] = kind;
    additional.writeUInt32BE(Math.floor(timeMs / 2 ** 32), 9);
    additional.writeUInt32BE(timeMs % 2 ** 32, 13);
  }

  /** Bytes that `seal` needs for a payload of that length, at most. */
  static room(payloadBytes: number): number {
    return HEADER_BYTES_MAX + payloadBytes + TAG_BYTES;
  }

  /**
   * Writes one entry into `into` at `position`, which must have `room`; returns the position after it.
   * The same index and time must never be sealed twice under one key.
   */
  seal(
    into: Buffer,
    position: number,
    kind: number,
    timeMs: number,
    index: number,
    key: Uint8Array,
    payload: Uint8Array,
  ): number {
    this.#set(kind, timeMs, index);
    const cipher = createCipheriv("aes-256-gcm", key, this.#nonce);
    cipher.setAAD(this.#additional);
    let at = putHead(into, position, MAJOR_ARRAY, 4);
    at = putHead(into, at, MAJOR_UINT, VERSION);
    at = putHead(into, at, MAJOR_UINT, kind);
    at = putHead(into, at, MAJOR_UINT, timeMs);
    at = putHead(into, at, MAJOR_BYTES, payload.length + TAG_BYTES);
    into.set(cipher.update(payload), at);
    cipher.final();
    at += payload.length;
    into.set(cipher.getAuthTag(), at);
    return at + TAG_BYTES;
  }

  /** The payload of an entry. Throws LEDGER_DAMAGED if key, index, header or bytes do not belong together. */
  open(entry: SealedEntry, index: number, key: Uint8Array): Buffer {
    this.#set(entry.kind, entry.timeMs, index);
    const end = entry.sealed.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv("aes-256-gcm", key, this.#nonce);
      decipher.setAAD(this.#additional).setAuthTag(entry.sealed.subarray(end));
      const payload = decipher.update(entry.sealed.subarray(0, end));
      decipher.final();
      return payload;
    } catch (cause) {
      throw new WhosawError("LEDGER_DAMAGED", `Entry ${index} does not open with the key of its day.`, { cause });
    }
  }
}

/** Reads an entry's header. Throws LEDGER_DAMAGED. `sealed` shares memory with `bytes`. */
export function parseEntry(bytes: Uint8Array): SealedEntry {
  if (bytes.length > LIMITS.entryBytesMax) throw damaged("it is too long");
  const reader = new CborReader(bytes);
  reader.arrayOf(4);
  if (reader.uint() !== VERSION) throw damaged("its version is unknown to this program");
  const kind = reader.uint();
  const timeMs = reader.uint();
  const sealed = reader.bytes();
  reader.end();
  if (kind > 0xff || sealed.length < TAG_BYTES) throw damaged("its header is out of range");
  return { kind, timeMs, sealed };
}
