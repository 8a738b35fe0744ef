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
}

/** Outside a transaction, or in one. */
export type StateDatabase = Kysely<StateTables> | Transaction<StateTables>;
