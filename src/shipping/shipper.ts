/** Follows logs up to their checkpoints and puts what they hold into columns. */
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Columns } from "../columns/columns.ts";
import { number32 } from "../columns/numbers.ts";
import { shippedUpTo } from "../columns/queries/position.ts";
import { LogReader } from "../ledger/read.ts";
import { BatchReader, type LogSource, type RowRules } from "./batch-reader.ts";
import { ColumnsWriter } from "./columns-writer.ts";
import { inOrder, type Lane } from "./in-order.ts";
import { findPosition, type Position } from "./position.ts";
import { ThreadLane, threadsRun } from "./thread-lane.ts";

export interface ShippingOptions {
  readonly columns: Columns;
  /** Each is shipped up to its checkpoint; one that does not exist yet is waited for. */
  readonly logs: readonly LogSource[];
  readonly rules: RowRules;
  /** Between two looks at a checkpoint; LIMITS.shippingPollMs unless given. */
  readonly pollMs?: number;
  /** Called when a log's state changes: shipped further, or in another condition. */
  readonly onState?: (state: ShippingState) => void;
}

/** How far a log has come. */
export interface ShippingState {
  readonly origin: string;
  /** Entries before it are in columns. */
  readonly next: number;
  /** Entries under the checkpoint last seen. */
  readonly size: number;
  /** When the last shipped batch's last entry was written; undefined before the first batch of this run. */
  readonly shippedAtMs: number | undefined;
  /** Why nothing is shipped now. It is tried again by itself. */
  readonly error: WhosawError | undefined;
}

export class Shipping {
  readonly #followers: readonly Follower[];
  readonly #stop = new AbortController();
  readonly #done: Promise<unknown>;

  private constructor(options: ShippingOptions) {
    const writer = new ColumnsWriter(options.columns);
    this.#followers = options.logs.map((log) => new Follower(options, log, writer, this.#stop.signal));
    this.#done = Promise.all(this.#followers.map((follower) => follower.run()));
  }

  /** Begins at once; errors of the world show in `states` and are tried again, with longer and longer waits. */
  static start(options: ShippingOptions): Shipping {
    return new Shipping(options);
  }

  /** One for each log. */
  get states(): readonly ShippingState[] {
    return this.#followers.map(({ state }) => state);
  }

  /** Ends with the batches that are under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

/**
 * Ships a log once, up to the checkpoint that it has now.
 * @throws WhosawError STORE_MISMATCH, COLUMNS_UNREACHABLE, COLUMNS_FAILED, and what reading the log throws
 */
export async function shipOnce(options: ShippingOptions): Promise<void> {
  const writer = new ColumnsWriter(options.columns);
  const never = new AbortController().signal;
  for (const log of options.logs) await new Follower(options, log, writer, never).once();
}

/** Ships one log. */
class Follower {
  readonly #options: ShippingOptions;
  readonly #log: LogSource;
  readonly #writer: ColumnsWriter;
  readonly #stop: AbortSignal;
  /** For what comes every second; threads are for what has piled up. */
  readonly #lane: Lane;
  #position: Position | undefined;
  #state: ShippingState;

  constructor(options: ShippingOptions, log: LogSource, writer: ColumnsWriter, stop: AbortSignal) {
    this.#options = options;
    this.#log = log;
    this.#writer = writer;
    this.#stop = stop;
    this.#lane = inThisThread(log, options.rules);
    this.#state = { origin: log.origin, next: 0, size: 0, shippedAtMs: undefined, error: undefined };
  }

  get state(): ShippingState {
    return this.#state;
  }

  /** Ends when the signal says so. Never throws. */
  async run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.aborted) {
      try {
        await this.once();
        failures = 0;
      } catch (error) {
        failures += 1;
        // Where it stopped, columns say best.
        this.#doubt();
        this.#failed(error);
      }
      const waitMs = failures === 0 ? (this.#options.pollMs ?? LIMITS.shippingPollMs) : backOffMs(failures);
      await delay(waitMs, undefined, { signal: this.#stop }).catch(() => undefined);
    }
  }

  /** Ships up to the checkpoint. */
  async once(): Promise<void> {
    const reader = await LogReader.open(this.#log.dir, this.#log);
    const size = await reader.checkpointSize();
    if (this.#position !== undefined && !(await this.#holds(this.#position, size))) this.#doubt();
    this.#position ??= await findPosition(this.#options.columns, this.#log);
    this.#set({ next: this.#position.next, size, error: undefined });
    if (this.#position.next < size) await this.#ship(this.#position, size);
  }

  /** Whether log and columns are what they were: either may have been put back from an older copy meanwhile. */
  async #holds({ next }: Position, size: number): Promise<boolean> {
    if (size <= next) return size === next;
    return ((await shippedUpTo(this.#options.columns)).get(number32(this.#log.origin)) ?? 0) === next;
  }

  /** Nothing is known any more of what columns hold. */
  #doubt(): void {
    this.#position = undefined;
    this.#writer.forget();
  }

  async #ship({ next, after }: Position, size: number): Promise<void> {
    const lanes = this.#lanesFor(size - next);
    try {
      for await (const batch of inOrder(lanes, next, size, after)) {
        await this.#writer.put(number32(this.#log.origin), this.#log.origin, batch);
        this.#position = { next: batch.next, after };
        this.#set({ next: batch.next, size, shippedAtMs: batch.atMs });
        if (this.#stop.aborted) return;
      }
    } finally {
      for (const lane of lanes) if (lane !== this.#lane) await lane.close();
    }
  }

  #lanesFor(entries: number): readonly Lane[] {
    const threads = Math.min(LIMITS.shippingThreadsMax, availableParallelism());
    const useful = Math.min(threads, Math.floor(entries / LIMITS.shippedBatchEntriesMax));
    if (!threadsRun || useful < 2) return [this.#lane];
    return Array.from({ length: useful }, () => new ThreadLane({ log: this.#log, rules: this.#options.rules }));
  }

  #failed(error: unknown): void {
    // A log that nobody has begun is no failure: the console log begins with the first look.
    if (error instanceof WhosawError && error.code === "NOT_FOUND") return;
    const message = error instanceof Error ? error.message : String(error);
    this.#set({
      error:
        error instanceof WhosawError
          ? error
          : new WhosawError("INTERNAL", `Shipping failed: ${message}`, { cause: error }),
    });
  }

  #set(change: Partial<ShippingState>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    const { next, size, error } = this.#state;
    if (next !== before.next || size !== before.size || error?.message !== before.error?.message)
      this.#options.onState?.(this.#state);
  }
}

function inThisThread(log: LogSource, rules: RowRules): Lane {
  const reader = new BatchReader(log, rules);
  return { read: (stretch) => reader.read(stretch), close: () => Promise.resolve() };
}

function backOffMs(failures: number): number {
  return Math.min(LIMITS.shippingBackOffMsMax, LIMITS.shippingPollMs * 2 ** Math.min(failures, 16));
}
