/**
 * What is on its way to one client, in order. Bytes that depend on protected rows wait here until a receipt says that
 * their disclosures are on stable storage; bytes behind them wait too, because order is part of the protocol.
 *
 * This is where promise 1 is kept: `release` asks for a Receipt, and only a durable append makes one.
 */
import { assert } from "../base/assert.ts";
import type { Receipt } from "../ledger/ledger.ts";

/** Where bytes go when they may go. */
export interface Sink {
  /** One or several pieces, in order, with as few system calls as possible. */
  write(pieces: readonly Buffer[]): void;
}

export class Outbox {
  readonly #sink: Sink;
  #slices: Buffer[] = [];
  #heldBytes = 0;
  /** Slices (counted from the front) that each drain covered and whose receipt is still to come. */
  readonly #covered: number[] = [];
  /** Something in the queue depends on entries that no drain has taken yet. */
  #unrecorded = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Queues bytes behind what waits, or sends them at once if nothing does. */
  send(bytes: Buffer): void {
    if (this.#slices.length === 0 && !this.#unrecorded) this.#sink.write([bytes]);
    else this.#push(bytes);
  }

  /** Queues bytes that must not leave before entries which the next drain will append. */
  hold(bytes: Buffer): void {
    this.#unrecorded = true;
    this.#push(bytes);
  }

  /** The entries behind everything queued so far have just been handed to a commit group. */
  cover(): void {
    const before = this.#covered.reduce((sum, count) => sum + count, 0);
    this.#covered.push(this.#slices.length - before);
    this.#unrecorded = false;
  }

  /**
   * Sends what the oldest drain covered, and what followed it without depending on anything unrecorded.
   * @param _receipt the proof; without one there is no way to call this
   */
  release(_receipt: Receipt): void {
    const count = this.#covered.shift();
    assert(count !== undefined, "a receipt without a drain");
    const all = this.#covered.length === 0 && !this.#unrecorded;
    const ready = all ? this.#slices : this.#slices.slice(0, count);
    this.#slices = all ? [] : this.#slices.slice(count);
    for (const slice of ready) this.#heldBytes -= slice.length;
    this.#sink.write(ready);
  }

  /** Drops everything that was not released: it must not leave. */
  discard(): void {
    this.#slices = [];
    this.#covered.length = 0;
    this.#heldBytes = 0;
    this.#unrecorded = false;
  }

  #push(bytes: Buffer): void {
    this.#slices.push(bytes);
    this.#heldBytes += bytes.length;
  }
}
