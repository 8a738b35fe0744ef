/** A lane in a thread of its own: opening sealed entries takes most of shipping's time. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type ErrorCode, WhosawError } from "../base/errors.ts";
import type { Batch } from "./batch.ts";
import type { LogSource, RowRules, Stretch } from "./batch-reader.ts";
import type { Lane } from "./in-order.ts";

export interface LaneData {
  readonly log: LogSource;
  readonly rules: RowRules;
}

/** What a thread answers to a stretch. A class of errors does not survive the way between threads. */
export type LaneAnswer =
  | { readonly batch: Batch }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined } };

const THREAD = new URL("./lane-thread.js", import.meta.url);

/** Node runs threads from JavaScript alone: from a compiled whosaw. */
export const threadsRun: boolean = import.meta.url.endsWith(".js");

export class ThreadLane implements Lane {
  readonly #worker: Worker;

  constructor(data: LaneData) {
    this.#worker = new Worker(THREAD, { workerData: data, name: "shipping" });
    // A thread that dies is noticed by the stretch that waits for it.
    this.#worker.on("error", () => undefined);
  }

  /** @throws WhosawError as BatchReader.read does */
  async read(stretch: Stretch): Promise<Batch> {
    const over = new AbortController();
    const ended = once(this.#worker, "exit", { signal: over.signal }).then(() => {
      throw new WhosawError("INTERNAL", "A thread that reads ledgers has ended.");
    });
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      this.#worker.postMessage(stretch);
      const [answer] = (await Promise.race([once(this.#worker, "message", { signal: over.signal }), ended])) as [
        LaneAnswer,
      ];
      if ("batch" in answer) return answer.batch;
      const { code, message, hint } = answer.error;
      throw new WhosawError(code, message, hint === undefined ? {} : { hint });
    } finally {
      ended.catch(() => undefined);
      over.abort();
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
