/** Alert entries that anybody on the network can cause: recorded at once, but not as often as somebody likes. */
import type { Clock } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import type { Entry } from "../ledger/entry.ts";

export class Alerts {
  readonly #append: (entry: Entry & { kind: "alert" }) => void;
  readonly #clock: Clock;
  /** By code: when the last entry was written, and how many have been left out since. */
  readonly #last = new Map<string, { atMs: number; leftOut: number }>();

  constructor(append: (entry: Entry & { kind: "alert" }) => void, clock: Clock) {
    this.#append = append;
    this.#clock = clock;
  }

  /** At most one entry of a code in LIMITS.alertIntervalMs; the next one says how many came in between. */
  raise(code: string, detail: string): void {
    const nowMs = this.#clock.nowMs();
    const last = this.#last.get(code);
    if (last !== undefined && Math.abs(nowMs - last.atMs) < LIMITS.alertIntervalMs) {
      last.leftOut += 1;
      return;
    }
    const leftOut = last?.leftOut ?? 0;
    this.#last.set(code, { atMs: nowMs, leftOut: 0 });
    this.#append({ kind: "alert", code, detail: leftOut === 0 ? detail : `${detail}; ${leftOut} more since the last` });
  }
}
