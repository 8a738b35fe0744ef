/**
 * What the planner says about one SQL text: how to send it upstream, and how to account for what comes back.
 *
 * A plan is made from text and catalog alone, never from data (a refusal that depends on data is itself a
 * leak). It is immutable and shared between sessions.
 */
import type { WhosawError } from "../base/errors.ts";

/** How a subject key is written in the ledger. */
export type SubjectKeyType = "int" | "uuid" | "text";

/** A protected table as one statement uses it. One per range-table entry: a self-join has two. */
export interface TableUse {
  /** Schema-qualified name, as configured: `support.customers`. */
  readonly table: string;
  readonly subjectKind: string;
  readonly keyType: SubjectKeyType;
  /** Protected columns that flow into the output, sorted. */
  readonly shown: readonly string[];
  /** Protected columns used only in predicates, sort keys and joins, sorted. */
  readonly predicate: readonly string[];
}

/**
 * One hidden column at the end of every row: the subject key (or keys) of one range-table entry, sent in text
 * format: of type text, or an integer in a result whose last columns the gateway asks for in text.
 *
 * Encoding of the value (see rewrite):
 *   SQL NULL      there is no such row here (null-extended side of an outer join, other branch of a UNION ALL)
 *   ""            the row exists and its key is NULL: refused unless `nullable`
 *   "4711"        an int or uuid key in PostgreSQL's text form
 *   "=616c696365" a text key: '=' and the hex of its UTF-8 bytes
 *   "{1,2,3}"     `array` companions: elements as above, separated by commas; "{}" is no key (as NULL)
 */
export interface Companion {
  /** Index into Accounting.uses. */
  readonly use: number;
  readonly array: boolean;
  readonly nullable: boolean;
}

export interface CopyFormat {
  readonly format: "text" | "csv" | "binary";
  /** One byte each, as numbers; defaults as in PostgreSQL. */
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
  readonly header: boolean;
  /** How NULL is written in text and CSV (there: unquoted). No key can look like it. */
  readonly nullText: string;
}

/** How the result of one statement is accounted for. */
export interface Accounting {
  readonly uses: readonly TableUse[];
  /** In the order in which they stand at the end of each row. */
  readonly companions: readonly Companion[];
  /** Visible output columns; the companions follow them. */
  readonly columns: number;
  /** The client expects no rows at all (a bare UPDATE that was given a hidden RETURNING). */
  readonly hideRows: boolean;
  /** The statement tells something about subjects that it does not list (predicate, order with limit). */
  readonly scope: boolean;
  /** An error of this statement may carry stored values; its text must be rebuilt (see gateway/errors). */
  readonly errorsFromData: boolean;
  /** Set for COPY ... TO STDOUT. */
  readonly copy: CopyFormat | undefined;
  /** Observe only: tables of which it shows rows without companions, or past them. It is recorded as opaque, keys and all. */
  readonly unlisted?: readonly string[];
}

/** What a statement changes in the session, so that the gateway can follow. Takes effect when the server says so. */
export type SessionEffect =
  | { readonly kind: "declare-cursor"; readonly name: string; readonly hold: boolean }
  | { readonly kind: "close-cursor"; readonly name: string | undefined }
  | { readonly kind: "prepare"; readonly name: string }
  | { readonly kind: "deallocate"; readonly name: string | undefined }
  | { readonly kind: "search-path" }
  /** client_encoding is set; `value` as the statement says it, if it does. */
  | { readonly kind: "encoding"; readonly value: string | undefined }
  /** ROLLBACK TO, AND CHAIN: settings made since the savepoint, or in the transaction, may be taken back. */
  | { readonly kind: "rollback-to" }
  /** COMMIT, PREPARE TRANSACTION, SET CONSTRAINTS: checks run that earlier statements put off. */
  | { readonly kind: "deferred-checks" }
  | { readonly kind: "create-temp"; readonly name: string }
  | { readonly kind: "discard-all" }
  | { readonly kind: "discard-temp" }
  /** COPY FROM STDIN: the server reads data next. */
  | { readonly kind: "copy-in" }
  | { readonly kind: "ddl" };

/** How the gateway treats one statement. */
export type Treatment =
  /** Touches no protected table: nothing visible, nothing recorded. */
  | { readonly kind: "pass" }
  /** Rows carry companions. */
  | { readonly kind: "account"; readonly accounting: Accounting }
  /**
   * FETCH and MOVE: accounted for as the cursor of that name. On a cursor over protected tables the gateway refuses all
   * but a `forward` fetch: `move` skips rows that were read, and going back shows rows a second time.
   */
  | { readonly kind: "as-cursor"; readonly name: string; readonly forward: boolean; readonly move: boolean }
  /** EXECUTE: accounted for as the prepared statement of that name. */
  | { readonly kind: "as-prepared"; readonly name: string }
  /** Observe mode only: passes unchanged and is recorded with the tables it reads and its row count. */
  | { readonly kind: "opaque"; readonly tables: readonly string[]; readonly reason: WhosawError }
  | { readonly kind: "refuse"; readonly reason: WhosawError };

export interface StatementPlan {
  readonly treatment: Treatment;
  readonly effects: readonly SessionEffect[];
  /** Text with literals removed (`$n` and `?`), and PostgreSQL's fingerprint of it in hex: for the ledger. */
  readonly normalizedText: string;
  readonly fingerprint: string;
}

/** One change to the client's text: at UTF-16 index `at`, `remove` code units go and `insert` comes in. */
export interface TextEdit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

/** The plan of a whole SQL text: a simple query may hold several statements, a Parse at most one. */
export interface TextPlan {
  /** What to send upstream: the same text, byte for byte, where nothing is accounted for. */
  readonly text: string;
  /** Empty for an empty query. If one is refused, all of the text is. */
  readonly statements: readonly StatementPlan[];
  /** The first refusal, if any: then nothing is sent. */
  readonly refusal: WhosawError | undefined;
  /**
   * What turns the client's text into `text`, ascending and not overlapping; insertions at one place stand in order.
   * Empty when nothing changed. Left out when `text` is not the client's text with edits: then a cache can reuse the
   * plan for this very text only. A literal of the client must never be copied into `insert`: the edits are replayed
   * on texts of the same shape with other literals.
   */
  readonly edits?: readonly TextEdit[];
  /** Maps a character position (1-based) in `text` back to the client's text, for the P field of errors. */
  readonly originalPosition: (position: number) => number;
}
