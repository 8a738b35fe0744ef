/** Subjects that service accounts which named nobody were shown, and the actors of a scope were not: over columns and logs, each once. */
import type { Columns } from "../columns/columns.ts";
import { countUnattributed, shownAmong, type UnattributedCount } from "../columns/queries/scope.ts";
import type { Window } from "../columns/queries/sightings.ts";

/** What one log says that columns do not hold. Subjects as `kind keyType subject subject2`, the numbers of columns. */
export interface UnattributedPart {
  readonly disclosures: number;
  /** Shown by service accounts. */
  readonly others: ReadonlySet<string>;
  /** Shown to the actors. */
  readonly own: ReadonlySet<string>;
}

/** @param actors numbers64 of actor ids @param columns undefined where there are none */
export async function unattributedIn(
  columns: Columns | undefined,
  actors: readonly bigint[],
  window: Window,
  logs: readonly UnattributedPart[],
): Promise<UnattributedCount> {
  const own = union(logs.map((log) => log.own));
  const shown = union(logs.map((log) => log.others));
  const inLogs = logs.reduce((total, { disclosures }) => total + disclosures, 0);
  const fresh = [...shown].filter((key) => !own.has(key));
  if (columns === undefined) return { disclosures: inLogs, others: fresh.length };
  const counted = await countUnattributed(columns, actors, window);
  const disclosures = counted.disclosures + inLogs;
  if (counted.disclosures === 0 && inLogs === 0) return counted;
  const known = await shownAmong(columns, actors, [...own, ...fresh], window);
  const taken = [...own].filter((key) => known.get(key) === "others").length;
  const added = fresh.filter((key) => !known.has(key)).length;
  return { disclosures, others: counted.others - taken + added };
}

function union(sets: readonly ReadonlySet<string>[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}
