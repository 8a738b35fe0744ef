/** Versions of the policy: which rules held since when, by whom they were put in force, and their text. */
import type { Clock } from "../base/clock.ts";
import type { Session } from "./connection.ts";
import type { StateDatabase } from "./tables.ts";

export interface Policy {
  /** As entries of the ledger have it: 32 bytes (config/policy-hash.ts). */
  readonly hash: Uint8Array;
  /** Who put it in force. */
  readonly by: string;
  /** Canonical. */
  readonly text: string;
}

export interface PolicyVersion extends Policy {
  /** 1 is the first. */
  readonly version: number;
  /** In force since. */
  readonly atMs: number;
}

export class Policies {
  readonly #session: Session;
  readonly #clock: Clock;

  constructor(session: Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  /** The version in force; undefined before the first. */
  current(): Promise<PolicyVersion | undefined> {
    return this.#session.run(latest);
  }

  /** The newest first. A policy that was put in force twice is there twice. */
  history(options: { limit: number }): Promise<PolicyVersion[]> {
    return this.#session.run(async (db) => {
      const rows = await newestFirst(db).limit(options.limit).execute();
      return rows.map(versionOf);
    });
  }

  /** Of the versions with that hash the newest. */
  find(hash: Uint8Array): Promise<PolicyVersion | undefined> {
    return this.#session.run(async (db) => {
      const row = await newestFirst(db).where("hash", "=", Buffer.from(hash)).limit(1).executeTakeFirst();
      return row && versionOf(row);
    });
  }

  /** Puts a policy in force; the one that is already stays the version that it is. */
  record(policy: Policy): Promise<PolicyVersion> {
    return this.#session.atomically(async (db) => {
      const before = await latest(db);
      if (before !== undefined && Buffer.from(policy.hash).equals(before.hash)) return before;
      const { by, text } = policy;
      const row = {
        version: (before?.version ?? 0) + 1,
        hash: Buffer.from(policy.hash),
        at_ms: this.#clock.nowMs(),
        by,
        text,
      };
      await db.insertInto("policies").values(row).execute();
      return versionOf(row);
    });
  }
}

interface PolicyRow {
  version: number;
  hash: Buffer;
  at_ms: number;
  by: string;
  text: string;
}

function newestFirst(db: StateDatabase) {
  return db.selectFrom("policies").selectAll().orderBy("version", "desc");
}

async function latest(db: StateDatabase): Promise<PolicyVersion | undefined> {
  const row = await newestFirst(db).limit(1).executeTakeFirst();
  return row && versionOf(row);
}

function versionOf({ version, hash, at_ms: atMs, by, text }: PolicyRow): PolicyVersion {
  return { version, hash, atMs, by, text };
}
