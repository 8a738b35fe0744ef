/** Cases: opened, with settings that never change afterwards, and closed. */
import type { Clock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import type { Session } from "./connection.ts";
import type { StateDatabase, StateTables } from "./tables.ts";

/** What a trace of the case weighs with, by name; sealed when the case opens. */
export type SealedSettings = Readonly<Record<string, number>>;

export interface CaseOpening {
  readonly title: string;
  /** Who opens it. */
  readonly by: string;
  readonly settings: SealedSettings;
}

export interface Case {
  /** From 1 on. */
  readonly id: number;
  readonly title: string;
  readonly settings: SealedSettings;
  readonly opened: Deed;
  readonly closed: Deed | undefined;
}

export interface Deed {
  readonly by: string;
  readonly atMs: number;
}

export class Cases {
  readonly #session: Session;
  readonly #clock: Clock;

  constructor(session: Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  open({ title, by, settings }: CaseOpening): Promise<Case> {
    return this.#session.atomically(async (db) => {
      const last = await db.selectFrom("cases").select("id").orderBy("id", "desc").limit(1).executeTakeFirst();
      const row = {
        id: (last?.id ?? 0) + 1,
        title,
        settings: JSON.stringify(settings),
        opened_by: by,
        opened_ms: this.#clock.nowMs(),
        closed_by: null,
        closed_ms: null,
      };
      await db.insertInto("cases").values(row).execute();
      return caseOf(row);
    });
  }

  /** The newest first. */
  list(): Promise<Case[]> {
    return this.#session.run(async (db) => {
      const rows = await db.selectFrom("cases").selectAll().orderBy("id", "desc").execute();
      return rows.map(caseOf);
    });
  }

  /** @throws {WhosawError} NOT_FOUND */
  get(id: number): Promise<Case> {
    return this.#session.run(async (db) =>
      caseOf(found(await db.selectFrom("cases").selectAll().where("id", "=", id).executeTakeFirst(), id)),
    );
  }

  /** Once more does nothing. @throws {WhosawError} NOT_FOUND */
  close(id: number, by: string): Promise<Case> {
    return this.#session.atomically(async (db) => {
      const row = await lockedCase(db, id);
      if (row.closed_ms !== null) return caseOf(row);
      const closing = { closed_by: by, closed_ms: this.#clock.nowMs() };
      await db.updateTable("cases").set(closing).where("id", "=", id).execute();
      return caseOf({ ...row, ...closing });
    });
  }
}

/**
 * Holds the case as it is until the transaction ends.
 * @throws {WhosawError} NOT_FOUND
 */
export async function lockedCase(db: StateDatabase, id: number): Promise<StateTables["cases"]> {
  return found(await db.selectFrom("cases").selectAll().where("id", "=", id).forUpdate().executeTakeFirst(), id);
}

function found<T>(row: T | undefined, id: number): T {
  if (row !== undefined) return row;
  throw new WhosawError("NOT_FOUND", `There is no case ${id}.`, { hint: "`whosaw case list` shows the cases." });
}

function caseOf(row: StateTables["cases"]): Case {
  const { id, title, opened_by: by, opened_ms: atMs, closed_by: closedBy, closed_ms: closedMs } = row;
  return {
    id,
    title,
    settings: settingsIn(row.settings),
    opened: { by, atMs },
    closed: closedBy === null || closedMs === null ? undefined : { by: closedBy, atMs: closedMs },
  };
}

/** A backup may have been written by hand. */
function settingsIn(text: string): SealedSettings {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const entries = Object.entries(value).filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
      return Object.fromEntries(entries);
    }
  } catch {
    // As if nothing had been sealed.
  }
  throw new WhosawError("STATE_FAILED", "The settings of a case cannot be read.", {
    hint: "Restore a backup of the state with `whosaw state restore`.",
  });
}
