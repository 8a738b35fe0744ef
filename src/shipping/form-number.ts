/** The number of a form is that of its content: the same statement in another day, or another log, has the same one. */
import { number64 } from "../columns/numbers.ts";
import type { Entry } from "../ledger/entry.ts";

export type FormEntry = Entry & { readonly kind: "form" };

/** number64 of all that columns hold of a form. */
export function formNumber({ text, scope, uses }: FormEntry): bigint {
  return number64(
    JSON.stringify([
      text,
      scope,
      uses.map(({ table, subjectKind, clear, masked, predicate }) => [table, subjectKind, clear, masked, predicate]),
    ]),
  );
}
