/** One look at one database, from connecting to the proposal and the SQL that goes with it. */
import type { UpstreamConfig } from "../config/config.ts";
import { CatalogConnection } from "../gateway/catalog-connection.ts";
import { CATALOG_TRANSACTION, type CatalogQuery } from "../lineage/catalog/statements.ts";
import { loadModule } from "libpg-query";
import { LIMITS } from "../base/limits.ts";
import { maskedRows, type MaskedRows } from "./mask.ts";
import type { Proposal } from "./proposal.ts";
import { examine, type Findings, hold, propose, type ProposeOptions } from "./propose.ts";
import { planRoles, type RolePlan } from "./roles.ts";

/** Everything that happens between BEGIN and COMMIT of one read-only transaction. */
export class Survey {
  readonly #query: CatalogQuery;
  readonly #options: ProposeOptions;
  readonly #findings: Findings;

  private constructor(query: CatalogQuery, options: ProposeOptions, findings: Findings) {
    this.#query = query;
    this.#options = options;
    this.#findings = findings;
  }

  /**
   * Connects, looks, and calls `work`; the connection is closed whatever happens.
   * @throws WhosawError UPSTREAM_UNREACHABLE, UPSTREAM_LOST, CATALOG_MISMATCH
   */
  static async run<T>(
    upstream: UpstreamConfig,
    options: ProposeOptions,
    work: (survey: Survey) => Promise<T>,
  ): Promise<T> {
    await loadModule();
    const connection = new CatalogConnection(upstream);
    const query: CatalogQuery = (sql) => connection.query(sql);
    try {
      for (const statement of CATALOG_TRANSACTION.begin) await query(statement);
      return await work(new Survey(query, options, await examine(query, options)));
    } finally {
      await connection.close();
    }
  }

  /** @param chosen the subjects' own table, if somebody named it */
  propose(chosen?: string, trustNames = this.#options.trustNames): Proposal {
    return propose(this.#findings, { trustNames }, chosen);
  }

  /** The same, held against the catalog as the gateway will hold it. */
  hold(proposal: Proposal): Promise<Proposal> {
    return hold(this.#query, proposal, this.#findings.database);
  }

  roles(proposal: Proposal, gatewayUser: string, database: string): Promise<RolePlan> {
    return planRoles(this.#query, proposal, gatewayUser, database);
  }

  /** For a terminal alone. */
  async masked(proposal: Proposal): Promise<readonly MaskedRows[]> {
    if (this.#options.catalogOnly) return [];
    const shown: MaskedRows[] = [];
    for (const table of proposal.tables.filter(({ verdict }) => verdict === "protected")) {
      if (shown.length >= LIMITS.initShownTablesMax) break;
      const rows = await maskedRows(this.#query, table);
      if (rows !== undefined) shown.push(rows);
    }
    return shown;
  }

  get empty(): boolean {
    return this.#findings.database.tables.length === 0;
  }

  /** Tables that this connection's role may not read: judged by their names alone. */
  get unreadable(): number {
    return this.#findings.database.tables.filter(({ readable }) => !readable).length;
  }
}
