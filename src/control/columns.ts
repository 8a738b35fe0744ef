/** Columns as the control plane keeps them: open, and filled from every log. */
import type { WhosawError } from "../base/errors.ts";
import type { Columns } from "../columns/columns.ts";
import { openColumns } from "../columns/open.ts";
import type { Config } from "../config/config.ts";
import { gatewayLogs } from "../config/gateways.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import { Shipping, type ShippingState } from "../shipping/shipper.ts";
import { Kept } from "./kept.ts";
import { assertLedgerStarted } from "./ledger-started.ts";

export interface ShippedColumns {
  readonly columns: Columns;
  /** One for each log. */
  readonly shipping: readonly ShippingState[];
  close(): Promise<void>;
}

/** @param config the one in force when they are opened */
export function keepColumns(
  config: () => Config,
  onProblem: (problem: WhosawError | undefined) => void,
): Kept<ShippedColumns> {
  const kept: Kept<ShippedColumns> = new Kept({
    open: () => open(config(), (problem) => kept.note(problem)),
    close: (opened) => opened.close(),
    onProblem,
  });
  return kept;
}

async function open(config: Config, onProblem: (problem: WhosawError | undefined) => void): Promise<ShippedColumns> {
  await assertLedgerStarted(config);
  const { masterKey } = await loadKeys(config.ledger.keys);
  const columns = await openColumns(config.columns);
  const { console, origin } = config.ledger;
  const logs = [...gatewayLogs(config), { dir: console, origin: `${origin}/console` }];
  const shipping: Shipping = Shipping.start({
    columns,
    logs: logs.map(({ dir, origin: name }) => ({ dir, origin: name, masterKey })),
    rules: { subjects: config.classification.subjects },
    onState: () => onProblem(shipping.states.find(({ error }) => error !== undefined)?.error),
  });
  return {
    columns,
    get shipping() {
      return shipping.states;
    },
    close: async () => {
      await shipping.close();
      await columns.close();
    },
  };
}
