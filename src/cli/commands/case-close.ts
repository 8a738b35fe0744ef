import type { CaseTold } from "../../cases/told.ts";
import { caseNumber } from "../case-options.ts";
import { type Command, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";

export const caseCloseCommand: Command = {
  name: "case close",
  summary: "End a case: it takes no more reports, and can still be traced",
  description:
    "Closing it becomes an entry of the console log. With --json: as `case show`. " +
    "Exit codes: 0 closed, or closed before, 1 no such case, 2 wrong command line, 3 configuration, 4 state or console log cannot be reached.",
  arguments: [{ name: "ID", description: "number of the case" }],
  examples: ["whosaw case close 1"],
  async run(invocation) {
    const id = caseNumber(requiredArgument(invocation, "ID"));
    const config = await invocation.config();
    const { askCases } = await import("../ask-desk.ts");
    const closed = await askCases<CaseTold>(invocation, config, "case-close", { id });
    invocation.output.result(closed, () => `Case ${id} is closed, since ${closed.closed?.at ?? ""}.`);
    return EXIT.ok;
  },
};
