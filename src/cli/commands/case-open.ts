import type { CaseTold } from "../../cases/told.ts";
import { WhosawError } from "../../base/errors.ts";
import { type Command, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";

export const caseOpenCommand: Command = {
  name: "case open",
  summary: "Begin a case: what customers report belongs together, and is traced together",
  description:
    "What a trace of it weighs with is sealed now, before anybody has seen a result: --alpha is the chance, over the whole case, that anybody who had no part " +
    "is ever called evidence-grade (default 0.01); --lead is the posterior from which an explanation is a lead (default 0.99); --background is how many such reports a day would come without a leak, if you know. " +
    "Opening it becomes an entry of the console log. With --json: {id, title, opened: {by, at}, closed, settings, reports: {standing, withdrawn}}. " +
    "Exit codes: 0 opened, 2 wrong command line, 3 configuration, 4 state or console log cannot be reached.",
  arguments: [{ name: "TITLE", description: "one line, for people; no customer's name" }],
  options: [
    { flags: "--alpha CHANCE", description: "between 0 and 1 (default 0.01)" },
    { flags: "--lead POSTERIOR", description: "between 0 and 1 (default 0.99)" },
    { flags: "--background RATE", description: "scam reports a day that would come without a leak" },
  ],
  examples: ['whosaw case open "Callers know ticket numbers"', 'whosaw case open "Scam calls, August" --alpha 0.001'],
  async run(invocation) {
    const config = await invocation.config();
    const { askCases } = await import("../ask-desk.ts");
    const { sealedSettings } = await import("../../cases/settings.ts");
    const settings = sealedSettings({
      alpha: numberOf(invocation.option("alpha"), "--alpha"),
      leadPosterior: numberOf(invocation.option("lead"), "--lead"),
      backgroundReportsPerDay: numberOf(invocation.option("background"), "--background"),
    });
    const title = requiredArgument(invocation, "TITLE");
    const opened = await askCases<CaseTold>(invocation, config, "case-open", { title, settings });
    invocation.output.result(opened, () => `Case ${opened.id} is open: ${opened.title}`);
    return EXIT.ok;
  },
};

function numberOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{0,9}(?:\.\d{1,12})?$/u.test(text) && text !== "") return Number(text);
  throw new WhosawError("USAGE", `${option} takes a number such as 0.01.`);
}
