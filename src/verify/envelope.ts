/** The clear part of an entry: `[version: 1, kind: uint, time: uint, sealed: bstr]` in deterministic CBOR (RFC 8949, 4.2.1). */

export const KIND_HEARTBEAT = 1;
export const KIND_GAP = 2;
/** The highest kind that docs/ledger-format.md defines. */
export const KIND_MAX = 15;
const TAG_BYTES = 16;

/** Filled anew for every entry: millions are read, none is kept. */
export interface Envelope {
  kind: number;
  /** UTC milliseconds. */
  time: number;
}

/** Position after the last head that was read; -1 says that it was not canonical. */
let next = 0;

/** The argument of a CBOR head of this major type at `at`. Sets `next`. */
function head(bytes: Buffer, at: number, end: number, major: number): number {
  const first = at < end ? bytes[at]! : 0xff;
  const info = first & 31;
  next = -1;
  if (first >> 5 !== major) return 0;
  if (info < 24) {
    next = at + 1;
    return info;
  }
  const size = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : info === 27 ? 8 : 0;
  if (size === 0 || at + 1 + size > end) return 0;
  let value: number;
  if (size === 8) {
    const high = bytes.readUInt32BE(at + 1);
    if (high === 0 || high > 0x1fffff) return 0;
    value = high * 0x1_0000_0000 + bytes.readUInt32BE(at + 5);
  } else {
    value = bytes.readUIntBE(at + 1, size);
    if (value < (size === 1 ? 24 : size === 2 ? 0x100 : 0x1_0000)) return 0;
  }
  next = at + 1 + size;
  return value;
}

/**
 * Reads the envelope that fills bytes[start, end) exactly.
 * @returns undefined if it is sound, otherwise what is wrong, to follow "the entry ..."
 */
export function readEnvelope(bytes: Buffer, start: number, end: number, into: Envelope): string | undefined {
  if (bytes[start] !== 0x84 || start >= end) return "is not an array of four";
  const version = head(bytes, start + 1, end, 0);
  if (next < 0) return "has no canonical version";
  if (version !== 1) return `has version ${version}, which this verifier does not know`;
  into.kind = head(bytes, next, end, 0);
  if (next < 0) return "has no canonical kind";
  into.time = head(bytes, next, end, 0);
  if (next < 0) return "has no canonical time";
  const sealed = head(bytes, next, end, 2);
  if (next < 0) return "has no canonical payload";
  if (next + sealed !== end) return "is not as long as its payload says";
  if (sealed < TAG_BYTES) return "has a payload shorter than its seal";
  return undefined;
}
