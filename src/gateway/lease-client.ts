/** Asks the control plane for the lease, over its Unix socket, every LIMITS.leaseAskMs. */
import { Agent, request } from "node:http";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { assertTrustedPath } from "../base/trusted-path.ts";
import type { GatewayReport, LeaseGrant } from "../metrics/report.ts";
import type { ControlLease } from "./lease.ts";
import type { GatewayLog } from "./parts.ts";

export interface LeaseClientOptions {
  /** Path of the control plane's socket. */
  readonly socket: string;
  readonly lease: ControlLease;
  readonly report: () => GatewayReport;
  /** The control plane asks for a reload of this number. Called again for as long as the report names an older one. */
  readonly onReload: (reload: number) => void;
  readonly log: GatewayLog;
}

export class LeaseClient {
  readonly #options: LeaseClientOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Whether the last question was answered; undefined before the first. */
  #answered: boolean | undefined;

  constructor(options: LeaseClientOptions) {
    this.#options = options;
    void this.#ask();
  }

  /** Asks no more; the lease runs out. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#agent.destroy();
  }

  /** One question at a time: one that hangs is given up when its lease would be over. */
  async #ask(): Promise<void> {
    const askedMs = performance.now();
    try {
      await assertTrustedPath(this.#options.socket);
      const { leaseMs, reload } = parseGrant(await this.#post(JSON.stringify(this.#options.report())));
      if (this.#stopped) return;
      this.#options.lease.grant(askedMs, leaseMs);
      this.#tell(undefined);
      if (reload > this.#options.report().reload) this.#options.onReload(reload);
    } catch (error) {
      this.#tell(error);
    }
    if (this.#stopped) return;
    const delayMs = Math.max(0, askedMs + LIMITS.leaseAskMs - performance.now());
    this.#timer = setTimeout(() => void this.#ask(), delayMs);
  }

  /** Logged when it changes. */
  #tell(error: unknown): void {
    const answered = error === undefined;
    if (this.#stopped || answered === this.#answered) return;
    this.#answered = answered;
    const { log, socket } = this.#options;
    if (answered) log.info({ event: "leased" }, "the control plane grants leases");
    else log.warn({ code: "CONTROL_UNREACHABLE", socket, err: error }, "the control plane grants no lease");
  }

  #post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const asking = request({
        socketPath: this.#options.socket,
        path: "/v1/lease",
        method: "POST",
        agent: this.#agent,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        signal: AbortSignal.timeout(LIMITS.leaseMs),
      });
      asking.on("error", reject);
      asking.on("response", (response) => {
        let answer = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          answer += text;
          if (answer.length > LIMITS.leaseAnswerCharsMax) asking.destroy(notAGrant());
        });
        response.on("error", reject);
        response.on("end", () => (response.statusCode === 200 ? resolve(answer) : reject(notAGrant())));
      });
      asking.end(body);
    });
  }
}

/** Exported for its property test. @throws WhosawError CONTROL_UNREACHABLE, whatever the text */
export function parseGrant(text: string): LeaseGrant {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notAGrant();
  }
  if (typeof value !== "object" || value === null) throw notAGrant();
  const { leaseMs, reload } = value as Record<string, unknown>;
  if (typeof leaseMs !== "number" || !(leaseMs >= 0 && leaseMs <= LIMITS.leaseMs)) throw notAGrant();
  if (typeof reload !== "number" || !Number.isSafeInteger(reload)) throw notAGrant();
  return { leaseMs, reload };
}

function notAGrant(): WhosawError {
  return new WhosawError(
    "CONTROL_UNREACHABLE",
    "what answers at the control socket is no control plane of this version",
  );
}
