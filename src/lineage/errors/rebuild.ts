/**
 * Errors and notices of statements on protected tables, without the values that they may carry.
 *
 * Kept: severity, SQLSTATE, the names of schema, table, column, constraint and data type, and where in the server the
 * error came from (they are all about the schema or the program). The message and the detail are rebuilt, the context and
 * internal queries dropped, the position mapped back to the text that the client wrote.
 */
import type { WhosawError } from "../../base/errors.ts";
import { skipsTooMany } from "../offset.ts";
import type { Accounting, TextPlan } from "../plan.ts";
import { safeDetail, safeMessage } from "./messages.ts";

/** One-letter name and value, as in ErrorResponse and NoticeResponse (PostgreSQL documentation, 54.8). */
export type ErrorField = readonly [field: string, value: string];

/** Files of the procedural languages, whose functions raise errors with texts of their own. */
const RAISING_FILES = /^(?:pl_|plpy_|plperl|pltcl|plv8|plr)/;
const RAISING_ROUTINES: ReadonlySet<string> = new Set([
  "exec_stmt_raise",
  "exec_stmt_assert",
  "PLy_output",
  "plperl_util_elog",
  "pltcl_elog",
]);

const KEPT: ReadonlySet<string> = new Set(["S", "V", "C", "s", "t", "c", "n", "d", "F", "L", "R"]);
const NAMES: readonly string[] = ["s", "t", "c", "n", "d"];

function mappedPosition(value: string, plan: TextPlan): string {
  const position = Number(value);
  return Number.isSafeInteger(position) && position > 0 ? String(plan.originalPosition(position)) : value;
}

function rebuildMessage(values: ReadonlyMap<string, string>, message: string): string {
  const names = new Set(NAMES.map((field) => values.get(field) ?? "").filter((name) => name !== ""));
  return safeMessage(values.get("C") ?? "XX000", message, isRaised(values), names);
}

/** By a function of a user's, with a text of its own. */
function isRaised(values: ReadonlyMap<string, string>): boolean {
  return RAISING_ROUTINES.has(values.get("R") ?? "") || RAISING_FILES.test(values.get("F") ?? "");
}

/** Fields of an error whose message is fit to be seen: the detail loses stored rows and keys. */
function withoutStoredRows(fields: readonly ErrorField[], sqlstate: string, plan: TextPlan): ErrorField[] {
  const kept: ErrorField[] = [];
  for (const [field, value] of fields) {
    if (field === "W" || field === "p" || field === "q") continue;
    if (field === "P") kept.push([field, mappedPosition(value, plan)]);
    else if (field !== "D") kept.push([field, value]);
    else if (/^(?:Key |Failing row |Partition key of the failing row )/.test(value)) {
      const detail = safeDetail(sqlstate, value);
      if (detail !== undefined) kept.push([field, detail]);
    } else kept.push([field, value]);
  }
  return kept;
}

/**
 * Rebuilds the fields of an ErrorResponse or NoticeResponse.
 *
 * An error with a position was found in the analysis of the text, before a row was read: all that it quotes was written by
 * the client. Not so with a context: then the position is one in a stored value that was read as the name of a type.
 * Without a position, the message passes as it is only where it can hold nothing but names.
 *
 * @returns the fields in their order; the message is there whenever it was
 */
export function rebuildError(fields: readonly ErrorField[], accounting: Accounting, plan: TextPlan): ErrorField[] {
  const values = new Map(fields);
  const sqlstate = values.get("C") ?? "XX000";
  const refusal = skipsTooMany(values.get("M"));
  if (refusal) return refused(fields, refusal);
  if ((values.has("P") && !values.has("W")) || (!accounting.errorsFromData && !isRaised(values)))
    return withoutStoredRows(fields, sqlstate, plan);
  const rebuilt: ErrorField[] = [];
  for (const [field, value] of fields) {
    if (KEPT.has(field)) rebuilt.push([field, value]);
    else if (field === "M") rebuilt.push([field, rebuildMessage(values, value)]);
    else if (field === "D") {
      const detail = safeDetail(sqlstate, value);
      if (detail !== undefined) rebuilt.push([field, detail]);
    } else if (field === "H" && isStaticHint(sqlstate)) rebuilt.push([field, value]);
  }
  return rebuilt;
}

/** A refusal that only the server could find: the number that it depends on is a parameter. */
function refused(fields: readonly ErrorField[], { code, sqlstate, message, hint }: WhosawError): ErrorField[] {
  const severity = fields.filter(([field]) => field === "S" || field === "V");
  return [...severity, ["C", sqlstate], ["M", message], ["H", hint ?? ""], ["R", code]];
}

/** Hints about resources, settings and transactions are written in the server's source; elsewhere they may quote. */
function isStaticHint(sqlstate: string): boolean {
  return ["25", "40", "53", "55", "57"].includes(sqlstate.slice(0, 2));
}
