import { stat } from "node:fs/promises";
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { isCode } from "../ledger/disk.ts";
import { gatewayLogs } from "../config/gateways.ts";

/** A gateway has run with this configuration: its keys, or a ledger written with them, are there. */
export async function ledgerStarted({ ledger }: Config): Promise<boolean> {
  return (await exists(join(ledger.dir, "log.json"))) || exists(join(ledger.keys, "master.key"));
}

/**
 * Before the first start there is nothing to ask, which is not the same as lost keys.
 * @throws {WhosawError} LEDGER_IO
 */
export async function assertLedgerStarted(config: Config): Promise<void> {
  if (await ledgerStarted(config)) return;
  throw new WhosawError("LEDGER_IO", `There is no ledger in ${config.ledger.dir} yet: no gateway has run with it.`, {
    hint: "Start one with `whosaw serve`; if one has run, correct ledger.dir in the configuration.",
  });
}

/** The logs of gateways that have run. */
export async function startedLogs(
  config: Config,
): Promise<readonly { readonly dir: string; readonly origin: string }[]> {
  const logs = gatewayLogs(config);
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
