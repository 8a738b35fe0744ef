/** Whose state a database holds: that of one installation, never of two. */
import type { Clock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import type { StateDatabase } from "./tables.ts";

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
  const found = await db.selectFrom("installation").selectAll().executeTakeFirstOrThrow();
  if (found.name !== name) throw ofAnother(found.name, name);
  const { backup_ms: backupMs, restored_ms: restoredMs } = found;
  return backupMs === null || restoredMs === null ? undefined : { backupMs, restoredMs };
}

/** @param found whose it is */
export function ofAnother(found: string, name: string): WhosawError {
  return new WhosawError("STORE_MISMATCH", `The state is that of the installation ${found}, not of ${name}.`, {
    hint: "Correct state: or ledger.origin in whosaw.yaml; two installations need two databases.",
  });
}
