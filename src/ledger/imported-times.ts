/** When each subject of an imported entry was shown: varints of milliseconds behind the entry's own `at` (docs/ledger-format.md). */
import { WhosawError } from "../base/errors.ts";

/** Seven bits of each byte: 28 hold the milliseconds of a day. */
const VARINT_BYTES_MAX = 4;

/** @param after milliseconds, each below 2^28 */
export function encodeTimes(after: readonly number[]): Uint8Array {
  const into = Buffer.allocUnsafe(after.length * VARINT_BYTES_MAX);
  let at = 0;
  for (const value of after) {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) into[at++] = (rest & 0x7f) | 0x80;
    into[at++] = rest;
  }
  return into.subarray(0, at);
}

/**
 * @returns milliseconds, in the order of the entry's keys
 * @throws {WhosawError} LEDGER_DAMAGED if the bytes are not just what `encodeTimes` would have written
 */
export function decodeTimes(bytes: Uint8Array): number[] {
  const after: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at;
    let value = 0;
    let byte = bytes[at++] as number;
    for (; byte >= 0x80 && at < bytes.length && at - start < VARINT_BYTES_MAX; byte = bytes[at++] as number)
      value |= (byte & 0x7f) << (7 * (at - start - 1));
    if (byte >= 0x80 || (byte === 0 && at - start > 1))
      throw new WhosawError("LEDGER_DAMAGED", "The times of an imported entry cannot be read.");
    after.push(value | (byte << (7 * (at - start - 1))));
  }
  return after;
}
