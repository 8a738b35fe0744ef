/** Refusals teach: a reason in one line, and a form that passes. */
import { WhosawError } from "../base/errors.ts";

/** @throws WhosawError REFUSED */
export function refuse(reason: string, hint: string): never {
  throw new WhosawError("REFUSED", reason, { hint });
}

/** As PostgreSQL's quote_ident, but always quoted: no list of reserved words to keep. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Refusals that protect the gateway itself: they stand in observe mode too. */
const ALWAYS = new WeakSet<WhosawError>();

/** @throws WhosawError REFUSED, in every mode */
export function refuseAlways(reason: string, hint: string): never {
  const error = new WhosawError("REFUSED", reason, { hint });
  ALWAYS.add(error);
  throw error;
}

/** Whether a refusal holds in every mode: it came from {@link refuseAlways}. */
export function standsInObserve(error: WhosawError): boolean {
  return ALWAYS.has(error);
}

/** @throws WhosawError STATEMENT_TOO_LARGE */
export function tooLarge(what: string): never {
  throw new WhosawError("STATEMENT_TOO_LARGE", `${what} in one statement`, { hint: "split the statement" });
}
