/**
 * What the server still owes an answer for, oldest first. PostgreSQL answers strictly in order, so one queue of
 * expectations is all the bookkeeping that pipelining needs.
 */
import type { WhosawError } from "../base/errors.ts";
import type { StatementPlan, TextPlan } from "../lineage/plan.ts";
import type { Execution } from "./execution.ts";

/** A prepared statement, made by Parse or by PREPARE. */
export interface Prepared {
  readonly text: TextPlan;
  /** Undefined for an empty query. */
  readonly plan: StatementPlan | undefined;
}

/** A portal, made by Bind or by DECLARE. */
export interface Portal {
  /**
   * Undefined if the session knew no statement of that name when it was bound. One that is made by a PREPARE still under
   * way is there when the server answers; of any other the server says that it does not exist.
   */
  prepared: Prepared | undefined;
  /** Name of the statement it was bound to. */
  readonly statement: string;
  readonly hold: boolean;
  /** A portal may be executed in portions; they are one execution. Cursors get one for each FETCH. */
  execution: Execution | undefined;
}

interface Common {
  /** Number of the client message, for names that later messages set. */
  readonly sequence: number;
}

/** A simple query: one answer for each statement, then ReadyForQuery. */
export interface PendingQuery extends Common {
  readonly kind: "query";
  readonly text: TextPlan;
  readonly refusal: WhosawError | undefined;
  /** Which statement the server is answering now. */
  statement: number;
  execution: Execution | undefined;
  /** After an error only ReadyForQuery is still to come. */
  failed: boolean;
}

export interface PendingParse extends Common {
  readonly kind: "parse";
  readonly text: TextPlan;
  readonly refusal: WhosawError | undefined;
  readonly undo: () => void;
}

export interface PendingBind extends Common {
  readonly kind: "bind";
  readonly portal: Portal;
  /** Result formats that were added for companions, to be taken out of an error's count. */
  readonly addedFormats: number;
  readonly undo: () => void;
}

export interface PendingDescribe extends Common {
  readonly kind: "describe";
  readonly what: "statement" | "portal";
  readonly name: string;
  readonly prepared: Prepared | undefined;
}

export interface PendingExecute extends Common {
  readonly kind: "execute";
  readonly name: string;
  readonly portal: Portal | undefined;
  /** The server is reading COPY data, and ignores Sync until CopyDone or CopyFail. */
  copyIn: boolean;
}

export interface PendingClose extends Common {
  readonly kind: "close";
  readonly undo: () => void;
}

export interface PendingSync extends Common {
  readonly kind: "sync";
}

/** A place in the stream, answered by nothing: here the client ended a COPY. */
export interface PendingCopyEnd extends Common {
  readonly kind: "copy-end";
}

/** A query of the gateway's own, between the client's; nothing of it reaches the client. */
export interface PendingHidden extends Common {
  readonly kind: "hidden";
  readonly rows: (string | null)[][];
  failed: boolean;
  readonly done: (rows: (string | null)[][] | undefined) => void;
}

export type Pending =
  | PendingQuery
  | PendingParse
  | PendingBind
  | PendingDescribe
  | PendingExecute
  | PendingClose
  | PendingSync
  | PendingCopyEnd
  | PendingHidden;

/** A first-in-first-out queue without shifting arrays. */
export class PendingQueue {
  #items: Pending[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** What the server answers next. A place where a COPY ended is passed over: nothing answers it. */
  get head(): Pending | undefined {
    while (this.#items[this.#head]?.kind === "copy-end") this.shift();
    return this.#items[this.#head];
  }

  push(item: Pending): void {
    this.#items.push(item);
  }

  shift(): Pending | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Removes the Syncs behind the head, up to the end of its COPY if the client has already sent it. */
  dropSyncsDuringCopy(): { ended: boolean } {
    const rest = this.#items.slice(this.#head + 1);
    const end = rest.findIndex((item) => item.kind === "copy-end");
    const during = end === -1 ? rest : rest.slice(0, end);
    const after = end === -1 ? [] : rest.slice(end + 1);
    const head = this.head;
    this.#items = [...(head === undefined ? [] : [head]), ...during.filter((item) => item.kind !== "sync"), ...after];
    this.#head = 0;
    return { ended: end !== -1 };
  }
}
