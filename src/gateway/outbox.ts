/**
 * What is on its way to one client, in order. Bytes that depend on protected rows wait here until a receipt says that
 * their disclosures are on stable storage, and until the control lease is held; bytes behind them wait too, because order
 * is part of the protocol.
 *
 * This is where promises 1 and 4 are kept: `release` asks for a Receipt, which only a durable append makes, and for the Lease.
 */
import { assert } from "../base/assert.ts";
import type { WhosawError } from "../base/errors.ts";
import type { Receipt } from "../ledger/ledger.ts";
import type { Lease } from "./lease.ts";
import { Withheld } from "./withheld.ts";

/** Where bytes go when they may go. */
export interface Sink {
  /** One or several pieces, in order, with as few system calls as possible. */
  write(pieces: readonly Buffer[]): void;
  /** Rows are not handed over, and the client is told this. */
  withheld(error: WhosawError): void;
}

/** What one drain covered. */
interface Covered {
  /** Slices, counted from where the one before it ends. */
  readonly slices: number;
  /** Among them are bytes that depend on protected rows. */
  readonly rows: boolean;
  /** They end between two messages. */
  readonly whole: boolean;
  /** Its receipt has come. */
  durable: boolean;
}

export class Outbox {
  readonly #sink: Sink;
  #slices: Buffer[] = [];
  #heldBytes = 0;
  /** Oldest first: those that wait for the lease, then those whose receipt is still to come. */
  readonly #covered: Covered[] = [];
  /** Something in the queue depends on entries that no drain has taken yet. */
  #unrecorded = false;
  /** What was queued last ends between two messages, and what has left. */
  #whole = true;
  #leftWhole = true;
  /** The answer to a statement that has failed for want of a lease comes to its end through this. */
  #withheld: Withheld | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** A statement has failed for want of a lease, and the rest of its answer is still to come, to be dropped. */
  get withholding(): boolean {
    return this.#withheld !== undefined;
  }

  /** What has left ends between two messages: the gateway may add one of its own. */
  get betweenMessages(): boolean {
    return this.#leftWhole;
  }

  /** What has been queued so far ends between two messages, or does not. Said after every chunk of the server's. */
  set whole(whole: boolean) {
    this.#whole = whole;
    if (this.#slices.length === 0) this.#leftWhole = whole;
  }

  /** Queues bytes behind what waits, or sends them at once if nothing does. */
  send(bytes: Buffer): void {
    if (this.#slices.length === 0 && !this.#unrecorded) this.#pass([bytes]);
    else this.#push(bytes);
  }

  /** Queues bytes that must not leave before entries which the next drain will append. */
  hold(bytes: Buffer): void {
    this.#unrecorded = true;
    this.#push(bytes);
  }

  /**
   * The entries behind everything queued so far have just been handed to a commit group.
   * @param rows some of it depends on protected rows, and needs the lease
   */
  cover(rows: boolean): void {
    const before = this.#covered.reduce((sum, { slices }) => sum + slices, 0);
    this.#covered.push({ slices: this.#slices.length - before, rows, whole: this.#whole, durable: false });
    this.#unrecorded = false;
  }

  /**
   * Sends what the oldest drain without a receipt covered, and what followed it without depending on anything unrecorded;
   * rows among it once the lease is held.
   * @param _receipt the proof; without one there is no way to call this
   * @returns false if rows wait for the lease: `proceed` when it is settled
   * @throws WhosawError NO_LEASE if rows may not leave and the session cannot go on without them
   */
  release(_receipt: Receipt, lease: Lease): boolean {
    const covered = this.#covered.find(({ durable }) => !durable);
    assert(covered !== undefined, "a receipt without a drain");
    covered.durable = true;
    return this.proceed(lease);
  }

  /** As {@link release}, for what has its receipt already. */
  proceed(lease: Lease): boolean {
    for (;;) {
      const front = this.#covered[0];
      if (front?.durable !== true) return true;
      if (!front.rows || lease.held) {
        this.#covered.shift();
        this.#handOver(front, false);
        continue;
      }
      const { refusal } = lease;
      if (refusal === undefined) return false;
      if (!this.#leftWhole) throw refusal;
      this.#withheld ??= new Withheld(refusal);
      this.#sink.withheld(refusal);
      this.#covered.shift();
      this.#handOver(front, true);
    }
  }

  /** Drops everything that was not released: it must not leave. */
  discard(): void {
    this.#slices = [];
    this.#covered.length = 0;
    this.#heldBytes = 0;
    this.#unrecorded = false;
  }

  #handOver(covered: Covered, withhold: boolean): void {
    const all = this.#covered.length === 0 && !this.#unrecorded && !withhold;
    const ready = all ? this.#slices : this.#slices.slice(0, covered.slices);
    this.#slices = all ? [] : this.#slices.slice(covered.slices);
    this.#leftWhole = all ? this.#whole : covered.whole;
    for (const slice of ready) this.#heldBytes -= slice.length;
    this.#pass(ready, withhold);
    if (withhold && this.#covered.length === 0 && !this.#unrecorded) this.#passRest();
  }

  /** What is behind rows that were withheld, and depends on nothing unrecorded. */
  #passRest(): void {
    const rest = this.#slices;
    this.#slices = [];
    this.#leftWhole = this.#whole;
    for (const slice of rest) this.#heldBytes -= slice.length;
    this.#pass(rest);
  }

  #pass(pieces: readonly Buffer[], withhold = false): void {
    const withheld = this.#withheld;
    if (withheld === undefined) return this.#sink.write(pieces);
    this.#sink.write(withheld.take(pieces, withhold));
    if (!withheld.open) this.#withheld = undefined;
  }

  #push(bytes: Buffer): void {
    this.#slices.push(bytes);
    this.#heldBytes += bytes.length;
  }
}
