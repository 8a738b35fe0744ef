import type { CaseTold } from "../../cases/told.ts";
import { casesTable } from "../case-options.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";

export const caseListCommand: Command = {
  name: "case list",
  summary: "All cases, the newest first",
  description:
    "With --json: an array of {id, title, opened: {by, at}, closed, settings, reports: {standing, withdrawn}}. " +
    "Exit codes: 0 listed, 3 configuration, 4 state cannot be reached.",
  examples: ["whosaw case list", "whosaw case list --json"],
  async run(invocation) {
    const config = await invocation.config();
    const { askCases } = await import("../ask-desk.ts");
    const cases = await askCases<CaseTold[]>(invocation, config, "case-list", {});
    invocation.output.result(cases, () =>
      cases.length === 0 ? "There is no case yet. Open one with `whosaw case open TITLE`." : casesTable(cases),
    );
    return EXIT.ok;
  },
};
