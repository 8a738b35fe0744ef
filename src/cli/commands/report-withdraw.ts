import type { ReportTold } from "../../cases/told.ts";
import { type Command, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";

export const reportWithdrawCommand: Command = {
  name: "report withdraw",
  summary: "Take a report back: it stays on file, with who did so, when and why, and weighs nothing",
  description:
    "It becomes an entry of the console log. With --json: the report, as `report list` has it. " +
    "Exit codes: 0 withdrawn, or withdrawn before, 1 no such report, 2 wrong command line, 3 configuration, 4 state or console log cannot be reached.",
  arguments: [{ name: "REPORT", description: "its id, as `whosaw report list` shows it" }],
  options: [{ flags: "--because REASON", description: "one line; no customer's name", required: true }],
  examples: ['whosaw report withdraw r-0123456789abcdef --because "the caller was our own survey"'],
  async run(invocation) {
    const id = requiredArgument(invocation, "REPORT");
    const because = invocation.option("because") ?? "";
    const config = await invocation.config();
    const { askCases } = await import("../ask-desk.ts");
    const report = await askCases<ReportTold>(invocation, config, "report-withdraw", { id, because });
    invocation.output.result(report, () => `${id} is withdrawn, since ${report.withdrawn?.at ?? ""}.`);
    return EXIT.ok;
  },
};
