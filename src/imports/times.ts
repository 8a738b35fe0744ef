/** Times as access logs write them. */
import { DAY_MS } from "../base/clock.ts";
import { RowProblem } from "./row.ts";

const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:?\d{2})$/u;
const EARLIEST_MS = Date.UTC(2000, 0, 1);

/**
 * An instant with its zone, as in ISO 8601 and as Salesforce has it (`+0000`).
 * @returns epoch milliseconds
 * @throws RowProblem for another text, a time before the year 2000, or one more than a day ahead
 */
export function readTime(text: string, line: number, nowMs: number): number {
  const plain = ISO.test(text)
    ? Date.parse(text.replace(" ", "T").replace(/([+-]\d{2})(\d{2})$/u, "$1:$2"))
    : Number.NaN;
  if (Number.isNaN(plain))
    throw new RowProblem(line, "Its time is no instant with a zone, such as 2026-11-21T08:00:00Z.");
  if (plain < EARLIEST_MS || plain > nowMs + DAY_MS)
    throw new RowProblem(line, "Its time is before the year 2000, or in the future.");
  return plain;
}
