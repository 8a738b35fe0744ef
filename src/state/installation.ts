/** Whose state a database holds: that of one installation, never of two. */
import type { Clock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import type { StateDatabase, StateTables } from "./tables.ts";

/** The last restore. What happened between the two times is not in the state, and is read from the logs again. */
export interface Restored {
  readonly backupMs: number;
  readonly restoredMs: number;
}

/**
 * The first to come makes the database its own.
 * @throws {WhosawError} STORE_MISMATCH when it is somebody else's
 */
export async function claim(db: StateDatabase, name: string, clock: Clock): Promise<Restored | undefined> {
  const row = { only: true, name, made_ms: clock.nowMs(), backup_ms: null, restored_ms: null };
  await db
    .insertInto("installation")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { backup_ms: backupMs, restored_ms: restoredMs } = await assertOurs(db, name);
  return backupMs === null || restoredMs === null ? undefined : { backupMs, restoredMs };
}

/** @throws {WhosawError} STORE_MISMATCH when it is somebody else's */
export async function assertOurs(db: StateDatabase, name: string): Promise<StateTables["installation"]> {
  const found = await db.selectFrom("installation").selectAll().executeTakeFirst();
  if (found?.name === name) return found;
  throw new WhosawError(
    "STORE_MISMATCH",
    `The state is that of ${found === undefined ? "no installation" : `the installation ${found.name}`}, not of ${name}.`,
    { hint: "Correct state: or ledger.origin in whosaw.yaml; two installations need two databases." },
  );
}

export async function markRestored(db: StateDatabase, { backupMs, restoredMs }: Restored): Promise<void> {
  await db.updateTable("installation").set({ backup_ms: backupMs, restored_ms: restoredMs }).execute();
}
