import { access } from "node:fs/promises";
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";

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

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
