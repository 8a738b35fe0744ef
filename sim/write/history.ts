/** What is written: a company's months, day by day. `sim/company` makes them; tests bring their own. */
import { createHash } from "node:crypto";
import type { ActorId } from "../../src/ledger/entry.ts";
import { uuidText } from "../../src/ledger/entry-codec.ts";
import { FIRST_CUSTOMER } from "../support-database/first-customer.ts";

export interface HistoryStaff {
  readonly id: string;
  readonly role: "agent" | "second-line" | "quality";
}

/** One day of views, one a row, by time; views of one statement stand side by side. */
export interface HistoryDay {
  /** Since 1970. */
  readonly day: number;
  /** Index into staff. */
  readonly staff: Uint32Array;
  /** 0 to customers - 1. */
  readonly subject: Float64Array;
  /** UTC epoch milliseconds. */
  readonly at: Float64Array;
  /** A bit set of field classes (pages.ts). */
  readonly fields: Uint32Array;
  /** 1 on a page of many. */
  readonly listed: Uint8Array;
  readonly statement: Uint32Array;
  /** -1: none. */
  readonly ticket: Int32Array;
  /** By time. */
  readonly probes: readonly HistoryProbe[];
}

/** Somebody asked whether there is such a customer, and was shown no row. */
export interface HistoryProbe {
  readonly staff: number;
  readonly at: number;
  /** -1: nobody fits. */
  readonly subject: number;
}

export interface History {
  readonly seed: number;
  readonly customers: number;
  readonly staff: readonly HistoryStaff[];
  /** In order; each is used up before the next is asked for. */
  days(): Iterable<HistoryDay>;
}

/** The key of a subject in the protected database. */
export function keyOfSubject(subject: number): number {
  return FIRST_CUSTOMER + subject;
}

/** What the ledger calls somebody: the same for the same company, and it tells nothing. */
export function actorIdOf(seed: number, staff: string): ActorId {
  const digest = createHash("sha256").update(`whosaw simulated staff\n${seed}\n${staff}`).digest();
  return `staff:${uuidText(digest.subarray(0, 16))}`;
}

export const TICKET_PREFIX = "T-";

/** As statements name it. @param ticket -1: none */
export function ticketText(ticket: number): string | undefined {
  return ticket < 0 ? undefined : `${TICKET_PREFIX}${ticket}`;
}

/** A statement of a day: its views are the rows [from, to), or it is a probe. */
export type HistoryStatement = Run | { readonly probe: HistoryProbe };

export interface Run {
  readonly from: number;
  readonly to: number;
}

/** Statements of a day, in order. Views of one statement that differ in more than the subject count as several. */
export function* statementsOf(day: HistoryDay): Generator<HistoryStatement, void, undefined> {
  const { staff, at, fields, listed, statement, probes } = day;
  let asked = 0;
  for (let from = 0, to = 0; from < staff.length; from = to) {
    for (; asked < probes.length && probes[asked]!.at <= at[from]!; asked += 1) yield { probe: probes[asked]! };
    const same = (row: number): boolean =>
      statement[row] === statement[from] &&
      staff[row] === staff[from] &&
      at[row] === at[from] &&
      fields[row] === fields[from] &&
      listed[row] === listed[from];
    for (to = from + 1; to < staff.length && same(to);) to += 1;
    yield { from, to };
  }
  for (const probe of probes.slice(asked)) yield { probe };
}
