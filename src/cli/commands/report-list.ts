import type { ReportTold } from "../../cases/told.ts";
import { CASE, optionalCase, reportsTable } from "../case-options.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";

export const reportListCommand: Command = {
  name: "report list",
  summary: "The reports of a case, or those of none",
  description:
    "Text keys, reporters and callers appear as keyed hashes. The look becomes an entry of the console log before anything is printed. " +
    "With --json: an array of {id, case, subject: {kind, key}, from, to, knew, reporter, caller, mark, entered: {by, at}, withdrawn: {by, at, because}}. " +
    "Exit codes: 0 listed (also nothing), 1 no such case, 2 wrong command line, 3 configuration, 4 state or console log cannot be reached.",
  options: [CASE],
  examples: ["whosaw report list --case 1", "whosaw report list --json"],
  async run(invocation) {
    const target = optionalCase(invocation.option("case"));
    const config = await invocation.config();
    const { askCases } = await import("../ask-desk.ts");
    const reports = await askCases<ReportTold[]>(invocation, config, "report-list", target);
    invocation.output.result(reports, () => (reports.length === 0 ? none(target.caseId) : reportsTable(reports)));
    return EXIT.ok;
  },
};

function none(caseId: number | undefined): string {
  return caseId === undefined
    ? "Every report is of a case. `whosaw case list` shows the cases."
    : `Case ${caseId} has no reports yet. Enter them with \`whosaw report add\` or \`whosaw report import\`.`;
}
