/** The gateways that ask for leases: what each has said last, and what all are to read again. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { GatewayReport, LeaseGrant } from "../metrics/report.ts";

export interface KnownGateway {
  readonly report: GatewayReport;
  /** It has asked within the length of a lease. */
  readonly leased: boolean;
}

export class Gateways {
  readonly #monotonicMs: () => number;
  readonly #origins: () => readonly string[];
  readonly #known = new Map<string, { report: GatewayReport; seenMs: number }>();
  readonly #listeners = new Set<() => void>();
  #reload = 0;

  /** @param origins of the configured gateways: no other gets a lease */
  constructor(origins: () => readonly string[], monotonicMs: () => number) {
    this.#origins = origins;
    this.#monotonicMs = monotonicMs;
  }

  /** @throws WhosawError CONFIG_INVALID for a gateway that is not configured */
  grant(report: GatewayReport): LeaseGrant {
    if (!this.#origins().includes(report.origin)) {
      throw new WhosawError(
        "CONFIG_INVALID",
        `The control plane's whosaw.yaml has no gateway with the origin ${report.origin}.`,
        { hint: "Add it under gateways, or correct ledger.origin." },
      );
    }
    this.#known.set(report.origin, { report, seenMs: this.#monotonicMs() });
    for (const listener of this.#listeners) listener();
    return { leaseMs: LIMITS.leaseMs, reload: this.#reload };
  }

  /** Those that have asked since this control plane started, also if they have gone since. */
  get list(): readonly KnownGateway[] {
    const nowMs = this.#monotonicMs();
    return [...this.#known.values()].map(({ report, seenMs }) => ({
      report,
      leased: nowMs - seenMs <= LIMITS.leaseMs,
    }));
  }

  of(origin: string): KnownGateway | undefined {
    return this.list.find(({ report }) => report.origin === origin);
  }

  /**
   * Asks every gateway to read its configuration again.
   * @param nowMs UTC; reloads are numbered by it, so that every number is above those of earlier control planes
   * @returns the number that a gateway's report shows then
   */
  askReload(nowMs: number): number {
    this.#reload = Math.max(this.#reload + 1, nowMs);
    return this.#reload;
  }

  /** Resolves true as soon as `holds` does, looked at whenever a gateway reports; false after so long. */
  until(holds: () => boolean, waitMs: number): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (result: boolean): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve(result);
      };
      const look = (): void => {
        if (holds()) done(true);
      };
      const timer = setTimeout(() => done(holds()), waitMs);
      this.#listeners.add(look);
    });
  }
}
