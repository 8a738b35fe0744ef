/**
 * Numbers that stand for names in columns: the first bytes of SHA-256 of the name, so that columns rebuilt from the logs,
 * in any order, hold the same numbers.
 */
import { createHash } from "node:crypto";

/** For a log's origin or a subject kind: 32 bits. */
export function number32(name: string): number {
  return createHash("sha256").update(name).digest().readUInt32BE(0);
}

/** For an actor id or a form: 64 bits. */
export function number64(name: string): bigint {
  return createHash("sha256").update(name).digest().readBigUInt64BE(0);
}
