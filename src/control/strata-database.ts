/** The protected database as strata are read from it: a connection of its own, which reads only. */
import pg from "pg";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config, StrataConfig } from "../config/config.ts";
import { findStrata, strataPage, strataSession, takeOn } from "../config/strata-source.ts";
import { upstreamClient } from "../config/upstream-client.ts";
import { keyTypeOfOid } from "../shipping/subject-columns.ts";

/** Rows in the order of their keys. */
export interface StrataPage {
  /** Of KEY_TYPES. */
  readonly keyType: number;
  /** The key, then a value for each stratum, in PostgreSQL's text format. */
  readonly rows: readonly (readonly [string, ...(string | null)[]])[];
}

export class StrataDatabase {
  readonly #config: Config;
  readonly #client: pg.Client;

  private constructor(config: Config, client: pg.Client) {
    this.#config = config;
    this.#client = client;
  }

  /** @throws WhosawError UPSTREAM_UNREACHABLE, FILE_UNREADABLE for its certificates */
  static async connect(config: Config): Promise<StrataDatabase> {
    const client = new pg.Client(await upstreamClient(config.upstream, "whosaw strata"));
    // A connection that breaks is told by the statement under way.
    client.on("error", () => undefined);
    const opened = new StrataDatabase(config, client);
    try {
      await asUpstream("UPSTREAM_UNREACHABLE", () => client.connect());
      for (const statement of strataSession(LIMITS.strataStatementMs)) await opened.#query(statement);
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** All rows, a page at a time. @throws WhosawError UPSTREAM_LOST, CATALOG_MISMATCH */
  async *pages(strata: StrataConfig): AsyncGenerator<StrataPage, void, undefined> {
    await this.#query("RESET ROLE");
    await this.#query(takeOn(await findStrata(async (sql) => (await this.#query(sql)).rows, this.#config, strata)));
    let after: string | undefined;
    for (;;) {
      const { rows, fields } = await this.#query(strataPage(strata, LIMITS.strataPageRows, after));
      const keyType = keyTypeOfOid(fields[0]?.dataTypeID ?? 0);
      const page = { keyType, rows: rows as unknown as StrataPage["rows"] };
      if (page.rows.length > 0) yield page;
      after = page.rows.at(-1)?.[0];
      if (page.rows.length < LIMITS.strataPageRows) return;
    }
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }

  #query(text: string): Promise<pg.QueryArrayResult<(string | null)[]>> {
    return asUpstream("UPSTREAM_LOST", () => this.#client.query<(string | null)[]>({ text, rowMode: "array" }));
  }
}

/** What the database or the way to it says, as an error of ours; the words of the database are its own. */
async function asUpstream<T>(code: "UPSTREAM_UNREACHABLE" | "UPSTREAM_LOST", work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const said = cause instanceof Error && cause.message !== "" ? cause.message : "it does not answer";
    const refused = cause instanceof pg.DatabaseError && code === "UPSTREAM_LOST";
    throw new WhosawError(refused ? "CATALOG_MISMATCH" : code, `Strata cannot be read from the database: ${said}.`, {
      hint: "They are read again later; until then subjects keep the strata that they had. whosaw check says more.",
      cause,
    });
  }
}
