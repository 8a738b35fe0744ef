/**
 * One error class for everything that can go wrong in the world, and a table of stable codes.
 *
 * Bugs are assertions (see assert.ts). Everything else is a `WhosawError`: it has a code that never changes once
 * published (it doubles as a metric label), the SQLSTATE a PostgreSQL client gets, one sentence that says what
 * happened and, where there is one, a hint that says what to do instead.
 */
export const ERROR_CODES = {
  // Statements
  REFUSED: "42501",
  UNKNOWN_CURSOR: "34000",
  /** Names that a statement on protected tables uses: PostgreSQL's own codes, since drivers branch on them. */
  UNDEFINED_TABLE: "42P01",
  UNDEFINED_COLUMN: "42703",
  STATEMENT_TOO_LARGE: "54000",
  STATEMENT_UNREADABLE: "42601",
  ROW_TOO_LARGE: "54000",
  NULL_SUBJECT_KEY: "42501",
  // Sign-in and sessions
  AUTHENTICATION_FAILED: "28P01",
  USER_NOT_NAMED: "28000",
  ACTOR_DISABLED: "28000",
  PROTOCOL_VIOLATION: "08P01",
  /** Somebody who does not speak the protocol, or says goodbye before hello: PostgreSQL closes without a word. */
  NOT_A_STARTUP_PACKET: "08P01",
  FEATURE_NOT_SUPPORTED: "0A000",
  DATABASE_NOT_SERVED: "3D000",
  TOO_MANY_SESSIONS: "53300",
  UPSTREAM_UNREACHABLE: "08001",
  UPSTREAM_LOST: "08006",
  SHUTTING_DOWN: "57P01",
  // Ledger
  LEDGER_DISK_FULL: "53100",
  LEDGER_IO: "58030",
  LEDGER_DAMAGED: "58030",
  LEDGER_BEHIND_WITNESS: "58030",
  LEDGER_LOCKED: "58030",
  LEDGER_KEY_LOST: "58030",
  LEDGER_CLOSED: "57P01",
  CLOCK_SKEW: "58000",
  NOT_PROVEN: "58030",
  // Columns, state and the control plane
  COLUMNS_UNREACHABLE: "08001",
  COLUMNS_FAILED: "58000",
  /** Columns or state of a newer program, or of other logs. */
  STORE_MISMATCH: "F0000",
  STORE_LOCKED: "55006",
  STATE_UNREACHABLE: "08001",
  STATE_FAILED: "58000",
  CONTROL_UNREACHABLE: "08001",
  CONTROL_RUNNING: "55006",
  /** No control lease within control.grace. */
  NO_LEASE: "57P03",
  /** A trace that is given what cannot be. */
  TRACE_INPUT: "22023",
  // Configuration and start
  CONFIG_INVALID: "F0000",
  CATALOG_MISMATCH: "F0000",
  CATALOG_STALE: "57P03",
  PORT_IN_USE: "58000",
  NOT_FOUND: "02000",
  ACTORS_INVALID: "F0000",
  ACTORS_LOCKED: "55006",
  ACTOR_EXISTS: "42710",
  /** A file to be imported has lines that cannot be understood. */
  IMPORT_INVALID: "22000",
  FILE_UNREADABLE: "58030",
  /** A file that should hold a copy of data, and holds nothing that can be read as one. */
  COPY_UNREADABLE: "22P04",
  FILE_UNWRITABLE: "58030",
  PACKAGE_MISSING: "58000",
  /** A command line that asks for something impossible. */
  USAGE: "22023",
  INTERNAL: "XX000",
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof ERROR_CODES;

interface ErrorOptions {
  readonly hint?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export class WhosawError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Further fields of an ErrorResponse by their letters, where PostgreSQL would have sent them too (P, F, R). */
  readonly fields: Readonly<Record<string, string>>;

  /**
   * @param code one of ERROR_CODES
   * @param message one sentence, without names or values of subjects
   * @param options.hint what to do instead
   * @param options.fields letters and values as in PostgreSQL's ErrorResponse
   * @param options.cause the error underneath, for the log only
   */
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "WhosawError";
    this.code = code;
    this.hint = options.hint;
    this.fields = options.fields ?? {};
  }

  /** The five-character SQLSTATE that a PostgreSQL client receives. */
  get sqlstate(): string {
    return ERROR_CODES[this.code];
  }
}
