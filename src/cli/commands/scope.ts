import type { ScopedSubject, ScopeSummary } from "../../asks/scope.ts";
import { FROM_LEDGER } from "../from-ledger.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { timeOf } from "../time-option.ts";

export const scopeCommand: Command = {
  name: "scope",
  summary: "The exact set of people and fields that one actor was shown, and by how much it may be larger",
  description:
    "Asks the control plane if it runs; otherwise reads columns and ledger, which needs its keys. " +
    "Prints counts by kind of subject, class of field and stratum; the subjects themselves go to --csv FILE, or to standard output with --csv -. " +
    "LISTED are subjects that were shown in lists only: masked, or by identity fields alone, among ten or more. " +
    "Only the upper end is widened by what is not sure: opaque statements, of which nobody can say whom they showed; service accounts that named nobody; disclosures that are possible and no more. " +
    "A zero is told with its grounds. Text keys appear as their hashes. " +
    "The look itself becomes an entry of the console log before anything is printed. " +
    "With --json: {actors, from, to, subjects: {min, max}, reasons, kinds: [{kind, subjects, opened, listed, disclosures, first, last, " +
    "classes: [{class, clear, masked}], strata: [{stratum, name, subjects}], breakdowns: [{by, values: [{value, subjects}]}]}], " +
    "zeros: [{kind, by, value, exact, grounds}], opaque: {statements, first, last, tables}}; max is null where nobody can say, and a stratum or value that is unknown too. " +
    "Exit codes: 0 answered (also with nobody), 1 no such actor, 2 wrong command line, 3 configuration, " +
    "4 the ledger or its keys cannot be read, the look cannot be recorded, or FILE cannot be written.",
  options: [
    { flags: "--actor ACTOR", description: "an id (staff:UUID, svc:NAME) or a user name", required: true },
    { flags: "--from TIME", description: "from this time on: 2026-11-21, or 2026-11-21T08:00:00Z" },
    { flags: "--to TIME", description: "before this time" },
    { flags: "--csv FILE", description: "write the subjects, one a line; - for standard output, without the counts" },
    FROM_LEDGER,
  ],
  examples: [
    "whosaw scope --actor alice --from 2026-11-01",
    "whosaw scope --actor svc:helpdesk --csv subjects.csv --json",
  ],
  async run(invocation) {
    const config = await invocation.config();
    const { answerScope } = await import("../../control/answers.ts");
    const { readAsked } = await import("../answers.ts");
    const { findActor } = await import("../find-actor.ts");
    const { exportScope } = await import("../scope-export.ts");
    const { scopeText } = await import("../scope-text.ts");
    const { ownStrataNames } = await import("../own-strata.ts");
    const actors = [await findActor(config, invocation.option("actor") ?? "")];
    const question = { actors, fromMs: timeOf(invocation.option("from")), toMs: timeOf(invocation.option("to")) };
    const summary = await readAsked<ScopedSubject, ScopeSummary>(
      invocation,
      config,
      {
        path: "/v1/scope",
        body: { ...question, fromLedger: invocation.flag("from-ledger") },
        alone: async (answersOf) =>
          answerScope(config, { ...question, strataNames: await ownStrataNames(config) }, answersOf),
      },
      async (batches, end) => {
        await exportScope(invocation, config, batches);
        return end().summary as ScopeSummary;
      },
    );
    if (invocation.option("csv") !== "-") invocation.output.result(summary, () => scopeText(summary));
    return EXIT.ok;
  },
};
