/** What the verifier says: findings (the log is not what it should be), notes (worth knowing), and who protects how much. */

/** Stable codes; docs and tests refer to them. */
export type FindingCode =
  | "LOG_MISSING"
  | "LOG_UNREADABLE"
  | "IDENTITY_MISMATCH"
  | "CHECKPOINT_MALFORMED"
  | "CHECKPOINT_UNSIGNED"
  | "WITNESS_MISSING"
  | "OLD_CHECKPOINT_BAD"
  | "HISTORY_FORKED"
  | "LOG_TRUNCATED"
  | "ROOT_MISMATCH"
  | "BUNDLE_MISSING"
  | "BUNDLE_SHORT"
  | "BUNDLE_TRAILING"
  | "ENTRY_MALFORMED"
  | "ENTRY_CHANGED"
  | "TILE_MISSING"
  | "TILE_SIZE"
  | "TILE_CHANGED"
  | "PARTIAL_CHANGED"
  | "FILE_UNEXPECTED"
  | "KEY_FILE_SIZE"
  | "TIME_BACKWARDS"
  | "HEARTBEAT_SILENCE"
  | "WAL_MISSING"
  | "WAL_BEHIND"
  | "WAL_GAP"
  | "WAL_DAMAGED"
  | "WAL_ENTRY_CHANGED";

export interface Finding {
  readonly code: FindingCode;
  /** First entry that is not proven to be as it was written; undefined where no single place can be named. */
  readonly index: number | undefined;
  /** Path inside the log directory (or the name given to an older checkpoint). */
  readonly file: string;
  /** Byte position in that file, where there is one. */
  readonly offset: number | undefined;
  /** One sentence. */
  readonly message: string;
}

/** Somebody other than the log who has vouched for the first `size` entries. */
export interface Protector {
  readonly name: string;
  readonly size: number;
}

export interface VerifyReport {
  /** No findings. */
  readonly ok: boolean;
  readonly origin: string;
  /** Entries under the checkpoint. */
  readonly size: number;
  /** RFC 6962 root at `size`, base64, as recomputed. Empty if it could not be. */
  readonly root: string;
  /** Durable entries beyond the checkpoint, held by the write-ahead file alone. */
  readonly beyondCheckpoint: number;
  /** The widest protection that does not rest on the log key: witnesses and older checkpoints. */
  readonly protectedBy: Protector | undefined;
  /** The smallest index of any finding. */
  readonly firstBadIndex: number | undefined;
  /** In order of index; at most LIMITS.verifyFindingsMax. */
  readonly findings: readonly Finding[];
  /** Sentences. */
  readonly notes: readonly string[];
  /** UTC milliseconds of the first and last entry; undefined for an empty log. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
}

/** Thrown inside the verifier when findings are enough; never leaves it. */
export class EnoughFound extends Error {}

/** A file changed under the reader's hands; becomes a LOG_UNREADABLE finding. */
export class Unreadable extends Error {}

/** Collects findings and notes, bounded. */
export class Findings {
  readonly #list: Finding[] = [];
  readonly #notes: string[] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  add(code: FindingCode, file: string, message: string, index?: number, offset?: number): void {
    this.#list.push({ code, index, file, offset, message });
    if (this.#list.length >= this.#max) throw new EnoughFound();
  }

  note(sentence: string): void {
    if (this.#notes.length < this.#max) this.#notes.push(sentence);
  }

  get count(): number {
    return this.#list.length;
  }

  get notes(): readonly string[] {
    return this.#notes;
  }

  sorted(): Finding[] {
    return [...this.#list].sort((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity));
  }
}
