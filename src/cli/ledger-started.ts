import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/config.ts";

/** A gateway has run with this configuration: its keys, or a ledger written with them, are there. */
export async function ledgerStarted({ ledger }: Config): Promise<boolean> {
  return (await exists(join(ledger.dir, "log.json"))) || exists(join(ledger.keys, "master.key"));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
