/** What strata are called, for a command that works without a control plane. */
import { systemClock } from "../base/clock.ts";
import type { StrataNames } from "../asks/scope.ts";
import type { Config } from "../config/config.ts";
import { strataNames } from "../control/strata-names.ts";
import { openState } from "../state/state.ts";

/** None where none are configured, and while the state cannot be opened: an answer shows numbers then. */
export async function ownStrataNames(config: Config): Promise<StrataNames> {
  if (config.strata.length === 0) return new Map();
  const options = { installation: config.ledger.origin, clock: systemClock };
  const state = await openState(config.state, options).catch(() => undefined);
  try {
    return await strataNames(state?.strata);
  } finally {
    await state?.close();
  }
}
