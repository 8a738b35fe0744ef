/** What an imported entry holds: subjects, each with its own time, or times of pages alone. */
import { WhosawError } from "../base/errors.ts";
import type { SubjectKey } from "../columns/rows.ts";
import type { Entry } from "../ledger/entry.ts";
import { decodeTimes } from "../ledger/imported-times.ts";
import { subjectKeys } from "./subject-columns.ts";

export interface ImportedRows {
  /** Epoch milliseconds. */
  readonly times: readonly number[];
  /** In the order of `times`; undefined for pages of which nobody knows whom they showed. */
  readonly keys: readonly SubjectKey[] | undefined;
}

/** @throws WhosawError LEDGER_DAMAGED */
export function importedRows({ atMs, after, keys: block }: Entry & { readonly kind: "imported" }): ImportedRows {
  const times = decodeTimes(after).map((behind) => atMs + behind);
  if (block === undefined) return { times: times.sort((a, b) => a - b), keys: undefined };
  const keys = subjectKeys(block);
  if (keys.length === times.length) return { times, keys };
  throw new WhosawError("LEDGER_DAMAGED", "An imported entry has not as many times as subjects.");
}
