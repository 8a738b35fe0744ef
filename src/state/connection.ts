/** The pool of connections to the state database, and one place where their errors become ours. */
import { CompiledQuery, Kysely, PostgresAdapter, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { stateError } from "./errors.ts";
import type { Reachable } from "./location.ts";
import { noticeOurEnd, Owner } from "./owner.ts";
import { SCHEMA, type StateDatabase, type StateTables } from "./tables.ts";

const OLDEST_VERSION = 14;

/** 64-bit integers of our tables are sizes, numbers and milliseconds: below 2^53. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)),
};

/** A migration that failed has its own error; the lock's, in a transaction that is lost already, would hide it. */
class StateAdapter extends PostgresAdapter {
  override async releaseMigrationLock(...lock: Parameters<PostgresAdapter["releaseMigrationLock"]>): Promise<void> {
    // What is not given back here ends with its session.
    await super.releaseMigrationLock(...lock).catch(() => undefined);
  }
}

class StateDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new StateAdapter();
  }
}

/** Where the statements of an aggregate run: each on its own, or all of them in one transaction. */
export class Session {
  readonly #db: StateDatabase;
  readonly #name: string;

  constructor(db: StateDatabase, name: string) {
    this.#db = db;
    this.#name = name;
  }

  /** @throws {WhosawError} STATE_UNREACHABLE, STATE_FAILED, STORE_LOCKED; whatever else `work` throws */
  async run<T>(work: (db: StateDatabase) => Promise<T>): Promise<T> {
    try {
      return await work(this.#db.withSchema(SCHEMA));
    } catch (error) {
      throw stateError(error, this.#name);
    }
  }

  /** The same in a transaction; within one, in that one. */
  atomically<T>(work: (db: StateDatabase) => Promise<T>): Promise<T> {
    if (this.#db.isTransaction) return this.run(work);
    return this.run((db) => db.transaction().execute(work));
  }

  /** A session within one transaction, which is rolled back when `work` throws. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.atomically((db) => work(new Session(db, this.#name)));
  }
}

export interface Connection {
  readonly session: Session;
  close(): Promise<void>;
}

/**
 * Connects, and sees that the server is new enough.
 * @param options.owner no other owner at the same time; without, one may look while somebody else owns it
 * @throws {WhosawError} STATE_UNREACHABLE, STATE_FAILED (server too old), STORE_LOCKED
 */
export async function connect(to: Reachable, options: { owner: boolean }): Promise<Connection> {
  const owner = options.owner ? await Owner.take(to) : undefined;
  const pool = new pg.Pool({
    ...to.client,
    types: TYPES,
    max: LIMITS.stateConnectionsMax,
    connectionTimeoutMillis: LIMITS.stateConnectMs,
    application_name: "whosaw",
  });
  // A connection that breaks is replaced when the next one is wanted; whoever used it has the error already.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const dialect = new StateDialect({
    pool,
    onCreateConnection: (made) => noticeOurEnd((setting) => made.executeQuery(CompiledQuery.raw(setting))),
    onReserveConnection: async () => owner?.hold(),
  });
  const db = new Kysely<StateTables>({ dialect });
  const close = async (): Promise<void> => {
    await pool.end();
    await owner?.release();
  };
  try {
    const session = new Session(db, to.name);
    await session.run(async () => assertVersion(await serverVersion(db), to.name));
    return { session, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function serverVersion(db: StateDatabase): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    select current_setting('server_version_num')::int as version`.execute(db);
  return rows[0]?.version ?? 0;
}

/** @param version as server_version_num: 140000 is 14.0 @throws {WhosawError} STATE_FAILED */
export function assertVersion(version: number, name: string): void {
  const major = Math.floor(version / 10_000);
  if (major >= OLDEST_VERSION) return;
  throw new WhosawError("STATE_FAILED", `T${name.slice(1)} is on PostgreSQL ${major}, which is too old.`, {
    hint: `whosaw needs PostgreSQL ${OLDEST_VERSION} or newer for its state: upgrade that server, or name another in state: of whosaw.yaml.`,
  });
}
