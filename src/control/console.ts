/** The console log as the control plane keeps it: open for as long as it runs, once there are keys. */
import type { WhosawError } from "../base/errors.ts";
import { openConsoleLog } from "../asks/console-log.ts";
import type { Config } from "../config/config.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { assertLedgerStarted } from "../ledger/started.ts";
import { Kept } from "./kept.ts";

/** @param onProblem as in Kept */
export function keepConsoleLog(config: Config, onProblem: (problem: WhosawError | undefined) => void): Kept<Ledger> {
  const kept: Kept<Ledger> = new Kept({
    open: async () => {
      const { ledger } = config;
      await assertLedgerStarted(ledger);
      const keys = await loadKeys(ledger.keys);
      const { console: dir, origin, witness } = ledger;
      return openConsoleLog(
        { dir, origin, witness, keys },
        {
          onHealth: (health) => kept.note(health.status === "green" ? undefined : health.error),
          onFatal: (error) => kept.note(error),
        },
      );
    },
    close: (log) => log.close(),
    onProblem,
  });
  return kept;
}
