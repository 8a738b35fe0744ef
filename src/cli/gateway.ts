/** Runs the data plane until a signal or a fatal error ends it. */
import { rmdir } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { pino } from "pino";
import { ActorStore } from "../actors/store.ts";
import { systemClock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { type RunningGateway, startGateway } from "../gateway/gateway.ts";
import { ControlLease } from "../gateway/lease.ts";
import { LeaseClient } from "../gateway/lease-client.ts";
import type { GatewayLog } from "../gateway/parts.ts";
import { nodeDisk } from "../ledger/disk.ts";
import { ledgerError, makeDirectoryDurably } from "../ledger/durable-file.ts";
import { createKeys, type LedgerKeys, loadKeys } from "../ledger/keys-file.ts";
import { ledgerStarted } from "../ledger/started.ts";
import type { GatewayReport } from "../metrics/report.ts";
import { checkCertificates } from "./check/certificates.ts";
import type { Invocation } from "./command.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { printError } from "./output.ts";
import { readyEvent, readyText } from "./ready.ts";
import { closeInTime, StopRequest } from "./stop.ts";

/** Set in the environment of a gateway that `whosaw serve` has started. */
export const SUPERVISED = "WHOSAW_SUPERVISED";

/**
 * Runs the gateway until a signal or a ledger that can no longer write ends it.
 * @param loadConfig the gateway's own view of whosaw.yaml; called again for every reload
 * @throws WhosawError for whatever keeps it from starting
 */
export async function runGateway(invocation: Invocation, loadConfig: () => Promise<Config>): Promise<ExitCode> {
  const config = await loadConfig();
  const log: GatewayLog = pino({ base: null }, invocation.context.stderr);
  const stop = new StopRequest(invocation.context.signals);
  const actors = await ActorStore.open(config.actors.file, {
    onError: (error) =>
      log.error({ err: error }, "the actor register cannot be used; the last good one stays in force"),
  });
  try {
    await checkFiles(config);
    const lease = makeLease(config, (detail) => gateway.alert("CONTROL_UNREACHABLE", detail));
    const gateway: RunningGateway = await startGateway({
      config,
      actors,
      openKeys: () => openKeys(config, invocation, log),
      log,
      lease,
      onFatal: (error) => stop.fatal(error),
    });
    const reloads = new Reloads(loadConfig, config, gateway, actors, log);
    const supervised = invocation.context.env[SUPERVISED] !== undefined;
    const client = new LeaseClient({
      socket: config.control.socket,
      lease,
      report: (): GatewayReport => ({ ...gateway.standing(), ...reloads.last, supervised, pid: process.pid }),
      onReload: (number) => void reloads.reload(number),
      log,
    });
    const hangUp = (): void => void reloads.reload();
    invocation.context.signals.on("SIGHUP", hangUp);
    const listening = gateway.standing();
    invocation.output.result(readyEvent(config, listening), () => readyText(config, listening));
    const reason = await stop.requested;
    invocation.context.signals.off("SIGHUP", hangUp);
    log.info({ reason: reason.signal }, "stopping");
    client.stop();
    await closeInTime(() => gateway.close(), log);
    return reason.error === undefined
      ? EXIT.ok
      : printError(invocation.context.stderr, invocation.output.json, reason.error);
  } finally {
    actors.close();
    stop.forget();
  }
}

function makeLease({ control }: Config, alert: (detail: string) => Promise<void>): ControlLease {
  const { graceMs, continueUnleased } = control;
  return new ControlLease({
    graceMs,
    continueUnleased,
    monotonicMs: () => performance.now(),
    schedule: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    onUnleased: (unleased) =>
      alert(unleased ? "protected rows pass without a control lease" : "the control lease is held again"),
  });
}

/** Certificates, both those shown to clients and those for the database. @throws WhosawError FILE_UNREADABLE, CONFIG_INVALID */
async function checkFiles(config: Config): Promise<void> {
  const { tls } = config.listen.postgres;
  const nowMs = systemClock.nowMs();
  if (tls !== undefined) await checkCertificates("listen.tls", { ...tls, ca: tls.clientCa }, nowMs);
  await checkCertificates("upstream", config.upstream, nowMs);
}

/**
 * The ledger's keys; the first start creates them. A ledger whose keys are gone is not continued with new ones.
 * @throws WhosawError LEDGER_KEY_LOST, LEDGER_IO, CONFIG_INVALID
 */
async function openKeys(config: Config, invocation: Invocation, log: GatewayLog): Promise<LedgerKeys> {
  const { keys } = config.ledger;
  if (await ledgerStarted(config.ledger)) return loadKeys(keys);
  await makePlaces(config);
  const created = await createKeys(keys);
  const message = `Created the ledger's keys in ${keys}. Copy them to a safe place now: without master.key the ledger still verifies, but nobody can ever read it.`;
  if (invocation.output.json) log.warn({ event: "keys-created", keys }, message);
  else invocation.output.note(message);
  return created;
}

/** All directories of a first start, or none: keys without a ledger would pass for those of a ledger that was lost. */
async function makePlaces({ ledger }: Config): Promise<void> {
  const made: string[] = [];
  try {
    for (const place of [ledger.dir, ledger.witness, ledger.keys])
      made.push(...(await makeDirectoryDurably(nodeDisk(), place)));
  } catch (error) {
    for (const place of made.reverse()) await rmdir(place);
    throw ledgerError(error, "creating the ledger");
  }
}

/** Configuration and actors, read again: by SIGHUP, or when the control plane says so. Whatever fails, what was in force stays. */
class Reloads {
  readonly #load: () => Promise<Config>;
  readonly #started: Config;
  readonly #gateway: RunningGateway;
  readonly #actors: ActorStore;
  readonly #log: GatewayLog;
  #last: Pick<GatewayReport, "reload" | "reloadError"> = { reload: 0, reloadError: null };
  #running: Promise<void> | undefined;

  constructor(
    load: () => Promise<Config>,
    started: Config,
    gateway: RunningGateway,
    actors: ActorStore,
    log: GatewayLog,
  ) {
    this.#load = load;
    this.#started = started;
    this.#gateway = gateway;
    this.#actors = actors;
    this.#log = log;
  }

  /** The last reload with a number, and how it ended. */
  get last(): Pick<GatewayReport, "reload" | "reloadError"> {
    return this.#last;
  }

  /** @param number of the control plane's; one that comes while another is under way comes again */
  async reload(number?: number): Promise<void> {
    if (this.#running !== undefined) {
      if (number !== undefined) return;
      await this.#running;
    }
    this.#running = this.#reload(number);
    await this.#running;
    this.#running = undefined;
  }

  async #reload(number: number | undefined): Promise<void> {
    let failed: string | null = null;
    try {
      const config = await this.#load();
      warnOfFixed(this.#started, config, this.#log);
      await this.#gateway.reload(config);
      await this.#actors.reload();
      this.#log.info({ event: "reloaded", mode: config.mode }, "configuration and actors reloaded");
    } catch (error) {
      failed = error instanceof WhosawError ? error.code : "INTERNAL";
      this.#log.error({ event: "reload-failed", err: error }, "the reload failed; what was in force before stays");
    }
    if (number !== undefined) this.#last = { reload: number, reloadError: failed };
  }
}

/** What a running gateway keeps until it is started again. */
function warnOfFixed(started: Config, config: Config, log: GatewayLog): void {
  const fixed = (["upstream", "listen", "ledger", "control", "actors"] as const).filter(
    (section) => !isDeepStrictEqual(fixedPart(config, section), fixedPart(started, section)),
  );
  if (fixed.length > 0)
    log.warn({ sections: fixed }, "these sections changed; they take effect when the gateway is started again");
}

function fixedPart(config: Config, section: "upstream" | "listen" | "ledger" | "control" | "actors"): unknown {
  return section === "actors" ? config.actors.file : config[section];
}
