/**
 * One owner of a state at a time: a session-level advisory lock, held by a connection of its own. PostgreSQL lets go of
 * it when that connection ends, so a killed owner leaves nothing behind. (It needs a connection to the server itself, or
 * a pooler in session mode.)
 */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { stateError } from "./errors.ts";
import type { Reachable } from "./location.ts";

/** "whosaw" in ASCII; locks of other databases do not count. */
const KEY = 0x77_68_6f_73_61_77;

export class Owner {
  readonly #to: Reachable;
  #holder: pg.Client | undefined;
  #taking: Promise<pg.Client> | undefined;
  #released = false;

  private constructor(to: Reachable) {
    this.#to = to;
  }

  /** @throws {WhosawError} STORE_LOCKED, STATE_UNREACHABLE */
  static async take(to: Reachable): Promise<Owner> {
    const owner = new Owner(to);
    await owner.hold();
    return owner;
  }

  /**
   * The lock is ours: at once while its connection stands, else it is taken again.
   * @throws {WhosawError} STORE_LOCKED when somebody else has taken it meanwhile, STATE_UNREACHABLE
   */
  async hold(): Promise<void> {
    if (this.#holder !== undefined) return;
    if (this.#released) throw new WhosawError("STATE_FAILED", "The state is closed.");
    this.#taking ??= this.#take().finally(() => (this.#taking = undefined));
    this.#holder = await this.#taking;
  }

  async release(): Promise<void> {
    this.#released = true;
    const holder = this.#holder ?? (await this.#taking?.catch(() => undefined));
    this.#holder = undefined;
    await holder?.end().catch(() => undefined);
  }

  async #take(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.#to.client, connectionTimeoutMillis: LIMITS.stateConnectMs });
    const lost = (): void => {
      if (this.#holder === client) this.#holder = undefined;
    };
    client.on("error", lost).on("end", lost);
    try {
      await client.connect();
      await noticeOurEnd((setting) => client.query(setting));
      const deadline = performance.now() + LIMITS.stateLockWaitMs;
      while (!(await tryLock(client))) {
        if (performance.now() > deadline) throw await taken(client, this.#to.name);
        await delay(LIMITS.lockPollMs);
      }
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw stateError(error, this.#to.name);
    }
  }
}

const SHORT_PATIENCE = [
  "SET tcp_keepalives_idle = 10",
  "SET tcp_keepalives_interval = 5",
  "SET tcp_keepalives_count = 3",
  "SET client_connection_check_interval = 1000",
];

/**
 * The server soon notices when we are gone, also in the middle of a statement. Otherwise it would finish the migration of
 * a process that was killed, or hold the lock of a machine that vanished for hours.
 */
export async function noticeOurEnd(run: (setting: string) => Promise<unknown>): Promise<void> {
  // Not every platform has each of them.
  for (const setting of SHORT_PATIENCE) await run(setting).catch(() => undefined);
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [KEY]);
  return rows[0]?.locked === true;
}

async function taken(client: pg.Client, name: string): Promise<WhosawError> {
  const { rows } = await client.query<{ pid: number; at: string }>(
    `SELECT a.pid, coalesce(host(a.client_addr), 'this machine') AS at
     FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND (l.classid::int8 << 32 | l.objid::int8) = $1`,
    [KEY],
  );
  const who = rows.map(({ pid, at }) => `by a whosaw at ${at}, whose session there is ${pid}`).join(", ");
  return new WhosawError("STORE_LOCKED", `T${name.slice(1)} is in use ${who || "by another whosaw"}.`, {
    hint: "Stop that `whosaw serve` first, or give this one a database of its own.",
  });
}
