/** The data plane: composes wire, lineage and ledger; fails closed. */
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:net";
import type { Actor } from "../actors/actor.ts";
import type { ActorStore } from "../actors/store.ts";
import { assert } from "../base/assert.ts";
import { systemClock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config, RoleConfig } from "../config/config.ts";
import { policyHash } from "../config/policy-hash.ts";
import { roleOf } from "../config/roles.ts";
import { logSigner, type NoteSigner, witnessSigner } from "../ledger/checkpoint.ts";
import { nodeDisk } from "../ledger/disk.ts";
import { deriveSubjectKey } from "../ledger/keys-block.ts";
import type { LedgerKeys } from "../ledger/keys-file.ts";
import type { Ledger, LedgerHealth } from "../ledger/ledger.ts";
import { openLedger } from "../ledger/log.ts";
import { localWitness } from "../ledger/witness.ts";
import { createPlanCache } from "../lineage/cache/plan-cache.ts";
import { CatalogWatch } from "../lineage/catalog/watch.ts";
import { createPlanner } from "../lineage/create-planner.ts";
import { GatewayCounters } from "../metrics/counters.ts";
import type { GatewayReport } from "../metrics/report.ts";
import { Alerts } from "./alerts.ts";
import { CancelKeys } from "./cancel.ts";
import { CatalogConnection } from "./catalog-connection.ts";
import type { Lease } from "./lease.ts";
import { serveClient } from "./listener.ts";
import type { GatewayLog, GatewayParts, PolicyInForce } from "./parts.ts";
import { assertPortFree, cannotListen } from "./port.ts";
import { SessionRegistry } from "./registry.ts";
import { TlsUpgrade } from "./tls-upgrade.ts";

export interface GatewayOptions {
  readonly config: Config;
  readonly actors: ActorStore;
  /** Asked once the port, the certificates and the database were found fit: only then may anything be created. */
  readonly openKeys: () => Promise<LedgerKeys>;
  readonly log: GatewayLog;
  readonly lease: Lease;
  /** The ledger cannot be trusted any more: the process must stop, and will recover when it is started again. */
  readonly onFatal: (error: WhosawError) => void;
  /** To measure what durability costs, and for nothing else. */
  readonly unsafeSkipSyncForBench?: boolean;
}

export interface RunningGateway {
  /** `HOST:PORT` that clients connect to. */
  readonly address: string;
  /** Verifier key of the ledger. */
  readonly vkey: string;
  /** Verifier key of its witness, whose cosignatures are on the checkpoints. */
  readonly witnessVkey: string;
  readonly health: () => LedgerHealth;
  /** What the control plane is told. */
  standing(): GatewayStanding;
  /** Puts an alert on record; resolves when it is durable. */
  alert(code: string, detail: string): Promise<void>;
  /**
   * Takes a new configuration, for every statement from then on; the address, the upstream and the ledger stay. Sessions
   * whose role is gone or has become another upstream are ended.
   * @throws WhosawError CATALOG_MISMATCH: the old one stays in force
   */
  reload(config: Config): Promise<void>;
  /** Lets nobody in, ends all sessions, closes the ledger. */
  close(): Promise<void>;
}

export type GatewayStanding = Pick<
  GatewayReport,
  | "origin"
  | "postgres"
  | "vkey"
  | "witness"
  | "mode"
  | "policy"
  | "ledgerError"
  | "ledgerEntries"
  | "sessions"
  | "counts"
>;

