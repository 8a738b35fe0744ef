/** What a gateway still holds when its clients are gone: sockets, and sessions of the database. */
import { readdirSync, readlinkSync } from "node:fs";
import pg from "pg";
import type { SupportDatabase } from "../rig/shared.ts";
import type { ServedGateway } from "./installation.ts";

export interface Held {
  /** Open sockets of the gateway's process. */
  readonly sockets: number;
  /** Sessions that the gateway has with the database, that which reads the catalog included. */
  readonly upstreamSessions: number;
}

/** Looks through one connection of its own. */
export class Leftovers {
  readonly #gateway: ServedGateway;
  readonly #client: pg.Client;
  readonly #database: string;

  private constructor(gateway: ServedGateway, client: pg.Client, database: string) {
    this.#gateway = gateway;
    this.#client = client;
    this.#database = database;
  }

  static async of(gateway: ServedGateway, database: SupportDatabase): Promise<Leftovers> {
    const client = new pg.Client({ connectionString: database.url });
    client.on("error", () => undefined);
    await client.connect();
    return new Leftovers(gateway, client, database.name);
  }

  async held(): Promise<Held> {
    const { rows } = await this.#client.query<{ sessions: number }>(
      "SELECT count(*)::int AS sessions FROM pg_stat_activity WHERE usename = 'whosaw_gw' AND datname = $1",
      [this.#database],
    );
    return { sockets: socketInodes(this.#gateway.pid).size, upstreamSessions: rows[0]?.sessions ?? 0 };
  }

  /** Resolves when the gateway holds nothing more than that; otherwise the test's own time runs out. */
  async settled(until: (held: Held) => boolean): Promise<Held> {
    for (;;) {
      const held = await this.held();
      if (until(held)) return held;
    }
  }

  /** Resolves when so many sessions wait: for a lock, or for the gateway to take their rows. */
  async waiting(what: "Lock" | "ClientWrite", sessions: number): Promise<void> {
    for (;;) {
      const { rows } = await this.#client.query<{ waiting: number }>(
        "SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE usename = 'whosaw_gw' AND $1 IN (wait_event, wait_event_type) AND datname = $2",
        [what, this.#database],
      );
      if ((rows[0]?.waiting ?? 0) >= sessions) return;
    }
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }
}

/** Inode numbers of the process's open sockets, as in /proc/net/tcp. */
export function socketInodes(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  const inodes = readdirSync(folder).map((descriptor) => {
    try {
      return /^socket:\[(\d+)\]$/u.exec(readlinkSync(`${folder}/${descriptor}`))?.[1];
    } catch {
      return undefined; // Closed while we looked.
    }
  });
  return new Set(inodes.filter((inode) => inode !== undefined));
}
