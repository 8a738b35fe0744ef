/** What commands about cases share: how a case is named, and how a report is printed. */
import { WhosawError } from "../base/errors.ts";
import type { CaseTold, ReportTold } from "../cases/told.ts";
import type { OptionSpec } from "./command.ts";
import { formatTable, listed } from "./output.ts";

export const CASE: OptionSpec = { flags: "--case ID", description: "number of the case" };

/** @throws WhosawError USAGE for what is no number of a case */
export function caseNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/u.test(text)) return Number(text);
  throw new WhosawError("USAGE", "A case is named by its number.", { hint: "`whosaw case list` shows the numbers." });
}

/** `--case`, if it is given. */
export function optionalCase(text: string | undefined): { readonly caseId?: number } {
  return text === undefined ? {} : { caseId: caseNumber(text) };
}

export function casesTable(cases: readonly CaseTold[]): string {
  const rows = cases.map(({ id, title, opened, closed, reports }) => [
    String(id),
    closed === null ? "open" : "closed",
    opened.at,
    reportsText(reports),
    title,
  ]);
  return formatTable(
    ["CASE", "STATE", "OPENED", "REPORTS", "TITLE"].map((heading) => ({ title: heading })),
    rows,
  );
}

export function reportsText({ standing, withdrawn }: CaseTold["reports"]): string {
  return withdrawn === 0 ? String(standing) : `${standing} (${withdrawn} withdrawn)`;
}

const REPORT_COLUMNS = ["REPORT", "SUBJECT", "FROM", "TO", "KNEW", "REPORTER", "CALLER", "ENTERED BY", "WITHDRAWN"];

export function reportsTable(reports: readonly ReportTold[]): string {
  const rows = reports.map(({ id, subject, from, to, knew, reporter, caller, entered, withdrawn }) => [
    id,
    `${subject.kind}:${subject.key}`,
    from,
    to,
    listed(knew),
    short(reporter),
    short(caller),
    entered.by,
    withdrawn === null ? "-" : `${withdrawn.at}: ${withdrawn.because}`,
  ]);
  return formatTable(
    REPORT_COLUMNS.map((title) => ({ title })),
    rows,
  );
}

/** Enough of a keyed hash to see which are the same. */
function short(hash: string | null): string {
  return hash?.slice(0, 8) ?? "-";
}
