/**
 * Numbers by the million: one row of arrays (`SELECT groupArray(...), ...`) as RowBinary, each an array's length as a
 * varint, then its numbers, little-endian: https://clickhouse.com/docs/interfaces/formats/RowBinary
 */
import { WhosawError } from "../base/errors.ts";

const VARINT_BITS = 7;
const VARINT_MORE = 0x80;

/** Reads one array after the other, in the order of the SELECT. */
export class ArraysReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Of UInt8. @throws WhosawError COLUMNS_FAILED where the answer ends too soon, as all of them */
  bytes(): Uint8Array {
    return new Uint8Array(this.#array(1));
  }

  /** Of UInt16. */
  shorts(): Uint16Array {
    return new Uint16Array(this.#array(2));
  }

  /** Of UInt32. */
  words(): Uint32Array {
    return new Uint32Array(this.#array(4));
  }

  /** Of Int32. */
  integers(): Int32Array {
    return new Int32Array(this.#array(4));
  }

  /** Of UInt64. */
  longs(): BigUint64Array {
    return new BigUint64Array(this.#array(8));
  }

  /** A copy, for numbers in an answer lie where they come. */
  #array(width: number): ArrayBuffer {
    const length = this.#varint() * width;
    const end = this.#at + length;
    if (end > this.#bytes.length) throw brokenOff();
    const copy = new ArrayBuffer(length);
    new Uint8Array(copy).set(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return copy;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 2 ** VARINT_BITS) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || scale > Number.MAX_SAFE_INTEGER) throw brokenOff();
      value += (byte % VARINT_MORE) * scale;
      if (byte < VARINT_MORE) return value;
    }
  }
}

function brokenOff(): WhosawError {
  return new WhosawError("COLUMNS_FAILED", "The column store broke off in the middle of an answer.", {
    hint: "Ask again; its own log says why.",
  });
}
