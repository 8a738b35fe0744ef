/** Whether a ledger, or one log of it, has been begun: nothing to ask yet is not the same as lost keys. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { isCode } from "./disk.ts";

export interface LedgerPlaces {
  /** Absolute path of the log's directory. */
  readonly dir: string;
  /** Absolute path of the directory with its keys. */
  readonly keys: string;
}

/** A gateway has run with these places: its keys, or a ledger written with them, are there. */
export async function ledgerStarted({ dir, keys }: LedgerPlaces): Promise<boolean> {
  return (await exists(join(dir, "log.json"))) || exists(join(keys, "master.key"));
}

/** @throws {WhosawError} LEDGER_IO before the first start */
export async function assertLedgerStarted(places: LedgerPlaces): Promise<void> {
  if (await ledgerStarted(places)) return;
  throw new WhosawError("LEDGER_IO", `There is no ledger in ${places.dir} yet: no gateway has run with it.`, {
    hint: "Start one with `whosaw serve`; if one has run, correct ledger.dir in the configuration.",
  });
}

/** Those of the logs that somebody has begun, in their order. */
export async function startedLogs<L extends { readonly dir: string }>(logs: readonly L[]): Promise<readonly L[]> {
  const started = await Promise.all(logs.map(({ dir }) => exists(join(dir, "log.json"))));
  return logs.filter((_, index) => started[index]);
}

/** What this user may not look at is there. (`access` would leave out the capability to read everything.) */
async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => !isCode(error, "ENOENT") && !isCode(error, "ENOTDIR"),
  );
}
