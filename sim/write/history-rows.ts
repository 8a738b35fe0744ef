/** Rows of columns while they gather, column by column: what shipping would make of the same entries. */
import { assert } from "../../src/base/assert.ts";
import type { NativeColumn } from "./native-block.ts";

/** Numbers of 64 bits by their place in a list, as two words each. */
export class Words {
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;

  constructor(numbers: readonly bigint[]) {
    this.#low = Uint32Array.from(numbers, (number) => Number(number & 0xffff_ffffn));
    this.#high = Uint32Array.from(numbers, (number) => Number(number >> 32n));
  }

  put(into: Uint32Array, row: number, place: number): void {
    into[2 * row] = this.#low[place]!;
    into[2 * row + 1] = this.#high[place]!;
  }
}

/** What rows of entries name by its place: the same lists for all of them. */
export interface Places {
  readonly actors: Words;
  readonly forms: Words;
}

/** Rows for `disclosures` and `disclosures_by_actor`, without what is the same in each of them. */
export class DisclosureRows {
  rows = 0;
  readonly #places: Places;
  #room: number;
  #subject: Float64Array;
  #at: Float64Array;
  #entry: Float64Array;
  #after: Uint32Array;
  #actor: Uint32Array;
  #form: Uint32Array;
  #listed: Uint8Array;

  constructor(room: number, places: Places) {
    this.#room = room;
    this.#places = places;
    this.#subject = new Float64Array(room);
    this.#at = new Float64Array(room);
    this.#entry = new Float64Array(room);
    this.#after = new Uint32Array(room);
    this.#actor = new Uint32Array(2 * room);
    this.#form = new Uint32Array(2 * room);
    this.#listed = new Uint8Array(room);
  }

  /** Adds what one entry shows. */
  add(shown: ShownEntry, keys: readonly number[]): void {
    const { atMs, entry, after, actor, form, listed } = shown;
    const { actors, forms } = this.#places;
    if (this.rows + keys.length > this.#room) this.#enlarge(2 * (this.rows + keys.length));
    let row = this.rows;
    for (const key of keys) {
      this.#subject[row] = key;
      this.#at[row] = atMs;
      this.#entry[row] = entry;
      this.#after[row] = after;
      actors.put(this.#actor, row, actor);
      forms.put(this.#form, row, form);
      this.#listed[row] = listed ? 1 : 0;
      row += 1;
    }
    this.rows = row;
  }

  #enlarge(room: number): void {
    this.#room = room;
    this.#subject = enlarged(this.#subject, new Float64Array(room));
    this.#at = enlarged(this.#at, new Float64Array(room));
    this.#entry = enlarged(this.#entry, new Float64Array(room));
    this.#after = enlarged(this.#after, new Uint32Array(room));
    this.#actor = enlarged(this.#actor, new Uint32Array(2 * room));
    this.#form = enlarged(this.#form, new Uint32Array(2 * room));
    this.#listed = enlarged(this.#listed, new Uint8Array(room));
  }

  get columns(): readonly NativeColumn[] {
    return [
      { name: "subject", type: "Float64", values: this.#subject },
      { name: "at", type: "Float64", values: this.#at },
      { name: "actor", type: "UInt64", values: this.#actor },
      { name: "entry", type: "Float64", values: this.#entry },
      { name: "after", type: "UInt32", values: this.#after },
      { name: "form", type: "UInt64", values: this.#form },
      { name: "listed", type: "UInt8", values: this.#listed },
    ];
  }
}

function enlarged<T extends Float64Array | Uint32Array | Uint8Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** An entry that shows subjects. */
export interface ShownEntry {
  readonly atMs: number;
  readonly entry: number;
  /** Entries behind its statement's own. */
  readonly after: number;
  /** Place in the list of actors. */
  readonly actor: number;
  /** Place in the list of forms. */
  readonly form: number;
  readonly listed: boolean;
}

/** Rows for `statements`. */
export class StatementRows {
  rows = 0;
  readonly #places: Places;
  readonly #entry: Float64Array;
  readonly #at: Float64Array;
  readonly #actor: Uint32Array;
  readonly #form: Uint32Array;
  readonly #ticket: Int32Array;

  /** @param room rows that it takes, and no more */
  constructor(room: number, places: Places) {
    this.#places = places;
    this.#entry = new Float64Array(room);
    this.#at = new Float64Array(room);
    this.#actor = new Uint32Array(2 * room);
    this.#form = new Uint32Array(2 * room);
    this.#ticket = new Int32Array(room);
  }

  /** @param ticket -1: none */
  add(atMs: number, entry: number, actor: number, form: number, ticket: number): void {
    const row = this.rows++;
    assert(row < this.#ticket.length, "a block of statements has room for one more");
    this.#entry[row] = entry;
    this.#at[row] = atMs;
    this.#places.actors.put(this.#actor, row, actor);
    this.#places.forms.put(this.#form, row, form);
    this.#ticket[row] = ticket;
  }

  get columns(): readonly NativeColumn[] {
    return [
      { name: "entry", type: "Float64", values: this.#entry },
      { name: "at", type: "Float64", values: this.#at },
      { name: "actor", type: "UInt64", values: this.#actor },
      { name: "form", type: "UInt64", values: this.#form },
      { name: "ticket", type: "Int32", values: this.#ticket },
    ];
  }
}
