import type { ReportTold } from "../../cases/told.ts";
import { caseNumber } from "../case-options.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";

export const reportAssignCommand: Command = {
  name: "report assign",
  summary: "Put reports that are of no case yet into one",
  description:
    "It becomes an entry of the console log. With --json: the reports, as `report list` has them. " +
    "Exit codes: 0 done, 1 no such case or report, 2 wrong command line, or a report is of another case, 3 configuration, 4 state or console log cannot be reached.",
  arguments: [{ name: "REPORT", description: "ids, as `whosaw report list` shows them", variadic: true }],
  options: [{ flags: "--case ID", description: "number of the case", required: true }],
  examples: ["whosaw report assign r-0123456789abcdef r-fedcba9876543210 --case 1"],
  async run(invocation) {
    const caseId = caseNumber(invocation.option("case") ?? "");
    const ids = invocation.argumentList("REPORT");
    const config = await invocation.config();
    const { askCases } = await import("../ask-desk.ts");
    const reports = await askCases<ReportTold[]>(invocation, config, "report-assign", { caseId, ids });
    invocation.output.result(
      reports,
      () => `${reports.length} ${reports.length === 1 ? "report is" : "reports are"} of case ${caseId} now.`,
    );
    return EXIT.ok;
  },
};
