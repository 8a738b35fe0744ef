/** Keeps a catalog snapshot up to date, and refuses to hand out one that may be out of date. */
import { WhosawError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { CatalogSnapshot } from "../catalog.ts";
import type { Classification } from "../classification.ts";
import { loadCatalog, readDigest } from "./load.ts";
import type { CatalogQuery } from "./statements.ts";
import { CATALOG_TRANSACTION } from "./statements.ts";

export interface CatalogWatchOptions {
  /** Runs one statement on a connection of the watch's own; a lost connection is made anew by the caller. */
  readonly query: CatalogQuery;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
  /** Calls back after so many milliseconds; returns what calls it off. */
  readonly schedule: (delayMs: number, callback: () => void) => () => void;
  readonly classification: Classification;
  readonly roles: readonly string[];
  /** A poll failed: the database is unreachable, or no longer fits the configuration. The last good snapshot stays. */
  readonly onFailure: (error: unknown) => void;
  /** Another snapshot took effect. */
  readonly onChange?: (snapshot: CatalogSnapshot) => void;
}

/**
 * Polls the digest every LIMITS.catalogPollMs and reloads when it has changed. `current` throws once the last successful
 * poll *began* more than LIMITS.catalogStaleMs ago: a plan made from an old catalog could miss a table.
 */
export class CatalogWatch {
  readonly #options: CatalogWatchOptions;
  #classification: Classification;
  #roles: readonly string[];
  #snapshot: CatalogSnapshot | undefined;
  /** Digest of the snapshot, or undefined when it has to be loaded in any case. */
  #digest: string | undefined;
  #confirmedMs = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #polling: Promise<void> | undefined;
  #stopped = false;

  constructor(options: CatalogWatchOptions) {
    this.#options = options;
    this.#classification = options.classification;
    this.#roles = options.roles;
  }

  /**
   * Loads the first snapshot, then polls until `stop`.
   * @throws WhosawError CATALOG_MISMATCH, or the query's error: nothing is polled then
   */
  async start(): Promise<CatalogSnapshot> {
    await this.#poll();
    this.#next();
    return this.current();
  }

  /** The snapshot to plan with. @throws WhosawError CATALOG_STALE */
  current(): CatalogSnapshot {
    const age = this.#options.monotonicMs() - this.#confirmedMs;
    if (this.#snapshot === undefined || age > LIMITS.catalogStaleMs) {
      throw new WhosawError("CATALOG_STALE", "the database's catalog could not be read for some seconds", {
        hint: "try again; if it lasts, check the gateway's own connection to the database with whosaw check",
      });
    }
    return this.#snapshot;
  }

  /** The snapshot may be used now. */
  get fresh(): boolean {
    return this.#snapshot !== undefined && this.#options.monotonicMs() - this.#confirmedMs <= LIMITS.catalogStaleMs;
  }

  /**
   * Polls at once: after DDL that went through the gateway. Resolves when a poll that began after this call has ended.
   * @throws what the poll failed with
   */
  async refresh(): Promise<void> {
    while (this.#polling !== undefined) await this.#polling.catch(() => {});
    await this.#poll();
  }

  /**
   * Takes another classification and other roles, when the configuration was reloaded. The old snapshot stays if they do not fit.
   * @throws WhosawError CATALOG_MISMATCH
   */
  async reconfigure(classification: Classification, roles: readonly string[]): Promise<void> {
    const old = [this.#classification, this.#roles] as const;
    while (this.#polling !== undefined) await this.#polling.catch(() => {});
    [this.#classification, this.#roles, this.#digest] = [classification, roles, undefined];
    try {
      await this.#poll();
    } catch (error) {
      [this.#classification, this.#roles, this.#digest] = [...old, undefined];
      throw error;
    }
  }

  /** No further poll begins; resolves when a running one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#polling?.catch(() => {});
  }

  #next(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.schedule(LIMITS.catalogPollMs, () => {
      this.refresh()
        .catch((error: unknown) => this.#options.onFailure(error))
        .finally(() => this.#next());
    });
  }

  async #poll(): Promise<void> {
    this.#polling = this.#transaction();
    try {
      await this.#polling;
    } finally {
      this.#polling = undefined;
    }
  }

  async #transaction(): Promise<void> {
    const { query, monotonicMs, onChange } = this.#options;
    const beganMs = monotonicMs();
    try {
      for (const statement of CATALOG_TRANSACTION.begin) await query(statement);
      const digest = await readDigest(query);
      if (digest !== this.#digest) {
        const snapshot = await loadCatalog(query, this.#classification, this.#roles);
        [this.#snapshot, this.#digest] = [snapshot, digest];
        onChange?.(snapshot);
      }
    } catch (error) {
      await query(CATALOG_TRANSACTION.rollback).catch(() => {}); // A lost connection says so at the next poll.
      throw error;
    }
    await query(CATALOG_TRANSACTION.end);
    this.#confirmedMs = beganMs;
  }
}
