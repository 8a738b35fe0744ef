/** `whosaw serve`, as a user would run it. */
import { WhosawError } from "../../src/base/errors.ts";
import { GuardedProcess } from "../../src/embedded-postgres/guarded.ts";
import { CLI } from "./cli.ts";

const START_TIMEOUT_MS = 60_000;

/** What `whosaw serve --json` says when clients may come. */
export interface Ready {
  /** Host and port. */
  readonly postgres: string;
  /** Host and port of health and metrics. */
  readonly http: string;
  /** The ledger's directory. */
  readonly ledger: string;
  /** The ledger's public key. */
  readonly vkey: string;
  /** Its witness's public key. */
  readonly witness: string;
}

/** @param folder removed when the process ends */
export function serve(folder: string, config: string): GuardedProcess {
  return new GuardedProcess({
    base: folder,
    program: process.execPath,
    args: [CLI, "serve", "--json", "--config", config],
    cwd: folder,
    env: process.env,
  });
}

/** @throws WhosawError UPSTREAM_UNREACHABLE, with what the process wrote */
export async function ready(serving: GuardedProcess): Promise<Ready> {
  const line = await serving.says(/^\{"event":"ready".*\}$/m, START_TIMEOUT_MS);
  if (line !== undefined) return JSON.parse(line[0]) as Ready;
  throw new WhosawError("UPSTREAM_UNREACHABLE", "`whosaw serve` did not start.", { hint: serving.log.trim() });
}
