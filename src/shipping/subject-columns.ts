/** Keys blocks as columns hold them: a type, and each key as two signed 64-bit integers. */
import { KEY_TYPES, type SubjectKey } from "../columns/rows.ts";
import { decodeKeys, decodeSafeInts } from "../ledger/keys-block.ts";

/**
 * The keys of a block, in its order: ascending, uuids and hashes by their bytes.
 * @throws WhosawError LEDGER_DAMAGED
 */
export function subjectKeys(block: Uint8Array): SubjectKey[] {
  const safe = decodeSafeInts(block);
  if (safe !== undefined) return safe.map((key) => intKey(BigInt(key)));
  const decoded = decodeKeys(block);
  if (decoded.type === "int") return decoded.keys.map(intKey);
  const keyType = KEY_TYPES[decoded.type];
  return decoded.keys.map((key) => halvesKey(keyType, Buffer.from(key.replaceAll("-", ""), "hex")));
}

export function intKey(subject: bigint): SubjectKey {
  return { keyType: KEY_TYPES.int, subject, subject2: 0n };
}

/** @param bytes 16 */
export function halvesKey(keyType: number, bytes: Buffer): SubjectKey {
  return { keyType, subject: bytes.readBigInt64BE(0), subject2: bytes.readBigInt64BE(8) };
}
