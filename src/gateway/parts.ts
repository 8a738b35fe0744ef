/** What the listener needs to make sessions; one object for the whole gateway, its changing parts behind functions. */
import type { ActorStore } from "../actors/store.ts";
import type { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CatalogSnapshot } from "../lineage/catalog.ts";
import type { Planner } from "../lineage/planner.ts";
import type { GatewayCounters } from "../metrics/counters.ts";
import type { Alerts } from "./alerts.ts";
import type { CancelKeys } from "./cancel.ts";
import type { Lease } from "./lease.ts";
import type { SessionRegistry } from "./registry.ts";
import type { TlsUpgrade } from "./tls-upgrade.ts";

/** What goes to the operator's log. Never names, values or statement texts. */
export interface GatewayLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** Taken by each statement, and kept until it ends. */
export interface PolicyInForce {
  readonly config: Config;
  /** SHA-256 of the canonical configuration. */
  readonly hash: Buffer;
}

export interface GatewayParts {
  readonly alerts: Alerts;
  readonly actors: ActorStore;
  readonly ledger: Ledger;
  readonly lease: Lease;
  readonly planner: Planner;
  readonly cancelKeys: CancelKeys;
  readonly sessions: SessionRegistry;
  readonly tls: TlsUpgrade | undefined;
  readonly counters: GatewayCounters;
  readonly subjectKey: Uint8Array;
  readonly mockSecret: Buffer;
  readonly log: GatewayLog;
  readonly policy: () => PolicyInForce;
  /** @throws WhosawError CATALOG_STALE */
  readonly catalog: () => CatalogSnapshot;
  /** Set once the gateway shuts down: nobody is let in. */
  readonly closing: () => WhosawError | undefined;
}
