/** What strata are called, for answers that hold their numbers. */
import type { StrataNames } from "../asks/scope.ts";
import type { Strata } from "../state/strata.ts";

/** By number. Empty while the state is away: an answer shows numbers then. */
export async function strataNames(strata: Pick<Strata, "list"> | undefined): Promise<StrataNames> {
  const all = await (strata?.list() ?? Promise.resolve([])).catch(() => []);
  return new Map(all.map((stratum) => [stratum.number, stratum]));
}