/**
 * Starts a gateway. What can fail without a trace comes first: port, certificates, catalog; then keys and ledger are opened or
 * created, and the listener is last, so that the first client finds everything ready.
 * @throws WhosawError with what to do: UPSTREAM_UNREACHABLE, CATALOG_MISMATCH, PORT_IN_USE, LEDGER_*, CONFIG_INVALID
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const gateway = new Gateway(options);
  try {
    await gateway.start();
  } catch (error) {
    await gateway.close();
    throw error;
  }
  return gateway;
}

class Gateway implements RunningGateway {
  readonly #options: GatewayOptions;
  readonly #sessions = new SessionRegistry();
  readonly #catalogConnection: CatalogConnection;
  readonly #watch: CatalogWatch;
  readonly #counters = new GatewayCounters();
  #policy: PolicyInForce;
  /** Takes force with the catalog that was read for it. */
  #coming: PolicyInForce | undefined;
  #keys: LedgerKeys | undefined;
  #ledger: Ledger | undefined;
  #server: Server | undefined;
  #closing: WhosawError | undefined;
  #stopFollowingActors: (() => void) | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#policy = inForce(options.config);
    this.#catalogConnection = new CatalogConnection(options.config.upstream);
    this.#watch = new CatalogWatch({
      query: (sql) => this.#catalogConnection.query(sql),
      monotonicMs: () => performance.now(),
      schedule: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
      classification: options.config.classification,
      roles: upstreamRoles(options.config),
      onChange: () => {
        this.#policy = this.#coming ?? this.#policy;
      },
      onFailure: (error) => options.log.warn({ err: error }, "the database's catalog could not be read"),
    });
  }

  get address(): string {
    const bound = this.#server?.address();
    assert(bound !== null && typeof bound === "object", "the gateway listens");
    const { address, port, family } = bound;
    return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
  }

  get vkey(): string {
    return logSigner(this.#options.config.ledger.origin, this.#openedKeys.logSeed).vkey;
  }

  get #openedKeys(): LedgerKeys {
    assert(this.#keys !== undefined, "the gateway has opened its keys");
    return this.#keys;
  }

  get witnessVkey(): string {
    return this.#witness.vkey;
  }

  get #witness(): NoteSigner {
    return witnessSigner(`${this.#options.config.ledger.origin}/witness`, this.#openedKeys.witnessSeed);
  }

  health(): LedgerHealth {
    return (
      this.#ledger?.health ?? { status: "red", error: new WhosawError("SHUTTING_DOWN", "the gateway is not running") }
    );
  }

  standing(): GatewayStanding {
    const health = this.health();
    const { config, hash } = this.#policy;
    return {
      origin: this.#options.config.ledger.origin,
      postgres: this.address,
      vkey: this.vkey,
      witness: this.witnessVkey,
      mode: config.mode,
      policy: hash.toString("hex"),
      ledgerError: health.status === "green" ? null : health.error.code,
      ledgerEntries: this.#ledger?.size ?? 0,
      sessions: this.#sessions.size,
      counts: this.#counters.totals,
    };
  }

  async alert(code: string, detail: string): Promise<void> {
    assert(this.#ledger !== undefined, "the gateway has started");
    await this.#ledger.append({ kind: "alert", code, detail });
  }

  async start(): Promise<void> {
    const { config, actors, log, openKeys, lease } = this.#options;
    const { host, port, tls } = config.listen.postgres;
    await assertPortFree(host, port);
    const tlsUpgrade = tls && (await TlsUpgrade.load(tls));
    await this.#watch.start();
    const keys = await openKeys();
    this.#keys = keys;
    const ledger = await this.#openLedger();
    this.#ledger = ledger;
    await ledger.append({ kind: "policy-change", policy: this.#policy.hash, mode: config.mode });
    const parts: GatewayParts = {
      actors,
      ledger,
      lease,
      log,
      counters: this.#counters,
      planner: createPlanCache(await createPlanner()),
      alerts: new Alerts((entry) => void ledger.append(entry).catch(() => undefined), systemClock),
      cancelKeys: new CancelKeys(),
      sessions: this.#sessions,
      tls: tlsUpgrade,
      subjectKey: deriveSubjectKey(keys.masterKey),
      mockSecret: randomBytes(32),
      policy: () => this.#policy,
      catalog: () => this.#watch.current(),
      closing: () => this.#closing,
    };
    this.#stopFollowingActors = actors.onChange(() => this.#endDisabled());
    this.#server = await listen(config, parts);
  }

  async reload(config: Config): Promise<void> {
    const before = this.#policy;
    this.#coming = inForce(config);
    try {
      await this.#watch.reconfigure(config.classification, upstreamRoles(config));
    } catch (error) {
      this.#policy = before;
      throw error;
    } finally {
      this.#coming = undefined;
    }
    this.#endOutdated(before.config, config);
    await this.#ledger?.append({ kind: "policy-change", policy: this.#policy.hash, mode: config.mode });
  }

  async close(): Promise<void> {
    this.#closing ??= new WhosawError("SHUTTING_DOWN", "the gateway is shutting down");
    this.#stopFollowingActors?.();
    const server = this.#server;
    if (server !== undefined) server.close();
    const reason = this.#closing;
    this.#sessions.abortWhere(() => reason);
    await this.#sessions.emptied();
    // A database that does not answer is not waited for.
    await within(
      LIMITS.abortLingerMs,
      this.#watch.stop().then(() => this.#catalogConnection.close()),
    );
    await this.#ledger?.close();
  }

  #openLedger(): Promise<Ledger> {
    const { config, log, onFatal } = this.#options;
    const { logSeed, masterKey } = this.#openedKeys;
    const disk = nodeDisk();
    return openLedger({
      dir: config.ledger.dir,
      origin: config.ledger.origin,
      logSeed,
      masterKey,
      clock: systemClock,
      witness: localWitness({ dir: config.ledger.witness, disk, signer: this.#witness, clock: systemClock }),
      sessionCount: () => this.#sessions.size,
      onHealth: (health) => {
        if (health.status === "green") log.info({ health: "green" }, "the ledger is healthy");
        else log.error({ health: "red", code: health.error.code, err: health.error }, health.error.message);
      },
      onFatal: (error) => {
        // Every client hears why, not only those who were waiting for the disk.
        this.#closing ??= error;
        onFatal(error);
      },
      unsafeSkipSyncForBench: this.#options.unsafeSkipSyncForBench ?? false,
    });
  }

  /** The upstream connection of a session runs as the role that it was opened with. */
  #endOutdated(before: Config, now: Config): void {
    const register = this.#options.actors.current();
    const upstreamRole = (config: Config, actor: Actor): string | undefined => {
      const role = roleOf(config, actor)?.role;
      return role && (role.upstreamRole ?? config.upstream.user);
    };
    this.#sessions.abortWhere((id) => {
      const actor = register.byId(id);
      if (actor === undefined || upstreamRole(before, actor) === upstreamRole(now, actor)) return undefined;
      return new WhosawError("ACTOR_DISABLED", "the role of this account was changed", { hint: "connect again" });
    });
  }

  #endDisabled(): void {
    const register = this.#options.actors.current();
    const error = new WhosawError("ACTOR_DISABLED", "this account was disabled");
    this.#sessions.abortWhere((actor) => (register.byId(actor)?.disabled === false ? undefined : error));
  }
}

/** Waits for the work, but not longer than that. */
async function within(waitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, waitMs)));
  await Promise.race([work, enough]).finally(() => clearTimeout(timer));
}

function inForce(config: Config): PolicyInForce {
  return { config, hash: Buffer.from(policyHash(config)) };
}

/** Every role whose privileges plans ask for. */
function upstreamRoles(config: Config): string[] {
  const roles = [...config.roles.values()].map((role: RoleConfig) => role.upstreamRole ?? config.upstream.user);
  return [...new Set([config.upstream.user, ...roles])];
}

function listen(config: Config, parts: GatewayParts): Promise<Server> {
  const { host, port } = config.listen.postgres;
  // Keep-alive as PostgreSQL's own: a client whose machine died sends no word of it.
  const kept = { keepAlive: true, keepAliveInitialDelay: LIMITS.keepAliveDelayMs };
  const server = createServer(
    { pauseOnConnect: true, noDelay: true, ...kept },
    (socket) => void serveClient(socket, parts),
  );
  server.maxConnections = LIMITS.sessionsMax * 2;
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(cannotListen(host, port, cause)));
    server.listen(port, host, () => resolve(server));
  });
}
