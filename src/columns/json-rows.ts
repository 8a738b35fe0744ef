/**
 * Results as lines of JSON: JSONEachRow, the one format with types that every ClickHouse writes row by row, or the shorter and
 * faster JSONCompactEachRow, which came after 18.16.
 */
import { WhosawError } from "../base/errors.ts";
import type { ColumnsValue } from "./columns.ts";

type Row = ColumnsValue[] | Record<string, ColumnsValue>;

/**
 * @param lines whole lines, each the JSON object or array of one row
 * @throws {WhosawError} COLUMNS_FAILED where a line is none: servers write an error that comes late into the result
 */
export function rowsOf(lines: string): ColumnsValue[][] {
  const text = lines.trimEnd();
  if (text === "") return [];
  try {
    const rows = JSON.parse(`[${text.replaceAll("\n", ",")}]`) as Row[];
    // No name of a column in our queries is a number, so values keep the order of the columns.
    return Array.isArray(rows[0]) ? (rows as ColumnsValue[][]) : rows.map((row) => Object.values(row));
  } catch (cause) {
    throw new WhosawError("COLUMNS_FAILED", "The column store broke off in the middle of an answer.", {
      hint: "Ask again, or for a shorter window; its own log says why.",
      cause,
    });
  }
}
