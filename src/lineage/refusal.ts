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
