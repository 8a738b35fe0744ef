/** The log of what was imported, open for its one writer. */
import { systemClock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import { importLog } from "../config/gateways.ts";
import { witnessSigner } from "../ledger/checkpoint.ts";
import { nodeDisk } from "../ledger/disk.ts";
import type { LedgerKeys } from "../ledger/keys-file.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { openLedger } from "../ledger/log.ts";
import { localWitness } from "../ledger/witness.ts";

/**
 * Opens it, runs `use`, and closes it.
 * @throws WhosawError LEDGER_LOCKED while another import runs, and what else openLedger throws
 */
export async function withImportLog<T>(
  config: Pick<Config, "ledger">,
  keys: LedgerKeys,
  use: (log: Ledger) => Promise<T>,
): Promise<T> {
  const { witness, origin: first } = config.ledger;
  const { dir, origin } = importLog(config);
  const signer = witnessSigner(`${first}/witness`, keys.witnessSeed);
  const log = await openLedger({
    dir,
    origin,
    logSeed: keys.logSeed,
    masterKey: keys.masterKey,
    clock: systemClock,
    witness: localWitness({ dir: witness, disk: nodeDisk(), signer, clock: systemClock }),
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: () => undefined,
  });
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}
