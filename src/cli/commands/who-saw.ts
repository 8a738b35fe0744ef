import { WhosawError } from "../../base/errors.ts";
import type { Disclosure } from "../../asks/ask.ts";
import type { Config } from "../../config/config.ts";
import { type Command, EXIT, requiredArgument } from "../command.ts";
import { listed } from "../output.ts";

export const whoSawCommand: Command = {
  name: "who-saw",
  summary: "Everybody to whom one subject was shown: when, which fields, by which statement",
  description:
    "Read straight from the ledger, which needs its keys. Actors appear as their ids. " +
    "The look itself becomes an entry of the console log before anything is printed. " +
    "SEARCHED BY are fields that were not shown, but by which the statement chose or sorted its rows. " +
    "With --json: an array of {at, actor, table, fields, masked, reason, ticket, statement, log, index, searchedBy}. " +
    "Exit codes: 0 answered (also with nobody), 2 wrong command line, 3 configuration, " +
    "4 the ledger or its keys cannot be read or the look cannot be recorded.",
  arguments: [
    { name: "KIND", description: "kind of subject, as under `subjects` in whosaw.yaml" },
    { name: "KEY", description: "the subject's key as the database holds it: a number, a uuid or a text" },
  ],
  examples: ["whosaw who-saw customer 4711", "whosaw who-saw customer 4711 --json"],
  async run(invocation) {
    const config = await invocation.config();
    const { whoSaw } = await import("../../asks/ask.ts");
    const { withConsoleLog } = await import("../../asks/console-log.ts");
    const { subjectTarget } = await import("../../asks/subject.ts");
    const { loadKeys } = await import("../../ledger/keys-file.ts");
    const { assertLedgerStarted } = await import("../ledger-started.ts");
    const { printAnswer } = await import("../answers.ts");
    const kind = requiredArgument(invocation, "KIND");
    assertKind(config, kind);
    await assertLedgerStarted(config);
    const keys = await loadKeys(config.ledger.keys);
    const target = subjectTarget(keys.masterKey, kind, requiredArgument(invocation, "KEY"));
    const { dir, origin, witness } = config.ledger;
    const tally = { opaque: 0, expired: 0 };
    const found = await withConsoleLog({ dir: config.ledger.console, origin, witness, keys }, (log) =>
      printAnswer(invocation, log, {
        command: "who-saw",
        target: target.name,
        items: whoSaw([{ dir, origin, masterKey: keys.masterKey }], target, tally),
        columns: [
          "AT",
          "ACTOR",
          "TABLE",
          "FIELDS",
          "MASKED",
          "SEARCHED BY",
          "TICKET",
          "REASON",
          "STATEMENT",
          "INDEX",
        ].map((title) => ({ title })),
        row,
        none: "Nobody was shown this subject.",
      }),
    );
    if (found === 0 && target.int === undefined && target.uuid === undefined)
      invocation.output.note("the key was looked for as a text: a number has no blanks, plus sign or leading zeroes");
    if (tally.opaque > 0)
      invocation.output.note(
        `${tally.opaque} opaque statements may also have shown this subject; seen-by lists those of an actor`,
      );
    if (tally.expired > 0) invocation.output.note(`${tally.expired} entries have expired and can no longer be read`);
    return EXIT.ok;
  },
};

function row(item: Disclosure): readonly string[] {
  const { at, actor, table, fields, masked, searchedBy, ticket, reason, statement, index } = item;
  const columns = [fields, masked, searchedBy].map(listed);
  return [at, actor, table, ...columns, ticket ?? "-", reason ?? "-", statement, String(index)];
}

/** A misspelt kind must not read as 'nobody'. */
function assertKind(config: Config, kind: string): void {
  const { subjects } = config.classification;
  if (Object.hasOwn(subjects, kind)) return;
  throw new WhosawError("USAGE", "whosaw.yaml has no such kind of subject.", {
    hint: `Kinds there: ${Object.keys(subjects).join(", ")}.`,
  });
}
