/** Every look is an entry: the console log, in its own directory, opened by the control plane or for the length of one command. */
import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { witnessSigner } from "../ledger/checkpoint.ts";
import { nodeDisk } from "../ledger/disk.ts";
import type { LedgerKeys } from "../ledger/keys-file.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type LedgerOptions, openLedger } from "../ledger/log.ts";
import { localWitness } from "../ledger/witness.ts";

export interface ConsoleLogOptions {
  /** Absolute path of the console log's directory. */
  readonly dir: string;
  /** Origin of the gateway's log; the console log's is this and `/console`. */
  readonly origin: string;
  /** Directory of the witness. */
  readonly witness: string;
  readonly keys: LedgerKeys;
}

/**
 * Opens the console log, runs `use`, and closes it. Whoever looks waits for whoever is looking.
 * @throws WhosawError LEDGER_LOCKED after LIMITS.consoleLockWaitMs, and what openLedger throws
 */
export async function withConsoleLog<T>(options: ConsoleLogOptions, use: (log: Ledger) => Promise<T>): Promise<T> {
  const log = await openWhenFree(options);
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

async function openWhenFree(options: ConsoleLogOptions): Promise<Ledger> {
  const until = Date.now() + LIMITS.consoleLockWaitMs;
  for (;;) {
    try {
      return await openConsoleLog(options, {});
    } catch (error) {
      const busy = error instanceof WhosawError && error.code === "LEDGER_LOCKED";
      if (!busy || Date.now() >= until) throw error;
      await wait(LIMITS.lockPollMs);
    }
  }
}

/**
 * Opens it for as long as the caller wants. A failed append rejects, and then nothing is answered: who only opens it for one
 * look needs to hear no more.
 * @throws WhosawError LEDGER_LOCKED, and what else openLedger throws
 */
export function openConsoleLog(
  { dir, origin, witness, keys }: ConsoleLogOptions,
  { onHealth, onFatal }: Partial<Pick<LedgerOptions, "onHealth" | "onFatal">>,
): Promise<Ledger> {
  const signer = witnessSigner(`${origin}/witness`, keys.witnessSeed);
  return openLedger({
    dir,
    origin: `${origin}/console`,
    logSeed: keys.logSeed,
    masterKey: keys.masterKey,
    clock: systemClock,
    witness: localWitness({ dir: witness, disk: nodeDisk(), signer, clock: systemClock }),
    sessionCount: () => 0,
    onHealth: onHealth ?? (() => undefined),
    onFatal: onFatal ?? (() => undefined),
  });
}
