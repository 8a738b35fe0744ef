/**
 * What the server still owes an answer for, oldest first. PostgreSQL answers strictly in order, so one queue of
 * expectations is all the bookkeeping that pipelining needs.
 */
import type { WhosawError } from "../base/errors.ts";
import type { StatementPlan, TextPlan } from "../lineage/plan.ts";
import type { PlanContext } from "../lineage/planner.ts";
import type { Execution } from "./execution.ts";

/** What a text was planned from. */
export interface PlanSource {
  /** As the client wrote it; undefined if it could not be read. */
  readonly sql: string | undefined;
  readonly protocol: "simple" | "extended";
  /** In which the plan was last found to be right. */
  context: PlanContext | undefined;
}

/** A prepared statement, made by Parse or by PREPARE. */
export interface Prepared {
  readonly text: TextPlan;
  /** Undefined for an empty query. In observe it is replaced when the schema has changed what the statement reads. */
  plan: StatementPlan | undefined;
  readonly source: PlanSource;
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
  /** Made by DECLARE: executing it does not declare it again. */
  readonly cursor: boolean;
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
  readonly source: PlanSource;
  readonly refusal: WhosawError | undefined;
  /** Which statement the server is answering now. */
  statement: number;
  execution: Execution | undefined;
  /** After an error only ReadyForQuery is still to come. */
  failed: boolean;
}

export interface PendingParse extends Common {
  readonly kind: "parse";
  readonly name: string;
  readonly prepared: Prepared;
  readonly text: TextPlan;
  readonly refusal: WhosawError | undefined;
  readonly undo: () => void;
}

export interface PendingBind extends Common {
  readonly kind: "bind";
  readonly name: string;
  readonly portal: Portal;
  /** Some column is asked for in binary. */
  readonly binary: boolean;
  /** Result formats that were added for companions, to be taken out of an error's count. */
  readonly addedFormats: number;
  readonly undo: () => void;
}

export interface PendingDescribe extends Common {
  readonly kind: "describe";
  readonly what: "statement" | "portal";
  readonly name: string;
}

export interface PendingExecute extends Common {
  readonly kind: "execute";
  readonly name: string;
}

export interface PendingClose extends Common {
  readonly kind: "close";
  readonly what: "statement" | "portal";
  readonly name: string;
  readonly undo: () => void;
}

export interface PendingSync extends Common {
  readonly kind: "sync";
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
  | PendingHidden;

/** A first-in-first-out queue without shifting arrays. */
export class PendingQueue {
  #items: Pending[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** What the server answers next. */
  get head(): Pending | undefined {
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
}
