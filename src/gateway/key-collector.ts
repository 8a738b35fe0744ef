/** Gathers the subject keys that companions carry, and turns them into keys blocks. Runs once for every row. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import {
  encodeAscendingInts,
  encodeIntKey,
  encodeIntKeys,
  encodeTextKeys,
  encodeUuidKeys,
  hashTextKey,
} from "../ledger/keys-block.ts";
import type { SubjectKeyType, TableUse } from "../lineage/plan.ts";

export interface CollectedBlock {
  readonly bytes: Uint8Array;
  readonly subjects: number;
}

const DIGIT_0 = 0x30;
const MINUS = 0x2d;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const OPEN_BRACE = 0x7b;
const BIG_INT = /^-?\d{16,19}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Decimal digits that a double holds exactly. */
const EXACT_DIGITS_MAX = 15;

export class KeyCollector {
  readonly #keyType: SubjectKeyType;
  readonly #subjectKind: string;
  readonly #table: string;
  #ints: number[] = [];
  /** Keys came in ascending order so far: then they need not be sorted, and repetitions are neighbours. */
  #ascending = true;
  readonly #bigs = new Set<bigint>();
  readonly #strings = new Set<string>();

  constructor(use: TableUse) {
    this.#keyType = use.keyType;
    this.#subjectKind = use.subjectKind;
    this.#table = use.table;
  }

  /** Adds one companion value; see `Companion` in lineage/plan.ts for its encoding. */
  add(buffer: Buffer, from: number, to: number, nullable: boolean): void {
    if (from === to) {
      if (!nullable) throw nullKey(this.#table);
      return;
    }
    if (this.#keyType === "int") this.#addInt(buffer, from, to);
    else if (this.#keyType === "uuid") this.#addUuid(buffer.toString("latin1", from, to));
    else this.#addText(buffer, from, to);
  }

  /** Adds the elements of `{a,b}`; an empty array is no key. */
  addArray(buffer: Buffer, from: number, to: number, nullable: boolean): void {
    if (from === to || buffer[from] !== OPEN_BRACE) {
      this.add(buffer, from, to, nullable);
      return;
    }
    let start = from + 1;
    for (let at = start; at < to; at++) {
      if (buffer[at] !== COMMA && at !== to - 1) continue;
      if (at > start) this.add(buffer, start, at, nullable);
      start = at + 1;
    }
  }

  /**
   * Hands over what was collected as blocks that each fit an entry, and starts anew.
   * @param subjectKey under which text keys are hashed
   */
  take(subjectKey: Uint8Array): CollectedBlock[] {
    if (this.#keyType === "int") return this.#takeInts();
    if (this.#strings.size === 0) return [];
    const all = [...this.#strings];
    this.#strings.clear();
    return portions(all, (keys) =>
      this.#keyType === "uuid"
        ? encodeUuidKeys(keys)
        : encodeTextKeys(keys.map((key) => hashTextKey(subjectKey, this.#subjectKind, key))),
    );
  }

  #addInt(buffer: Buffer, from: number, to: number): void {
    const negative = buffer[from] === MINUS;
    const first = negative ? from + 1 : from;
    if (to - first > EXACT_DIGITS_MAX) {
      this.#addBig(buffer.toString("latin1", from, to));
      return;
    }
    if (first === to) throw malformed(this.#table);
    let value = 0;
    for (let at = first; at < to; at++) {
      const digit = (buffer[at] as number) - DIGIT_0;
      if (digit < 0 || digit > 9) throw malformed(this.#table);
      value = value * 10 + digit;
    }
    this.#addNumber(negative ? -value : value);
  }

  #addBig(text: string): void {
    const key = BIG_INT.test(text) ? BigInt(text) : undefined;
    if (key === undefined || BigInt.asIntN(64, key) !== key) throw malformed(this.#table);
    this.#bigs.add(key);
  }

  #addUuid(text: string): void {
    if (!UUID.test(text)) throw malformed(this.#table);
    this.#strings.add(text);
  }

  #addNumber(key: number): void {
    const ints = this.#ints;
    const last = ints.length === 0 ? Number.NEGATIVE_INFINITY : (ints[ints.length - 1] as number);
    if (key === last) return;
    if (key < last) this.#ascending = false;
    ints.push(key);
  }

  #addText(buffer: Buffer, from: number, to: number): void {
    if (buffer[from] !== EQUALS) throw malformed(this.#table);
    const key = Buffer.from(buffer.toString("latin1", from + 1, to), "hex");
    if (2 * key.length !== to - from - 1) throw malformed(this.#table);
    this.#strings.add(key.toString("utf8"));
  }

  #takeInts(): CollectedBlock[] {
    const collected = this.#ints;
    if (this.#bigs.size === 0 && collected.length <= 1) {
      const [key] = collected;
      if (key === undefined) return [];
      this.#ints = [];
      return [{ bytes: encodeIntKey(key), subjects: 1 }];
    }
    const ascending = this.#ascending;
    this.#ints = [];
    this.#ascending = true;
    if (this.#bigs.size > 0) return this.#takeBigs(collected);
    // Sorted before they are cut into portions, so that neighbours stay neighbours and their differences small.
    return portions(ascending ? collected : sortedDistinct(collected), encodeAscendingInts);
  }

  #takeBigs(collected: readonly number[]): CollectedBlock[] {
    for (const key of collected) this.#bigs.add(BigInt(key));
    const all = [...this.#bigs];
    this.#bigs.clear();
    return portions(all, encodeIntKeys);
  }
}

function sortedDistinct(keys: readonly number[]): number[] {
  const sorted = Float64Array.from(keys).sort();
  const distinct: number[] = [];
  let last: number | undefined;
  for (const key of sorted) {
    if (key !== last) distinct.push(key);
    last = key;
  }
  return distinct;
}

function portions<T>(keys: readonly T[], encode: (keys: readonly T[]) => Uint8Array): CollectedBlock[] {
  const blocks: CollectedBlock[] = [];
  for (let from = 0; from < keys.length; from += LIMITS.subjectsPerEntryMax) {
    const portion =
      keys.length <= LIMITS.subjectsPerEntryMax ? keys : keys.slice(from, from + LIMITS.subjectsPerEntryMax);
    blocks.push({ bytes: encode(portion), subjects: portion.length });
  }
  return blocks;
}

function nullKey(table: string): WhosawError {
  return new WhosawError(
    "NULL_SUBJECT_KEY",
    `a row of ${table} has no subject key, so nobody could be told that it was read`,
    {
      hint: `declare the key of ${table} as nullable if such rows belong to no subject`,
    },
  );
}

function malformed(table: string): WhosawError {
  return new WhosawError("PROTOCOL_VIOLATION", `the database sent a subject key of ${table} in an unknown form`);
}
