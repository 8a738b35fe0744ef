/** Which logs are shipped. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { gatewayLogs } from "../config/gateways.ts";
import type { LogSource } from "./batch-reader.ts";

/** Logs of all gateways, and the control plane's own: those that have begun. */
export async function startedSources(config: Config, masterKey: Uint8Array): Promise<readonly LogSource[]> {
  const { console: dir, origin } = config.ledger;
  const logs = [...gatewayLogs(config), { dir, origin: `${origin}/console` }].map((log) => ({
    dir: log.dir,
    origin: log.origin,
    masterKey,
  }));
  const begun = await Promise.all(logs.map((log) => exists(join(log.dir, "log.json"))));
  return logs.filter((_, i) => begun[i]);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
