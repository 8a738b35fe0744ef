import type { CaseTold } from "../../cases/told.ts";
import { caseNumber, reportsText } from "../case-options.ts";
import { type Command, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";

export const caseShowCommand: Command = {
  name: "case show",
  summary: "One case: who opened it and when, what was sealed, how many reports it has",
  description:
    "With --json: {id, title, opened: {by, at}, closed, settings, reports: {standing, withdrawn}}. " +
    "Exit codes: 0 shown, 1 no such case, 2 wrong command line, 3 configuration, 4 state cannot be reached.",
  arguments: [{ name: "ID", description: "number of the case" }],
  examples: ["whosaw case show 1", "whosaw case show 1 --json"],
  async run(invocation) {
    const id = caseNumber(requiredArgument(invocation, "ID"));
    const config = await invocation.config();
    const { askCases } = await import("../ask-desk.ts");
    const shown = await askCases<CaseTold>(invocation, config, "case-show", { id });
    invocation.output.result(shown, () => textOf(shown));
    return EXIT.ok;
  },
};

function textOf({ id, title, opened, closed, settings, reports }: CaseTold): string {
  const sealed = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  return [
    `Case ${id}: ${title}`,
    `Opened by ${opened.by}, ${opened.at}`,
    ...(closed === null ? [] : [`Closed by ${closed.by}, ${closed.at}`]),
    `Sealed then: ${sealed.join(", ")}`,
    `Reports: ${reportsText(reports)}`,
    `\`whosaw report list --case ${id}\` lists them, \`whosaw trace --case ${id}\` weighs them.`,
  ].join("\n");
}
