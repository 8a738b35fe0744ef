/** What a gateway says of itself whenever it asks for its lease. No names, no ids of people or subjects. */

export interface GatewayReport {
  /** The log that it writes. */
  readonly origin: string;
  readonly pid: number;
  /** `HOST:PORT` that clients connect to. */
  readonly postgres: string;
  /** Verifier keys of its log and of its witness. */
  readonly vkey: string;
  readonly witness: string;
  /** `serve` started it, and may end it. */
  readonly supervised: boolean;
  readonly mode: "observe" | "enforce";
  /** SHA-256 of the policy in force, in hex. */
  readonly policy: string;
  /** The last reload that it was asked for and has done, or failed to do. */
  readonly reload: number;
  /** Error code of that reload; what was in force before stayed. */
  readonly reloadError: string | null;
  /** Error code of what is wrong with its ledger, or null. */
  readonly ledgerError: string | null;
  /** Entries on stable storage. */
  readonly ledgerEntries: number;
  /** Sessions open now. */
  readonly sessions: number;
  readonly counts: GatewayCounts;
}

/** Totals since the gateway started. */
export interface GatewayCounts {
  readonly sessions: number;
  /** Executions of statements on protected tables, by what they were accounted for as. */
  readonly accounted: number;
  readonly opaque: number;
  /** Sign-ins turned away, statements refused and sessions ended, by error code. */
  readonly errors: Readonly<Record<string, number>>;
}

/** The control plane's answer. */
export interface LeaseGrant {
  /** From when it was asked for. */
  readonly leaseMs: number;
  /** A number that has grown since the last answer asks the gateway to read its configuration again. */
  readonly reload: number;
}
