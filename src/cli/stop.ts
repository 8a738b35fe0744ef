/** How long-running commands end: at a signal or a fatal error, and in time. */
import { setTimeout as delay } from "node:timers/promises";
import type { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { GatewayLog } from "../gateway/parts.ts";
import type { SignalSource } from "./command.ts";

export interface StopReason {
  readonly signal: string;
  readonly error: WhosawError | undefined;
}

const STOPPING = ["SIGTERM", "SIGINT"] as const;

/** The first reason to stop. A second signal ends the process at once, as it would without us. */
export class StopRequest {
  readonly requested: Promise<StopReason>;
  readonly #signals: SignalSource;
  #resolve!: (reason: StopReason) => void;
  readonly #onSignal = (signal: NodeJS.Signals): void => this.#stop({ signal, error: undefined });

  constructor(signals: SignalSource) {
    this.#signals = signals;
    this.requested = new Promise((resolve) => (this.#resolve = resolve));
    for (const signal of STOPPING) signals.on(signal, this.#onSignal);
  }

  fatal(error: WhosawError): void {
    this.#stop({ signal: error.code, error });
  }

  forget(): void {
    for (const signal of STOPPING) this.#signals.off(signal, this.#onSignal);
  }

  #stop(reason: StopReason): void {
    this.forget();
    this.#resolve(reason);
  }
}

/** A ledger that has failed, or a disk that hangs, must not keep the process from ending. */
export async function closeInTime(close: () => Promise<void>, log: GatewayLog): Promise<void> {
  const timer = new AbortController();
  const tooLong = delay(LIMITS.shutdownMs, "late", { signal: timer.signal });
  try {
    const closed = await Promise.race([close(), tooLong.catch(() => "closed")]);
    if (closed === "late")
      log.error({ waitedMs: LIMITS.shutdownMs }, "not everything closed in time; the next start recovers");
    else log.info({}, "stopped");
  } catch (error) {
    log.error({ err: error }, "not everything closed cleanly; the next start recovers");
  } finally {
    timer.abort();
  }
}
