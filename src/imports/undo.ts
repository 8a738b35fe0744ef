/** Imports that are there, and taking one back: its rows stay in the log, and count no more. */
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { importLog } from "../config/gateways.ts";
import { type Import, importsIn } from "../ledger/imports.ts";
import type { LedgerKeys } from "../ledger/keys-file.ts";
import { LogReader } from "../ledger/read.ts";
import { startedLogs } from "../ledger/started.ts";
import { withImportLog } from "./import-log.ts";

/** In the order in which they began. @throws WhosawError LEDGER_DAMAGED, LEDGER_KEY_LOST */
export async function listImports(config: Config, keys: LedgerKeys): Promise<readonly Import[]> {
  for (const { dir } of await startedLogs([importLog(config)]))
    return (await importsIn(await LogReader.open(dir, keys))).imports;
  return [];
}

/**
 * @param number of the import
 * @returns false if it was undone before
 * @throws WhosawError NOT_FOUND, LEDGER_LOCKED while another import runs
 */
export async function undoImport(config: Config, keys: LedgerKeys, number: number, by: string): Promise<boolean> {
  await requireImport(config, keys, number);
  return withImportLog(config, keys, async (log) => {
    const { undoneMs } = await requireImport(config, keys, number);
    if (undoneMs !== undefined) return false;
    await log.append({ kind: "import-undone", import: number, by });
    return true;
  });
}

/** Before the log is opened, too: there may be none. */
async function requireImport(config: Config, keys: LedgerKeys, number: number): Promise<Import> {
  const found = (await listImports(config, keys)).find((one) => one.number === number);
  if (found !== undefined) return found;
  throw new WhosawError("NOT_FOUND", "There is no import of this number.", { hint: "See `whosaw import --list`." });
}
