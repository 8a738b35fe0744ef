/** Keys blocks as columns hold them: a type, and each key as two signed 64-bit integers. */
import { KEY_TYPES, type SubjectKey } from "../columns/rows.ts";
import { uuidText } from "../ledger/entry-codec.ts";
import { decodeKeys, decodeSafeInts, hashTextKey } from "../ledger/keys-block.ts";

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

/** Types of PostgreSQL whose keys are no texts: int2, int4, int8 and uuid. */
const KEY_TYPE_OF_OID: ReadonlyMap<number, number> = new Map([
  [21, KEY_TYPES.int],
  [23, KEY_TYPES.int],
  [20, KEY_TYPES.int],
  [2950, KEY_TYPES.uuid],
]);

/** @param oid of a key column's type, as PostgreSQL describes its rows */
export function keyTypeOfOid(oid: number): number {
  return KEY_TYPE_OF_OID.get(oid) ?? KEY_TYPES.text;
}

/**
 * A key in PostgreSQL's text format, as the ledger's blocks hold it.
 * @param subjectKey of keys-block.ts: what text keys are hashed with
 */
export function subjectOfText(kind: string, keyType: number, key: string, subjectKey: Uint8Array): SubjectKey {
  if (keyType === KEY_TYPES.int) return intKey(BigInt(key));
  const hex = keyType === KEY_TYPES.uuid ? key.replaceAll("-", "") : hashTextKey(subjectKey, kind, key);
  return halvesKey(keyType, Buffer.from(hex, "hex"));
}

const HALF_HEX_DIGITS = 16;

/** A key as answers print it, which is as the ledger's blocks decode: a number, a uuid, or the hex of a hash. */
export function keyText({ keyType, subject, subject2 }: SubjectKey): string {
  if (keyType === KEY_TYPES.int) return String(subject);
  const hex = [subject, subject2].map((half) => unsigned(half).toString(16).padStart(HALF_HEX_DIGITS, "0")).join("");
  return keyType === KEY_TYPES.uuid ? uuidText(Buffer.from(hex, "hex")) : hex;
}

/** The order of keys in a block, and of types where there are several. */
export function compareKeys(a: SubjectKey, b: SubjectKey): number {
  if (a.keyType !== b.keyType) return a.keyType - b.keyType;
  if (a.keyType === KEY_TYPES.int) return compare(a.subject, b.subject);
  return compare(unsigned(a.subject), unsigned(b.subject)) || compare(unsigned(a.subject2), unsigned(b.subject2));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function unsigned(half: bigint): bigint {
  return BigInt.asUintN(64, half);
}
