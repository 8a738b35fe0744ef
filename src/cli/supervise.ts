/**
 * Keeps a gateway running beside the control plane: as a process of its own, which outlives a crash of this one, is found
 * again by the next, and is started again when it crashes itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config } from "../config/config.ts";
import type { ControlLog } from "../control/control.ts";
import type { Gateways } from "../control/gateways.ts";
import { nodeDisk } from "../ledger/disk.ts";
import { runningHolder, systemProcesses } from "../ledger/lock.ts";
import type { GatewayReport } from "../metrics/report.ts";
import type { CliContext } from "./command.ts";
import { SUPERVISED } from "./gateway.ts";

export interface SupervisorOptions {
  readonly config: Config;
  readonly gateways: Gateways;
  readonly context: CliContext;
  /** Errors of the gateway's start are told as JSON. */
  readonly json: boolean;
  readonly log: ControlLog;
}

/** A gateway that runs: started here, or found running. */
interface Running {
  readonly pid: number;
  /** Resolves with its exit code when it has ended; null if a signal ended it, or nobody knows. */
  readonly ended: Promise<number | null>;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  #running: Running | undefined;
  #stopping = false;
  readonly #stop = new AbortController();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Finds or starts the gateway.
   * @returns what it reports once clients may come, or the exit code with which it ended before: it has said why
   */
  async start(): Promise<GatewayReport | { readonly exit: number | null }> {
    const running = (await this.#find()) ?? this.#spawn();
    this.#running = running;
    const started = await Promise.race([this.#reports(running.pid), running.ended.then((exit) => ({ exit }))]);
    if (!("exit" in started)) void this.#keep(running);
    return started;
  }

  /** Ends the gateway, unless somebody else has started it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stop.abort();
    const { gateways, config, log } = this.#options;
    const running = this.#running;
    if (running === undefined) return;
    if (gateways.of(config.ledger.origin)?.report.supervised === false) {
      log.info({ pid: running.pid }, "the gateway was not started by this program, and goes on");
      return;
    }
    signal(running.pid, "SIGTERM");
    const timer = new AbortController();
    const late = delay(LIMITS.shutdownMs + LIMITS.exitGraceMs, "late", { signal: timer.signal }).catch(() => "ended");
    if ((await Promise.race([running.ended, late])) === "late") {
      log.error({ pid: running.pid }, "the gateway does not end; it is killed, and its next start recovers");
      signal(running.pid, "SIGKILL");
      await running.ended;
    }
    timer.abort();
  }

  /** Starts it again whenever it ends. */
  async #keep(first: Running): Promise<void> {
    const { log } = this.#options;
    let pauseMs: number = LIMITS.gatewayRestartMs;
    let running = first;
    for (;;) {
      const sinceMs = performance.now();
      const exit = await running.ended;
      if (this.#stopping) return;
      if (performance.now() - sinceMs > LIMITS.gatewaySteadyMs) pauseMs = LIMITS.gatewayRestartMs;
      log.error({ exit, pauseMs }, "the gateway has ended; it is started again");
      await delay(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stopping) return;
      pauseMs = Math.min(2 * pauseMs, LIMITS.gatewayRestartMsMax);
      running = this.#spawn();
      this.#running = running;
    }
  }

  /** Resolves with its report when that process has asked for a lease. */
  async #reports(pid: number): Promise<GatewayReport> {
    const { gateways, config } = this.#options;
    const report = (): GatewayReport | undefined => {
      const known = gateways.of(config.ledger.origin)?.report;
      return known?.pid === pid ? known : undefined;
    };
    let found: GatewayReport | undefined;
    while (found === undefined) {
      await gateways.until(() => report() !== undefined || this.#stopping, LIMITS.gatewayAwaitedMs);
      if (this.#stopping) throw new WhosawError("SHUTTING_DOWN", "the control plane is stopping");
      found = report();
    }
    return found;
  }

  /** The gateway that an earlier control plane has left, or that somebody has started: it asks here for its lease. */
  async #find(): Promise<Running | undefined> {
    const { config, gateways } = this.#options;
    const pid = await runningHolder(nodeDisk(), join(config.ledger.dir, "lock"));
    if (pid === undefined) return undefined;
    const asks = (): boolean => gateways.of(config.ledger.origin)?.report.pid === pid;
    if (!(await gateways.until(asks, LIMITS.gatewayAwaitedMs))) return undefined;
    this.#options.log.info({ pid }, "a gateway was running already");
    const processes = systemProcesses();
    const since = processes.startedOf(pid);
    const same = (): boolean => since !== undefined && processes.startedOf(pid) === since;
    const gone = async (): Promise<null> => {
      while (same()) await delay(LIMITS.gatewayLookMs);
      return null;
    };
    return { pid, ended: gone() };
  }

  #spawn(): Running {
    const { config, context, json } = this.#options;
    const args = [
      join(import.meta.dirname, "main.js"),
      "gateway",
      "--config",
      config.file,
      ...(json ? ["--json"] : []),
    ];
    const own = context.stderr === process.stderr;
    const child: ChildProcess = spawn(process.execPath, [...process.execArgv, ...args], {
      cwd: context.cwd,
      env: { ...context.env, [SUPERVISED]: "1" },
      stdio: ["ignore", "ignore", own ? "inherit" : "pipe"],
      // Ctrl-C is for this process, which ends the other in order.
      detached: true,
    });
    child.stderr?.pipe(context.stderr, { end: false });
    const ended = new Promise<number | null>((resolve) => {
      child.once("exit", (code) => resolve(code));
      child.once("error", () => resolve(null));
    });
    return { pid: child.pid ?? 0, ended };
  }
}

/** A process that has gone is no error. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
