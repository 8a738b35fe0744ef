/** Results as JSONEachRow, the one format with types that every ClickHouse writes row by row. */
import { WhosawError } from "../base/errors.ts";
import type { ColumnsValue } from "./columns.ts";

/**
 * @param lines whole lines, each the JSON object of one row
 * @throws {WhosawError} COLUMNS_FAILED where a line is none: servers write an error that comes late into the result
 */
export function rowsOf(lines: string): ColumnsValue[][] {
  const text = lines.trimEnd();
  if (text === "") return [];
  try {
    // No name of a column in our queries is a number, so values keep the order of the columns.
    return (JSON.parse(`[${text.replaceAll("\n", ",")}]`) as Record<string, ColumnsValue>[]).map(Object.values);
  } catch (cause) {
    throw new WhosawError("COLUMNS_FAILED", "The column store broke off in the middle of an answer.", {
      hint: "Ask again, or for a shorter window; its own log says why.",
      cause,
    });
  }
}
