/** Which logs are shipped. */
import type { Config } from "../config/config.ts";
import { allLogs } from "../config/gateways.ts";
import { startedLogs } from "../ledger/started.ts";
import type { LogSource } from "./batch-reader.ts";

/** Logs of all gateways, and the control plane's own. */
export function logSources(config: Config, masterKey: Uint8Array): readonly LogSource[] {
  return allLogs(config).map((log) => ({ ...log, masterKey }));
}

/** Those that have begun. */
export function startedSources(config: Config, masterKey: Uint8Array): Promise<readonly LogSource[]> {
  return startedLogs(logSources(config, masterKey));
}
