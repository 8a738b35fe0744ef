/** A state that was restored is older than the logs: what that means, in words for an operator. */
import type { Restored } from "./installation.ts";
import type { Advance } from "./logs.ts";

/**
 * What to say after {@link Logs.confirm} of a log, if there is anything: a log goes on while no control plane runs, and
 * is far ahead of a restored state. Nothing is lost by that: entries are in the log alone.
 * @param restored of the state, as long as it was not told yet
 */
export function catchUpNote(
  origin: string,
  { before, now }: Advance,
  restored: Restored | undefined,
): string | undefined {
  if (now === before) return undefined;
  const entries = `${now - before} ${now - before === 1 ? "entry" : "entries"}`;
  if (restored === undefined && before === 0)
    return `The state had not seen the log ${origin} yet, which has ${entries}; they are read now. If you expected a state that knows it, stop, and restore a backup with \`whosaw state restore\`.`;
  if (restored === undefined)
    return `The log ${origin} has ${entries} more than when the state last saw it; they are read now.`;
  const at = new Date(restored.backupMs).toISOString();
  return `The state was restored from a backup of ${at}. The log ${origin} is ahead of it by ${entries}, all of them in the ledger; the state catches up now.`;
}
