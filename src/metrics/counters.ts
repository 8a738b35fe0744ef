/** Totals of one gateway: plain numbers, so that counting costs nothing. */
import type { ErrorCode } from "../base/errors.ts";
import type { GatewayCounts } from "./report.ts";

export class GatewayCounters implements GatewayCounts {
  sessions = 0;
  accounted = 0;
  opaque = 0;
  readonly #errors = new Map<ErrorCode, number>();

  error(code: ErrorCode): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  get errors(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#errors);
  }

  /** The totals now, fit for JSON. */
  get totals(): GatewayCounts {
    const { sessions, accounted, opaque, errors } = this;
    return { sessions, accounted, opaque, errors };
  }
}
