import { CASE, optionalCase } from "../case-options.ts";
import { type Command, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";

export const reportAddCommand: Command = {
  name: "report add",
  summary: "Take down what a customer tells of a scam contact",
  description:
    "The answer is the same whether or not there is such a subject, and whether or not it was reported before: nobody learns from it who is a customer. " +
    "Kept are ids and keyed hashes: of the device, account or number that it was reported from (--reporter) and of the number that called (--caller) only what tells two of them apart. " +
    "--knew names classes of fields (identity, contact, content, secret, ticket, other), or name, e-mail, phone, message, password; leave it out when the customer cannot say. " +
    "The entry in the console log names no subject. With --json: {id}. " +
    "Exit codes: 0 taken, 1 no such case, 2 wrong command line, 3 configuration, 4 state or console log cannot be reached.",
  arguments: [
    {
      name: "SUBJECT",
      description: "KIND:KEY, the key as the database holds it; the key alone where there is one kind",
    },
  ],
  options: [
    {
      flags: "--from TIME",
      description: "the contact was not before: a day, or an instant with its zone",
      required: true,
    },
    { flags: "--to TIME", description: "nor after (default: the same day or instant)" },
    { flags: "--knew CLASSES", description: "what the caller knew, between commas" },
    { flags: "--reporter ID", description: "device, account or number that it was reported from" },
    { flags: "--caller NUMBER", description: "the number that called" },
    { flags: "--mark VALUE/WAYS", description: "which value of a marked export the caller's data had" },
    CASE,
  ],
  examples: [
    "whosaw report add customer:4711 --from 2026-11-20 --to 2026-11-21 --knew name,ticket --case 1",
    "whosaw report add 4711 --from 2026-11-21T14:05:00+01:00 --knew phone --reporter device-77",
  ],
  async run(invocation) {
    const config = await invocation.config();
    const { askCases } = await import("../ask-desk.ts");
    const { systemClock } = await import("../../base/clock.ts");
    const { readReport } = await import("../../cases/given-report.ts");
    const text = (name: string): string | undefined => invocation.option(name);
    const report = readReport(
      {
        subject: requiredArgument(invocation, "SUBJECT"),
        from: text("from"),
        to: text("to"),
        fields: text("knew"),
        reporter: text("reporter"),
        caller: text("caller"),
        mark: text("mark"),
      },
      { kinds: Object.keys(config.classification.subjects), nowMs: systemClock.nowMs() },
    );
    const { id } = await askCases<{ id: string }>(invocation, config, "report-add", {
      ...optionalCase(text("case")),
      report,
    });
    invocation.output.result({ id }, () => `Taken: ${id}`);
    return EXIT.ok;
  },
};
