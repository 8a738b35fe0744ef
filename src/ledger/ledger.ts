/**
 * The ledger as the gateway sees it: somebody who has something to record enlists; when the next commit group is
 * formed the ledger drains every enlisted source, writes one group, syncs once, and hands out receipts.
 */
import type { WhosawError } from "../base/errors.ts";
import type { Entry } from "./entry.ts";

/**
 * Proof that entries are on stable storage. Only a durable append makes one (`Receipt.issue` is called by commit.ts alone):
 * the private field makes the type nominal, so no object literal passes for a receipt.
 */
export class Receipt {
  readonly origin: string;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly #durable = true;

  private constructor(origin: string, firstIndex: number, lastIndex: number) {
    this.origin = origin;
    this.firstIndex = firstIndex;
    this.lastIndex = lastIndex;
  }

  /** For commit.ts, after the sync has returned. */
  static issue(origin: string, firstIndex: number, lastIndex: number): Receipt {
    return new Receipt(origin, firstIndex, lastIndex);
  }

  /** Whether this came from `issue`, for callers outside the type system. */
  static isReceipt(value: object): value is Receipt {
    return #durable in value && value.#durable;
  }
}

/** Where a source puts its entries while a group is being formed. */
export interface GroupBuilder {
  /** Appends an entry and returns the index it will have. Throws WhosawError if it is over LIMITS.entryBytesMax. */
  add(entry: Entry): number;
  /**
   * The index of this form in this log and day, adding the form entry if it is not there yet.
   * `key` identifies the form object (plans are shared, so identity is enough).
   */
  form(key: object, make: () => Entry & { kind: "form" }): number;
}

/** A session, or whoever else has something to record. */
export interface EntrySource {
  /** Called once for each enlist, when the next group is formed. Must not throw; must not block. */
  drain(group: GroupBuilder): void;
  /** What the last drain added is on stable storage. Not called for a drain that added nothing. */
  durable(receipt: Receipt): void;
  /** It is not, and never will be: nothing that depends on it may be released. */
  failed(error: WhosawError): void;
}

export type LedgerHealth = { readonly status: "green" } | { readonly status: "red"; readonly error: WhosawError };

export interface Ledger {
  readonly origin: string;
  /** Asks to be drained with the next group. Enlisting twice before the drain is once. */
  enlist(source: EntrySource): void;
  /** For rare entries: appends one and resolves when it is durable. */
  append(entry: Entry): Promise<Receipt>;
  readonly health: LedgerHealth;
  /** Entries on stable storage. */
  readonly size: number;
  /** Writes what is enlisted, tiles and checkpoint, releases the lock. */
  close(): Promise<void>;
}
