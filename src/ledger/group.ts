/** One commit group while it is formed: entries are encoded and sealed straight into the bytes that will be written. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { CborWriter } from "./cbor.ts";
import { dayNumber, type DayKeys } from "./day-keys.ts";
import { writePayload } from "./entry-codec.ts";
import { ENTRY_KINDS, type Entry } from "./entry.ts";
import type { GroupBuilder } from "./ledger.ts";
import { Sealer } from "./seal.ts";
import { finishGroup, GROUP_HEADER_BYTES } from "./wal.ts";

const BUFFER_BYTES_START = 1 << 16;

/** Where a group stood before a source was drained. */
export interface Mark {
  readonly position: number;
  readonly count: number;
  readonly forms: number;
}

/** Reused for every group of a log: `begin`, `add`s, `finish`; then `commit` or `abandon`. */
export class Group implements GroupBuilder {
  readonly #dayKeys: DayKeys;
  readonly #sealer: Sealer;
  readonly #payload = new CborWriter(LIMITS.entryBytesMax - Sealer.room(0));
  #buffer: Buffer = Buffer.allocUnsafe(BUFFER_BYTES_START);
  #position = GROUP_HEADER_BYTES;
  #first = 0;
  #count = 0;
  #timeMs = 0;
  #day = -1;
  /** Indices of forms of the present day, by identity of the plan they belong to. */
  #forms = new WeakMap<object, number>();
  #formsDay = -1;
  /** Forms that this group brought, to be forgotten if it fails. */
  #newForms: object[] = [];

  constructor(origin: string, dayKeys: DayKeys) {
    this.#dayKeys = dayKeys;
    this.#sealer = new Sealer(origin);
  }

  /** Starts a group. All of its entries have one time. The key of that day must be loaded. */
  begin(firstIndex: number, timeMs: number): void {
    this.#first = firstIndex;
    this.#timeMs = timeMs;
    this.#count = 0;
    this.#position = GROUP_HEADER_BYTES;
    this.#newForms = [];
    this.#day = dayNumber(timeMs);
    if (this.#day !== this.#formsDay) {
      this.#forms = new WeakMap();
      this.#formsDay = this.#day;
    }
  }

  get count(): number {
    return this.#count;
  }

  get timeMs(): number {
    return this.#timeMs;
  }

  /** No further source should be drained: a drain may bring up to half of a group. */
  get full(): boolean {
    return this.#position > LIMITS.groupBytesMax / 2;
  }

  add(entry: Entry): number {
    const payload = this.#payload;
    payload.position = 0;
    writePayload(payload, entry);
    const bytes = payload.buffer.subarray(0, payload.position);
    this.#makeRoom(2 + Sealer.room(bytes.length));
    const index = this.#first + this.#count;
    const start = this.#position + 2;
    const key = this.#dayKeys.entryKey(this.#day, index);
    const end = this.#sealer.seal(this.#buffer, start, ENTRY_KINDS[entry.kind], this.#timeMs, index, key, bytes);
    this.#buffer.writeUInt16BE(end - start, this.#position);
    this.#position = end;
    this.#count += 1;
    return index;
  }

  form(key: object, make: () => Entry & { kind: "form" }): number {
    const known = this.#forms.get(key);
    if (known !== undefined) return known;
    const index = this.add(make());
    this.#forms.set(key, index);
    this.#newForms.push(key);
    return index;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#position + bytes;
    if (needed <= this.#buffer.length) return;
    if (needed > LIMITS.groupBytesMax) {
      throw new WhosawError("ROW_TOO_LARGE", "One drain brought more entries than a commit group can hold.", {
        hint: "Record a long result in several steps.",
      });
    }
    const larger = Buffer.allocUnsafe(Math.min(LIMITS.groupBytesMax, Math.max(needed, 2 * this.#buffer.length)));
    this.#buffer.copy(larger, 0, 0, this.#position);
    this.#buffer = larger;
  }

  mark(): Mark {
    return { position: this.#position, count: this.#count, forms: this.#newForms.length };
  }

  /** Forgets what came after the mark. Its indices will be sealed again: the caller must move the time on. */
  rollback(mark: Mark): void {
    this.#position = mark.position;
    this.#count = mark.count;
    for (const key of this.#newForms.splice(mark.forms)) this.#forms.delete(key);
  }

  /** The bytes of the group, ready to be written; valid until the next `begin`. */
  finish(chain: Uint8Array): Buffer {
    const bytes = this.#buffer.subarray(0, this.#position);
    finishGroup(bytes, chain, this.#first, this.#count);
    return bytes;
  }

  /** The group will never be durable: its forms must be written again. */
  abandon(): void {
    for (const key of this.#newForms) this.#forms.delete(key);
    this.#newForms = [];
  }
}
