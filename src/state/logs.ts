/** The logs that this installation has seen, each with the highest checkpoint: what no log may fall behind. */
import type { Clock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import type { Session } from "./connection.ts";
import type { StateDatabase } from "./tables.ts";

/** Of a checkpoint whose signature was checked: entries, and the tree's root (32 bytes, RFC 6962). */
export interface SeenCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
}

export interface KnownLog {
  readonly origin: string;
  /** C2SP vkey. */
  readonly vkey: string;
  /** The highest seen, and when it was. */
  readonly highest: (SeenCheckpoint & { readonly atMs: number }) | undefined;
}

/** How far a log has come since the state last heard of it. */
export interface Advance {
  /** Entries in the highest checkpoint seen before; 0 if none was. */
  readonly before: number;
  readonly now: number;
}

export class Logs {
  readonly #session: Session;
  readonly #clock: Clock;

  constructor(session: Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  /** By origin. */
  list(): Promise<KnownLog[]> {
    return this.#session.run(async (db) => {
      const rows = await db.selectFrom("logs").selectAll().orderBy("origin").execute();
      return rows.map(({ origin, vkey, size, root, seen_ms }) => ({
        origin,
        vkey,
        highest: root === null ? undefined : { size, root, atMs: seen_ms ?? 0 },
      }));
    });
  }

  /**
   * Makes a log known; once more does nothing.
   * @throws {WhosawError} STORE_MISMATCH when a log of that origin has another key
   */
  register(origin: string, vkey: string): Promise<void> {
    return this.#session.atomically(async (db) => {
      const row = { origin, vkey, size: 0, root: null, seen_ms: null };
      await db
        .insertInto("logs")
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      if ((await lockedLog(db, origin)).vkey !== vkey) throw otherKey(origin);
    });
  }

  /**
   * Holds a log's checkpoint against the highest seen, and remembers it if it is higher. That a larger tree extends the
   * smaller one is for the witness to prove; here it is seen that nothing went back.
   * @throws {WhosawError} LEDGER_BEHIND_WITNESS when the log is shorter than it was, STORE_MISMATCH when it is as long and
   *   another one, NOT_FOUND when it is not registered
   */
  confirm(origin: string, checkpoint: SeenCheckpoint): Promise<Advance> {
    return this.#session.atomically(async (db) => {
      const { size, root } = await lockedLog(db, origin);
      const advance = { before: size, now: checkpoint.size };
      if (checkpoint.size < size) throw behind(origin, advance);
      if (root !== null && checkpoint.size === size) {
        if (!root.equals(checkpoint.root)) throw forked(origin, size);
        return advance;
      }
      const seen = { size: checkpoint.size, root: Buffer.from(checkpoint.root), seen_ms: this.#clock.nowMs() };
      await db.updateTable("logs").set(seen).where("origin", "=", origin).execute();
      return advance;
    });
  }
}

async function lockedLog(db: StateDatabase, origin: string) {
  const row = await db.selectFrom("logs").selectAll().where("origin", "=", origin).forUpdate().executeTakeFirst();
  if (row !== undefined) return row;
  throw new WhosawError("NOT_FOUND", `The state knows no log ${origin}.`);
}

const OTHER_LOG =
  "Give back the ledger that belongs to this state, or the state that belongs to this ledger (`whosaw state restore`); a new ledger needs another origin.";

function otherKey(origin: string): WhosawError {
  return new WhosawError("STORE_MISMATCH", `The state knows a log ${origin} that was signed with another key.`, {
    hint: OTHER_LOG,
  });
}

function behind(origin: string, { before, now }: Advance): WhosawError {
  return new WhosawError(
    "LEDGER_BEHIND_WITNESS",
    `The log ${origin} has ${now} entries; it had ${before} when the state last saw it: an older copy, or entries were cut off.`,
    { hint: "Restore the ledger's directory to its newest copy. The state is not the older one of the two." },
  );
}

function forked(origin: string, size: number): WhosawError {
  return new WhosawError(
    "STORE_MISMATCH",
    `The log ${origin} has other entries than the state saw when it was as long (${size} entries).`,
    { hint: OTHER_LOG },
  );
}
