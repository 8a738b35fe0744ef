/**
 * The control lease: protected rows leave only while the control plane has said, less than LIMITS.leaseMs ago, that they
 * may. A control plane that is cut off can therefore stop every gateway by saying nothing. Sans-IO: who asks for the
 * lease is lease-client.ts; time, timers and the alert come in as arguments.
 */
import { WhosawError } from "../base/errors.ts";

export interface Lease {
  /** Protected rows may be handed over in this turn of the event loop. */
  readonly held: boolean;
  /** What statements that wait fail with, once they have waited for long enough. */
  readonly refusal: WhosawError | undefined;
  /** Calls `leaseSettled` once, as soon as the lease is held or there is a refusal. */
  wait(waiter: LeaseWaiter): void;
  /** The waiter is gone. */
  forget(waiter: LeaseWaiter): void;
}

export interface LeaseWaiter {
  leaseSettled(): void;
}

export interface ControlLeaseOptions {
  /** How long rows wait, from the moment that the lease was lost. */
  readonly graceMs: number;
  /** Rows pass without a lease once the grace is over. */
  readonly continueUnleased: boolean;
  readonly monotonicMs: () => number;
  /** @returns how to cancel it */
  readonly schedule: (delayMs: number, callback: () => void) => () => void;
  /** Puts on record that rows pass without a lease from now on, or no longer; nothing passes before it is durable. */
  readonly onUnleased: (unleased: boolean) => Promise<void>;
}

/** The lease as it was last granted. Without any, the grace counts from the start. */
export class ControlLease implements Lease {
  readonly #options: ControlLeaseOptions;
  readonly #waiting = new Set<LeaseWaiter>();
  #untilMs: number;
  /** Rows pass without a lease, and that is on record. */
  #unleased = false;
  #recording = false;
  #cancel: (() => void) | undefined;

  constructor(options: ControlLeaseOptions) {
    this.#options = options;
    this.#untilMs = options.monotonicMs();
  }

  get held(): boolean {
    return this.#unleased || this.#options.monotonicMs() < this.#untilMs;
  }

  get refusal(): WhosawError | undefined {
    if (this.held || this.#options.continueUnleased || !this.#graceIsOver) return undefined;
    return new WhosawError(
      "NO_LEASE",
      "the gateway has no word from its control plane, so protected rows may not leave",
      {
        hint: "try again when the control plane runs; statements on other tables go on",
      },
    );
  }

  /** @param askedMs when the lease was asked for, by `monotonicMs`; @param leaseMs for how long, from then on */
  grant(askedMs: number, leaseMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, askedMs + leaseMs);
    if (this.#options.monotonicMs() >= this.#untilMs) return;
    if (this.#unleased) {
      this.#unleased = false;
      void this.#options.onUnleased(false).catch(() => undefined);
    }
    this.#settle();
  }

  wait(waiter: LeaseWaiter): void {
    this.#waiting.add(waiter);
    this.#watch();
  }

  forget(waiter: LeaseWaiter): void {
    this.#waiting.delete(waiter);
  }

  get #graceIsOver(): boolean {
    return this.#options.monotonicMs() >= this.#untilMs + this.#options.graceMs;
  }

  /** Looks again when the grace is over, as long as somebody waits. */
  #watch(): void {
    if (this.#cancel !== undefined) return;
    const { monotonicMs, schedule, graceMs } = this.#options;
    this.#cancel = schedule(Math.max(0, this.#untilMs + graceMs - monotonicMs()), () => {
      this.#cancel = undefined;
      if (this.held || this.refusal !== undefined) this.#settle();
      else if (this.#graceIsOver) void this.#continue();
      else if (this.#waiting.size > 0) this.#watch();
    });
  }

  /** The exception that `continue-unleased` makes: rows pass once it is on record that they do. */
  async #continue(): Promise<void> {
    if (this.#recording) return;
    this.#recording = true;
    try {
      await this.#options.onUnleased(true);
      this.#unleased = true;
      this.#settle();
    } catch {
      // The ledger takes nothing: it fails whoever waits.
    } finally {
      this.#recording = false;
    }
  }

  #settle(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of waiting) waiter.leaseSettled();
  }
}
