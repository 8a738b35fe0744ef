/** A time as somebody writes it on the command line. */
import { WhosawError } from "../base/errors.ts";

/**
 * A day (its start, UTC) or an instant with its zone, as UTC epoch milliseconds.
 * @throws WhosawError USAGE
 */
export function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/u.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new WhosawError("USAGE", "A time is a day or an instant with its zone.", {
    hint: "Write 2026-11-21 (UTC), 2026-11-21T08:00:00Z or 2026-11-21T08:00:00+01:00.",
  });
}
