import { assert } from "../../src/base/assert.ts";
import { DAY_MS } from "../../src/base/clock.ts";

/** One day of a company: disclosures, one a row, in the order of time. */
export interface CompanyDay {
  /** Days since 1970. */
  readonly day: number;
  readonly staff: Uint32Array;
  /** 0 to customers - 1. */
  readonly subject: Float64Array;
  /** UTC epoch milliseconds as recorded, ascending. */
  readonly at: Float64Array;
  /** A bit set of `CLASS_BITS`. */
  readonly fields: Uint32Array;
  /** 1 on a list page, 0 opened. */
  readonly listed: Uint8Array;
  /** Rows of one statement share a number; ascending within the day. */
  readonly statement: Uint32Array;
  /** -1 where the statement was for no ticket; from {@link OWN_TICKETS} on one that whoever opened it made. */
  readonly ticket: Int32Array;
  /** In the order of time. */
  readonly probes: readonly Probe[];
}

/** A look-up by COUNT or EXISTS, or one that found nobody: it shows no row, but tells whether there is one. */
export interface Probe {
  readonly staff: number;
  /** UTC epoch milliseconds. */
  readonly at: number;
  /** Whom it was about; -1 if nobody fits. */
  readonly subject: number;
}

/** Numbers of tickets that staff made, not customers. */
export const OWN_TICKETS = 2 ** 30;

/** Milliseconds of a day times this many fit a number exactly. */
const STATEMENTS_A_DAY_MAX = 2 ** 25;
const ROOM_AT_FIRST = 1_024;

export interface Statement {
  readonly staff: number;
  /** UTC epoch milliseconds. */
  readonly at: number;
  readonly fields: number;
  readonly ticket: number;
  readonly listed?: boolean;
}

/** The statements of one day, in the order in which they are thought of. */
export class Statements {
  readonly day: number;
  #count = 0;
  #rows = 0;
  #staff = new Uint32Array(ROOM_AT_FIRST);
  #at = new Float64Array(ROOM_AT_FIRST);
  #fields = new Uint32Array(ROOM_AT_FIRST);
  #listed = new Uint8Array(ROOM_AT_FIRST);
  #ticket = new Int32Array(ROOM_AT_FIRST);
  #firstRow = new Uint32Array(ROOM_AT_FIRST);
  #subjects = new Float64Array(ROOM_AT_FIRST);
  readonly #probes: Probe[] = [];

  constructor(day: number) {
    this.day = day;
  }

  /** A statement that shows nobody until {@link row} says whom. */
  add({ staff, at, fields, ticket, listed = false }: Statement): void {
    if (this.#count === this.#at.length) this.#grow();
    const index = this.#count++;
    assert(index < STATEMENTS_A_DAY_MAX, "statements of a day can be put in order");
    this.#staff[index] = staff;
    this.#at[index] = at;
    this.#fields[index] = fields;
    this.#listed[index] = listed ? 1 : 0;
    this.#ticket[index] = ticket;
    this.#firstRow[index] = this.#rows;
  }

  /** One more customer that the last statement shows. */
  row(subject: number): void {
    if (this.#rows === this.#subjects.length)
      this.#subjects = enlarged(this.#subjects, new Float64Array(this.#rows * 2));
    this.#subjects[this.#rows++] = subject;
  }

  probe(probe: Probe): void {
    this.#probes.push(probe);
  }

  /** The day as recorded, in the order of time. */
  inOrder(): CompanyDay {
    const order = this.#order();
    const rows = this.#rows;
    const out = {
      day: this.day,
      staff: new Uint32Array(rows),
      subject: new Float64Array(rows),
      at: new Float64Array(rows),
      fields: new Uint32Array(rows),
      listed: new Uint8Array(rows),
      statement: new Uint32Array(rows),
      ticket: new Int32Array(rows),
      probes: this.#probes.sort((one, other) => one.at - other.at),
    };
    let row = 0;
    for (let n = 0; n < order.length; n++) {
      const index = order[n]!;
      const end = index + 1 === this.#count ? this.#rows : this.#firstRow[index + 1]!;
      for (let from = this.#firstRow[index]!; from < end; from++, row++) {
        out.staff[row] = this.#staff[index]!;
        out.subject[row] = this.#subjects[from]!;
        out.at[row] = this.#at[index]!;
        out.fields[row] = this.#fields[index]!;
        out.listed[row] = this.#listed[index]!;
        out.statement[row] = n;
        out.ticket[row] = this.#ticket[index]!;
      }
    }
    return out;
  }

  /** Places of statements by time, then as added: numbers sort faster than places compared. */
  #order(): Uint32Array {
    const midnight = this.day * DAY_MS;
    const keys = new Float64Array(this.#count);
    for (let i = 0; i < keys.length; i++) keys[i] = Math.floor(this.#at[i]! - midnight) * STATEMENTS_A_DAY_MAX + i;
    keys.sort();
    return Uint32Array.from(keys, (key) => key % STATEMENTS_A_DAY_MAX);
  }

  #grow(): void {
    const room = this.#at.length * 2;
    this.#staff = enlarged(this.#staff, new Uint32Array(room));
    this.#at = enlarged(this.#at, new Float64Array(room));
    this.#fields = enlarged(this.#fields, new Uint32Array(room));
    this.#listed = enlarged(this.#listed, new Uint8Array(room));
    this.#ticket = enlarged(this.#ticket, new Int32Array(room));
    this.#firstRow = enlarged(this.#firstRow, new Uint32Array(room));
  }
}

function enlarged<T extends Uint8Array | Uint32Array | Int32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
