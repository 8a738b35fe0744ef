/** What stands in each table: the shapes of rows, in the order of their columns. */

/** How a subject key stands in `subject` and `subject2`. */
export const KEY_TYPES = { int: 0, uuid: 1, text: 2 } as const;

/** How surely a disclosure belongs to the actor. */
export const GRADES = {
  /** A person who signed in. */
  exact: 1,
  /** A service account that named nobody. */
  unattributed: 2,
  /** A person whom the application named, unproven. */
  asserted: 3,
  /** From an import: the page was opened, not known what of it was read. */
  pageLevel: 4,
  possible: 5,
} as const;

export const DECISIONS = {
  accounted: 1,
  opaque: 2,
  refused: 3,
  /** Of a statement or disclosure entry that can no longer be read: its day had expired, or its statement's had. */
  expired: 4,
  /** No statement: no writer ran for a while, and this is when one began again. */
  gap: 5,
} as const;

/** A subject key as two signed 64-bit integers: an int and 0, or the halves of 16 bytes. */
export interface SubjectKey {
  readonly keyType: number;
  readonly subject: bigint;
  readonly subject2: bigint;
}

export interface DisclosureRow extends SubjectKey {
  /** number32 of the log's origin. */
  readonly log: number;
  /** Of the entry that holds the disclosure. */
  readonly index: number;
  /** Of its statement entry. */
  readonly statement: number;
  /** Index into the form's uses. */
  readonly use: number;
  readonly atMs: number;
  readonly actor: bigint;
  readonly form: bigint;
  /** number32 of the subject kind. */
  readonly kind: number;
  readonly grade: number;
  readonly listed: boolean;
}

export interface StatementRow {
  readonly log: number;
  readonly index: number;
  readonly atMs: number;
  readonly actor: bigint;
  readonly form: bigint;
  readonly decision: number;
  readonly ticket: string;
  readonly reason: string;
}

export interface FormRow {
  readonly form: bigint;
  readonly use: number;
  readonly table: string;
  readonly kind: string;
  /** Names of columns, as the ledger has them; stored as JSON. */
  readonly clear: readonly string[];
  readonly masked: readonly string[];
  readonly predicate: readonly string[];
  readonly scope: boolean;
  readonly text: string;
}

/** Which stratum a subject belongs to; of several rows the latest counts. */
export interface StratumRow {
  /** number32 of the subject kind. */
  readonly kind: number;
  readonly subject: bigint;
  readonly subject2: bigint;
  readonly stratum: number;
  readonly atMs: number;
}

/** Everything of a log before `next` has arrived. */
export interface ShippedRow {
  readonly log: number;
  readonly next: number;
  readonly atMs: number;
}
