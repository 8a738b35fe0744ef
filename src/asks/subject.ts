/** One subject as somebody names it, and how it stands in blocks of keys, whatever the type of a table's key. */
import { WhosawError } from "../base/errors.ts";
import { KEY_TYPES, type SubjectKey } from "../columns/rows.ts";
import { decodeKeys, deriveSubjectKey, hashTextKey } from "../ledger/keys-block.ts";
import { halvesKey, intKey } from "../shipping/subject-columns.ts";

const INT = 0x00;
const HASH_BYTES = 16;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * A subject to look for. The same text can be an integer key in one table and a text key in another: every reading
 * that is possible is looked for, each in blocks of its own type.
 */
export interface SubjectTarget {
  readonly kind: string;
  /** How the ledger's own look entry names it: `kind:key`, a text key hashed. */
  readonly name: string;
  readonly int: bigint | undefined;
  /** 16 bytes. */
  readonly uuid: Buffer | undefined;
  /** 16 bytes: the keyed hash of the text. */
  readonly text: Buffer;
}

/**
 * Reads a subject key as people type it: an integer, a uuid, otherwise text.
 * @param masterKey 32 bytes, from which the key for hashing text keys is derived
 * @throws WhosawError USAGE for an empty key
 */
export function subjectTarget(masterKey: Uint8Array, kind: string, key: string): SubjectTarget {
  if (key === "")
    throw new WhosawError("USAGE", "A subject key is not empty.", { hint: "Give the key as the database holds it." });
  const value = /^(0|-?[1-9][0-9]{0,18})$/.test(key) ? BigInt(key) : undefined;
  const int = value !== undefined && value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
  const lower = key.toLowerCase();
  const isUuid = UUID.test(lower);
  const hash = hashTextKey(deriveSubjectKey(masterKey), kind, key);
  return {
    kind,
    name: `${kind}:${int !== undefined ? key : isUuid ? lower : hash}`,
    int,
    uuid: isUuid ? Buffer.from(lower.replaceAll("-", ""), "hex") : undefined,
    text: Buffer.from(hash, "hex"),
  };
}

/** The readings as columns hold them. */
export function subjectReadings({ int, uuid, text }: SubjectTarget): SubjectKey[] {
  return [
    ...(int === undefined ? [] : [intKey(int)]),
    ...(uuid === undefined ? [] : [halvesKey(KEY_TYPES.uuid, uuid)]),
    halvesKey(KEY_TYPES.text, text),
  ];
}

/** Whether a block holds the subject. Reads no further than it must: keys are sorted. */
export function blockHolds(block: Uint8Array, target: SubjectTarget): boolean {
  const tag = block[0];
  if (tag === INT) return target.int !== undefined && holdsInt(block, target.int);
  const wanted = tag === 1 ? target.uuid : target.text;
  return wanted !== undefined && holdsFixed(block, wanted);
}

/** Where among the keys of a block that holds it the subject stands. */
export function placeOf(block: Uint8Array, target: SubjectTarget): number {
  const { type, keys } = decodeKeys(block);
  if (type === "int") return keys.findIndex((key) => key === target.int);
  const wanted = type === "uuid" ? target.uuid : target.text;
  const hex = wanted?.toString("hex");
  return keys.findIndex((key) => key.replaceAll("-", "") === hex);
}

/** Walks the differences with plain numbers; a block with larger ones is decoded in full. */
function holdsInt(block: Uint8Array, target: bigint): boolean {
  const wanted = Number(target);
  if (!Number.isSafeInteger(wanted)) return decodedHolds(block, target);
  let at = 1;
  let key = 0;
  let left = -1;
  while (left !== 0) {
    let value = 0;
    let scale = 1;
    let byte: number | undefined;
    do {
      byte = block[at++];
      if (byte === undefined || scale > 2 ** 42) return decodedHolds(block, target);
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte >= 0x80);
    if (left === -1) {
      left = value;
      if (left === 0) return false;
      key = Number.NaN;
      continue;
    }
    key = Number.isNaN(key) ? (value % 2 === 0 ? value / 2 : -(value + 1) / 2) : key + value;
    if (key >= wanted) return key === wanted;
    left--;
  }
  return false;
}

function decodedHolds(block: Uint8Array, target: bigint): boolean {
  const decoded = decodeKeys(block);
  return decoded.type === "int" && decoded.keys.includes(target);
}

/** Binary search over ascending 16-byte keys. */
function holdsFixed(block: Uint8Array, wanted: Buffer): boolean {
  let start = 1;
  while ((block[start] ?? 0) >= 0x80) start++;
  start++;
  let low = 0;
  let high = Math.floor((block.length - start) / HASH_BYTES);
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = start + middle * HASH_BYTES;
    const order = wanted.compare(block, at, at + HASH_BYTES);
    if (order === 0) return true;
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return false;
}
