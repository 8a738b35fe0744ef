/** The state's tables as kysely knows them; migrations/ makes them. All in one schema, so that a database can be shared. */
import type { Kysely, Transaction } from "kysely";

export const SCHEMA = "whosaw";

/** Times are UTC milliseconds since 1970. */
export interface StateTables {
  /** One row: whose state this is. */
  installation: {
    only: boolean;
    name: string;
    made_ms: number;
    /** Of the last restore: when the backup was made, and when it was restored. */
    backup_ms: number | null;
    restored_ms: number | null;
  };
  logs: {
    origin: string;
    /** C2SP vkey: name, key id and key. */
    vkey: string;
    /** Of the highest checkpoint seen; 0 and null before the first. */
    size: number;
    root: Buffer | null;
    seen_ms: number | null;
  };
  strata: { number: number; kind: string; name: string; value: string };
  policies: { version: number; hash: Buffer; at_ms: number; by: string; text: string };
  cases: {
    /** From 1 on, in the order of opening. */
    id: number;
    title: string;
    /** JSON: names and numbers. */
    settings: string;
    opened_by: string;
    opened_ms: number;
    closed_by: string | null;
    closed_ms: number | null;
  };
  reports: {
    id: string;
    case_id: number | null;
    /** Of the subject, its key as the ledger names it, and the keyed hash that a text key has there. */
    kind: string;
    key: string;
    key_hash: string;
    /** The contact happened between the two. */
    from_ms: number;
    to_ms: number;
    /** What the caller knew: a bit for each class of field. */
    fields: number;
    /** Keyed hashes. */
    reporter: string | null;
    caller: string | null;
    mark_value: number | null;
    mark_ways: number | null;
    entered_by: string;
    received_ms: number;
    withdrawn_by: string | null;
    withdrawn_ms: number | null;
    withdrawn_because: string | null;
  };
}

/** Outside a transaction, or in one. */
export type StateDatabase = Kysely<StateTables> | Transaction<StateTables>;
