/** Columns as the control plane keeps them: open, and filled from every log. */
import { WhosawError } from "../base/errors.ts";
import type { Columns } from "../columns/columns.ts";
import { openColumns } from "../columns/open.ts";
import type { Config } from "../config/config.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import { assertLedgerStarted } from "../ledger/started.ts";
import { logSources, startedSources } from "../shipping/logs.ts";
import { type ReindexProgress, reindexing } from "../shipping/reindex.ts";
import { Shipping, type ShippingState } from "../shipping/shipper.ts";
import { Kept } from "./kept.ts";

export interface ShippedColumns {
  readonly columns: Columns;
  /** One for each log. */
  readonly shipping: readonly ShippingState[];
  /**
   * Builds them anew, under the configuration in force. Nothing is shipped meanwhile.
   * @throws WhosawError STORE_LOCKED while they are being built anew already, and as `reindex`
   */
  reindex(): AsyncGenerator<ReindexProgress, void, undefined>;
  close(): Promise<void>;
}

/** @param config the one in force when they are opened */
export function keepColumns(
  config: () => Config,
  onProblem: (problem: WhosawError | undefined) => void,
): Kept<ShippedColumns> {
  const kept: Kept<ShippedColumns> = new Kept({
    open: () => open(config, (problem) => kept.note(problem)),
    close: (opened) => opened.close(),
    onProblem,
  });
  return kept;
}

async function open(
  configured: () => Config,
  onProblem: (problem: WhosawError | undefined) => void,
): Promise<ShippedColumns> {
  const config = configured();
  await assertLedgerStarted(config.ledger);
  const { masterKey } = await loadKeys(config.ledger.keys);
  const columns = await openColumns(config.columns);
  const ship = (): Shipping =>
    Shipping.start({
      columns,
      logs: logSources(config, masterKey),
      rules: { subjects: configured().classification.subjects },
      onState: () => onProblem(shipping.states.find(({ error }) => error !== undefined)?.error),
    });
  let shipping = ship();
  let rebuilding = false;
  let closed = false;
  return {
    columns,
    get shipping() {
      return shipping.states;
    },
    async *reindex() {
      if (rebuilding) throw new WhosawError("STORE_LOCKED", "Columns are being built anew already.");
      rebuilding = true;
      try {
        await shipping.close();
        const { columns: place, classification: rules } = configured();
        yield* reindexing({ place, columns, logs: await startedSources(configured(), masterKey), rules });
      } finally {
        rebuilding = false;
        if (!closed) shipping = ship();
      }
    },
    close: async () => {
      closed = true;
      await shipping.close();
      await columns.close();
    },
  };
}
