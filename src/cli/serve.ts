/** Runs the gateway until a signal or a fatal error ends it. */
import { rmdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { pino } from "pino";
import { ActorStore } from "../actors/store.ts";
import { systemClock } from "../base/clock.ts";
import type { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config } from "../config/config.ts";
import { type RunningGateway, startGateway } from "../gateway/gateway.ts";
import type { GatewayLog } from "../gateway/parts.ts";
import { nodeDisk } from "../ledger/disk.ts";
import { ledgerError, makeDirectoryDurably } from "../ledger/durable-file.ts";
import { createKeys, type LedgerKeys, loadKeys } from "../ledger/keys-file.ts";
import { checkCertificates } from "./check/certificates.ts";
import { EXIT, type ExitCode, type Invocation, type SignalSource } from "./command.ts";
import { ledgerStarted } from "./ledger-started.ts";
import { printError } from "./output.ts";

/**
 * Runs the gateway until a signal or a ledger that can no longer write ends it.
 * @throws WhosawError for whatever keeps it from starting
 */
export async function serve(invocation: Invocation): Promise<ExitCode> {
  const config = await invocation.config();
  const log: GatewayLog = pino({ base: null }, invocation.context.stderr);
  const stop = new StopRequest(invocation.context.signals);
  const actors = await ActorStore.open(config.actors.file, {
    onError: (error) =>
      log.error({ err: error }, "the actor register cannot be used; the last good one stays in force"),
  });
  try {
    await checkFiles(config);
    const gateway = await startGateway({
      config,
      actors,
      openKeys: () => openKeys(config, invocation, log),
      log,
      onFatal: (error) => stop.fatal(error),
    });
    const hangUp = (): void => void reload(invocation, config, gateway, actors, log);
    invocation.context.signals.on("SIGHUP", hangUp);
    announce(invocation, config, gateway);
    const reason = await stop.requested;
    invocation.context.signals.off("SIGHUP", hangUp);
    log.info({ reason: reason.signal }, "stopping");
    await closeInTime(gateway, log);
    return reason.error === undefined
      ? EXIT.ok
      : printError(invocation.context.stderr, invocation.output.json, reason.error);
  } finally {
    actors.close();
    stop.forget();
  }
}

/** A ledger that has failed, or a disk that hangs, must not keep the process from ending. */
async function closeInTime(gateway: RunningGateway, log: GatewayLog): Promise<void> {
  const timer = new AbortController();
  const tooLong = delay(LIMITS.shutdownMs, "late", { signal: timer.signal });
  try {
    const closed = await Promise.race([gateway.close(), tooLong.catch(() => "closed")]);
    if (closed === "late")
      log.error({ waitedMs: LIMITS.shutdownMs }, "the gateway did not close in time; the next start recovers");
    else log.info({}, "stopped");
  } catch (error) {
    log.error({ err: error }, "the gateway did not close cleanly; the next start recovers");
  } finally {
    timer.abort();
  }
}

interface StopReason {
  readonly signal: string;
  readonly error: WhosawError | undefined;
}

const STOPPING = ["SIGTERM", "SIGINT"] as const;

/** The first reason to stop. A second signal ends the process at once, as it would without us. */
class StopRequest {
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
  if (await ledgerStarted(config)) return loadKeys(keys);
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

function announce(invocation: Invocation, config: Config, gateway: RunningGateway): void {
  const { address, vkey, witnessVkey: witness } = gateway;
  const { mode, upstream, ledger } = config;
  invocation.output.result({ event: "ready", postgres: address, mode, ledger: ledger.dir, vkey, witness }, () =>
    [
      `The gateway listens on ${address}, before ${upstream.database} on ${upstream.host}:${upstream.port}, in mode ${mode}.`,
      `Ledger: ${ledger.dir}`,
      `Its public key, to keep elsewhere and verify with: ${vkey}`,
      `Its witness's public key: ${witness}`,
    ].join("\n"),
  );
}

/** Whatever fails, what was in force before stays. */
async function reload(
  invocation: Invocation,
  started: Config,
  gateway: RunningGateway,
  actors: ActorStore,
  log: GatewayLog,
): Promise<void> {
  try {
    const config = await invocation.config();
    const fixed = (["upstream", "listen", "ledger", "actors"] as const).filter(
      (section) => !isDeepStrictEqual(fixedPart(config, section), fixedPart(started, section)),
    );
    if (fixed.length > 0)
      log.warn({ sections: fixed }, "these sections changed; they take effect when the gateway is started again");
    await gateway.reload(config);
    await actors.reload();
    log.info({ event: "reloaded", mode: config.mode }, "configuration and actors reloaded");
  } catch (error) {
    log.error({ event: "reload-failed", err: error }, "the reload failed; what was in force before stays");
  }
}

/** What a running gateway keeps until it is started again. */
function fixedPart(config: Config, section: "upstream" | "listen" | "ledger" | "actors"): unknown {
  return section === "actors" ? config.actors.file : config[section];
}
