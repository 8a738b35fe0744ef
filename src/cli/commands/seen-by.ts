import type { OpaqueStatement, SeenSubject } from "../../asks/ask.ts";
import { type Command, requiredArgument } from "../command.ts";
import { disclosureColumns, disclosureRow, opaqueRow } from "../disclosure-table.ts";
import { EXIT } from "../exit.ts";
import { FROM_LEDGER } from "../from-ledger.ts";

export const seenByCommand: Command = {
  name: "seen-by",
  summary: "Every subject that one actor was shown, and its statements that could not be accounted for",
  description:
    "Asks the control plane if it runs; otherwise reads columns and ledger, which needs its keys. Text keys appear as their hashes. " +
    "The look itself becomes an entry of the console log before anything is printed. " +
    "SEARCHED BY are fields that were not shown, but by which the statement chose or sorted its rows. " +
    "GRADE is exact, unattributed (a service account that named nobody), or of an import page-level or possible. " +
    "With --json: an array of {at, subject: {kind, key}, table, fields, masked, reason, ticket, statement, log, index, searchedBy, grade}, " +
    "and for an opaque statement {opaque: true, at, tables, reason, ticket, statement, log, index}. " +
    "Exit codes: 0 answered (also with nothing), 1 no such actor, 2 wrong command line, 3 configuration, " +
    "4 the ledger or its keys cannot be read or the look cannot be recorded.",
  arguments: [{ name: "ACTOR", description: "an id (staff:UUID, svc:NAME) or a user name" }],
  options: [FROM_LEDGER],
  examples: ["whosaw seen-by alice", "whosaw seen-by svc:helpdesk --json"],
  async run(invocation) {
    const config = await invocation.config();
    const { answerSeenBy } = await import("../../control/answers.ts");
    const { printAsked } = await import("../answers.ts");
    const { findActor, noteIfUnknown } = await import("../find-actor.ts");
    const actor = await findActor(config, requiredArgument(invocation, "ACTOR"));
    const fromLedger = invocation.flag("from-ledger");
    const { found, expired } = await printAsked(
      invocation,
      config,
      {
        path: "/v1/seen-by",
        body: { actor, fromLedger },
        alone: (answers) => answerSeenBy(config, { actor }, answers),
      },
      { columns: disclosureColumns("SUBJECT"), row, none: "This actor was shown nobody." },
    );
    if (found === 0) await noteIfUnknown(invocation, config, actor);
    if (expired > 0) invocation.output.note(`${expired} entries have expired and can no longer be read`);
    return EXIT.ok;
  },
};

function row(item: SeenSubject | OpaqueStatement): readonly string[] {
  return "opaque" in item ? opaqueRow(item) : disclosureRow(`${item.subject.kind}:${item.subject.key}`, item);
}
