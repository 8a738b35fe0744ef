import type { Disclosure } from "../../asks/ask.ts";
import { type Command, requiredArgument } from "../command.ts";
import { disclosureColumns, disclosureRow } from "../disclosure-table.ts";
import { EXIT } from "../exit.ts";
import { FROM_LEDGER } from "../from-ledger.ts";

export const whoSawCommand: Command = {
  name: "who-saw",
  summary: "Everybody to whom one subject was shown: when, which fields, by which statement",
  description:
    "Asks the control plane if it runs; otherwise reads columns and ledger, which needs its keys. Actors appear as their ids. " +
    "The look itself becomes an entry of the console log before anything is printed. " +
    "SEARCHED BY are fields that were not shown, but by which the statement chose or sorted its rows. " +
    "GRADE is exact, unattributed (a service account that named nobody), or of an import page-level or possible. " +
    "With --json: an array of {at, actor, table, fields, masked, reason, ticket, statement, log, index, searchedBy, grade}. " +
    "Exit codes: 0 answered (also with nobody), 2 wrong command line, 3 configuration, " +
    "4 the ledger or its keys cannot be read or the look cannot be recorded.",
  arguments: [
    { name: "KIND", description: "kind of subject, as under `subjects` in whosaw.yaml" },
    { name: "KEY", description: "the subject's key as the database holds it: a number, a uuid or a text" },
  ],
  options: [FROM_LEDGER],
  examples: ["whosaw who-saw customer 4711", "whosaw who-saw customer 4711 --json"],
  async run(invocation) {
    const config = await invocation.config();
    const { answerWhoSaw } = await import("../../control/answers.ts");
    const { printAsked } = await import("../answers.ts");
    const question = { kind: requiredArgument(invocation, "KIND"), key: requiredArgument(invocation, "KEY") };
    const { found, target, opaque, expired } = await printAsked(
      invocation,
      config,
      {
        path: "/v1/who-saw",
        body: { ...question, fromLedger: invocation.flag("from-ledger") },
        alone: (answers) => answerWhoSaw(config, question, answers),
      },
      {
        columns: disclosureColumns("ACTOR"),
        row: (item: Disclosure) => disclosureRow(item.actor, item),
        none: "Nobody was shown this subject.",
      },
    );
    if (found === 0 && target !== `${question.kind}:${question.key.toLowerCase()}`)
      invocation.output.note("the key was looked for as a text: a number has no blanks, plus sign or leading zeroes");
    if (opaque > 0)
      invocation.output.note(
        `${opaque} opaque statements may also have shown this subject; seen-by lists those of an actor`,
      );
    if (expired > 0) invocation.output.note(`${expired} entries have expired and can no longer be read`);
    return EXIT.ok;
  },
};
