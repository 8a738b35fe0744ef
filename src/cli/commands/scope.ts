import type { ScopedSubject, ScopeSummary } from "../../asks/scope.ts";
import { FROM_LEDGER } from "../from-ledger.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { formatTable, listed } from "../output.ts";
import { timeOf } from "../time-option.ts";

export const scopeCommand: Command = {
  name: "scope",
  summary: "The exact set of people and fields that one actor was shown, and by how much it may be larger",
  description:
    "Asks the control plane if it runs; otherwise reads columns and ledger, which needs its keys. " +
    "Prints counts by kind of subject, class of field and stratum; the subjects themselves go to --csv FILE, or to standard output with --csv -. " +
    "LISTED are subjects that were shown in lists only: masked, or by identity fields alone, among ten or more. " +
    "Opaque statements widen the upper end: whom they showed, nobody can say. Text keys appear as their hashes. " +
    "The look itself becomes an entry of the console log before anything is printed. " +
    "With --json: {actor, from, to, subjects: {min, max}, reasons, kinds: [{kind, subjects, opened, listed, disclosures, first, last, " +
    "classes: [{class, clear, masked}], strata: [{stratum, name, subjects}]}], opaque: {statements, first, last, tables}}; max is null where nobody can say, and a stratum that is unknown too. " +
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
    const actor = await findActor(config, invocation.option("actor") ?? "");
    const question = { actor, fromMs: timeOf(invocation.option("from")), toMs: timeOf(invocation.option("to")) };
    const summary = await readAsked<ScopedSubject, ScopeSummary>(
      invocation,
      config,
      {
        path: "/v1/scope",
        body: { ...question, fromLedger: invocation.flag("from-ledger") },
        alone: (answersOf) => answerScope(config, question, answersOf),
      },
      async (batches, end) => {
        await exportScope(invocation, batches);
        return end().summary as ScopeSummary;
      },
    );
    if (invocation.option("csv") !== "-") invocation.output.result(summary, () => summaryText(summary));
    return EXIT.ok;
  },
};

function summaryText({ subjects, reasons, kinds, opaque }: ScopeSummary): string {
  const { min, max } = subjects;
  const people = `${count(min)} ${min === 1 ? "subject" : "subjects"}`;
  const head = max === null ? `At least ${people}:` : `${people}, exactly.`;
  const lines = [
    head,
    ...reasons.map((reason) => `  ${reason}${opaque.tables.length > 0 ? ` (${listed(opaque.tables)})` : ""}`),
  ];
  if (kinds.length === 0) return lines.join("\n");
  const titles = ["KIND", "SUBJECTS", "OPENED", "LISTED", "FIRST", "LAST", "FIELDS IN CLEAR", "MASKED"];
  const rows = kinds.map(({ kind, subjects: of, opened, listed: only, first, last, classes }) => [
    kind,
    ...[of, opened, only].map(count),
    first,
    last,
    listed(classes.filter(({ clear }) => clear > 0).map(({ class: name, clear }) => `${name}:${count(clear)}`)),
    listed(classes.filter(({ masked }) => masked > 0).map(({ class: name, masked }) => `${name}:${count(masked)}`)),
  ]);
  const strata = kinds.flatMap(({ kind, strata: of }) =>
    of.map(
      ({ stratum, name, subjects: in_ }) => `${kind}, ${name ?? `stratum ${stratum ?? "unknown"}`}: ${count(in_)}`,
    ),
  );
  return [
    lines.join("\n"),
    "",
    formatTable(
      titles.map((title) => ({ title })),
      rows,
    ).trimEnd(),
    ...strata,
  ].join("\n");
}

function count(number: number): string {
  return number.toLocaleString("en");
}
