/** Batches of a stretch of log in order, read by several at once: each lane reads every so many thousandth entries. */
import { LIMITS } from "../base/limits.ts";
import { type Batch, type HighestIndexes, NOTHING_YET } from "./batch.ts";
import type { Stretch } from "./batch-reader.ts";

/** Whoever reads batches: this thread, or another. One batch at a time. */
export interface Lane {
  read(stretch: Stretch): Promise<Batch>;
  close(): Promise<void>;
}

/**
 * The entries [from, to) as batches. While the caller is at work with one, every lane has its next under way.
 * @param lanes at least one
 * @throws what a lane throws; lanes can be used again then
 */
export async function* inOrder(
  lanes: readonly Lane[],
  from: number,
  to: number,
  after: HighestIndexes,
): AsyncGenerator<Batch, void, undefined> {
  const chunk = LIMITS.shippedBatchEntriesMax;
  const chunks: Chunk[] = [];
  let started = from;
  const start = (lane: Lane): void => {
    if (started >= to) return;
    const end = Math.min(to, started - (started % chunk) + chunk);
    chunks.push(new Chunk(lane, started, end, after));
    started = end;
  };
  lanes.forEach(start);
  try {
    for (let first = chunks[0]; first !== undefined; first = chunks[0]) {
      yield* first.batches(() => start(first.lane));
      chunks.shift();
    }
  } finally {
    await Promise.all(chunks.map((one) => one.settled()));
  }
}

/** A stretch that one lane reads from end to end. */
class Chunk {
  readonly lane: Lane;
  readonly #end: number;
  readonly #after: HighestIndexes;
  #pending: Promise<Batch> | undefined;

  constructor(lane: Lane, from: number, end: number, after: HighestIndexes) {
    this.lane = lane;
    this.#end = end;
    this.#after = after;
    this.#pending = this.#read(from);
  }

  /** @param free called as soon as the lane has nothing more to do here */
  async *batches(free: () => void): AsyncGenerator<Batch, void, undefined> {
    while (this.#pending !== undefined) {
      const batch = await this.#pending;
      this.#pending = batch.next < this.#end ? this.#read(batch.next) : undefined;
      if (this.#pending === undefined) free();
      yield batch;
    }
  }

  /** When its lane is free, come what may. */
  async settled(): Promise<void> {
    await this.#pending?.catch(() => undefined);
  }

  #read(from: number): Promise<Batch> {
    const resumed = Object.values(this.#after).some((index) => index >= from);
    const batch = this.lane.read({ from, to: this.#end, after: resumed ? this.#after : NOTHING_YET });
    // Its error is met when its turn comes.
    batch.catch(() => undefined);
    return batch;
  }
}
