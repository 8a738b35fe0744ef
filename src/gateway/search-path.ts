/**
 * Which schemas the session searches, as the server last said, and when it must be asked again. Relations are sent
 * schema-qualified, so a path that is known too late can name a wrong table, but never leave one unaccounted for.
 */
import type { SessionEffect } from "../lineage/plan.ts";

export class SearchPath {
  schemas: readonly string[] = [];
  /** A statement may have changed it since it was asked for. */
  #touched = false;
  /** It was changed in the transaction under way, whose end may take that back. */
  #untilTransactionEnds = false;

  /** A statement that may change the path was done. */
  touch(): void {
    this.#touched = true;
  }

  /** The transaction went back to a savepoint. */
  rolledBack(): void {
    this.#touched ||= this.#untilTransactionEnds;
  }

  /** Whether after this effect only the server knows the path. */
  unsettledBy({ kind }: SessionEffect): boolean {
    if (kind === "rollback-to") return this.#untilTransactionEnds || this.#touched;
    return kind === "search-path" || kind === "discard-all";
  }

  /**
   * Whether the path must be asked for, now that the server is ready: after a statement that changes it, and once more
   * when the transaction ends in which that was done. Asked once for each time that it is due.
   */
  due(transaction: "I" | "T" | "E"): boolean {
    if (transaction === "E") {
      this.#untilTransactionEnds ||= this.#touched;
      return false;
    }
    const ended = this.#untilTransactionEnds && transaction === "I";
    const due = this.#touched || ended;
    if (due) this.#untilTransactionEnds = transaction === "T";
    this.#touched = false;
    return due;
  }
}
