import type { ScopedSubject, ScopeSummary } from "../../asks/scope.ts";
import type { Config } from "../../config/config.ts";
import type { ActorId } from "../../ledger/entry.ts";
import { WhosawError } from "../../base/errors.ts";
import type { Command, Invocation } from "../command.ts";
import { FROM_LEDGER } from "../from-ledger.ts";
import { EXIT } from "../exit.ts";
import { timeOf } from "../time-option.ts";

export const scopeCommand: Command = {
  name: "scope",
  summary:
    "The exact set of people and fields that an actor was shown, or the suspects of a case, and by how much it may be larger",
  description:
    "Asks the control plane if it runs; otherwise reads columns and ledger, which needs its keys. " +
    "With --case the case is traced first, and told is what whoever it points to was shown until the end of the leak: one person, or the group of whom nobody can say which. " +
    "Prints counts by kind of subject, class of field and stratum; the subjects themselves go to --csv FILE, or to standard output with --csv -. " +
    "LISTED are subjects that were shown in lists only: masked, or by identity fields alone, among ten or more. " +
    "Only the upper end is widened by what is not sure: opaque statements, of which nobody can say whom they showed; service accounts that named nobody; disclosures that are possible and no more. " +
    "A zero is told with its grounds. Text keys appear as their hashes. " +
    "The look itself becomes an entry of the console log before anything is printed. " +
    "With --json: {actors, from, to, subjects: {min, max}, reasons, kinds: [{kind, subjects, opened, listed, disclosures, first, last, " +
    "classes: [{class, clear, masked}], strata: [{stratum, name, subjects}], breakdowns: [{by, values: [{value, subjects}]}]}], " +
    "zeros: [{kind, by, value, exact, grounds}], opaque: {statements, first, last, tables}}; max is null where nobody can say, and a stratum or value that is unknown too; for a case also case: {id, title, because, leak: {earliest, latest, basis}}. " +
    "Exit codes: 0 answered (also with nobody), 1 no such actor or case, or a case that points to nobody yet, 2 wrong command line, 3 configuration, " +
    "4 the ledger or its keys cannot be read, the look cannot be recorded, or FILE cannot be written.",
  options: [
    { flags: "--actor ACTOR", description: "an id (staff:UUID, svc:NAME) or a user name" },
    { flags: "--case ID", description: "whom the trace of this case points to, until the end of the leak" },
    { flags: "--from TIME", description: "from this time on: 2026-11-21, or 2026-11-21T08:00:00Z" },
    { flags: "--to TIME", description: "before this time" },
    { flags: "--csv FILE", description: "write the subjects, one a line; - for standard output, without the counts" },
    FROM_LEDGER,
  ],
  examples: [
    "whosaw scope --actor alice --from 2026-11-01",
    "whosaw scope --actor svc:helpdesk --csv subjects.csv --json",
    "whosaw scope --case 1 --csv affected.csv",
  ],
  async run(invocation) {
    const config = await invocation.config();
    const { answerScope } = await import("../../control/answers.ts");
    const { readAsked } = await import("../answers.ts");
    const { exportScope } = await import("../scope-export.ts");
    const { scopeText } = await import("../scope-text.ts");
    const { ownStrataNames } = await import("../own-strata.ts");
    const { of, ...question } = await scopeAsked(invocation, config);
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
    const { noteIfUnknown } = await import("../find-actor.ts");
    for (const actor of summary.subjects.min === 0 ? question.actors : [])
      await noteIfUnknown(invocation, config, actor);
    if (invocation.option("csv") === "-") return EXIT.ok;
    const head = of === undefined ? "" : headText(of, question);
    invocation.output.result(of === undefined ? summary : { ...summary, case: of }, () => head + scopeText(summary));
    return EXIT.ok;
  },
};

interface ScopeAsked {
  readonly actors: readonly ActorId[];
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Of a case. */
  readonly of?: ScopedCase;
}

interface ScopedCase {
  readonly id: number;
  readonly title: string;
  readonly because: string;
  /** When the leak was; null where nobody can say. */
  readonly leak: { readonly earliest: string; readonly latest: string; readonly basis: string } | null;
}

function headText({ id, because, leak }: ScopedCase, { actors, fromMs, toMs }: ScopeAsked): string {
  const until = toMs === undefined ? "" : ` until ${new Date(toMs).toISOString()}`;
  const since = fromMs === undefined ? "" : ` from ${new Date(fromMs).toISOString()} on`;
  return [
    `Case ${id}, ${because}: ${actors.join(", ")}`,
    ...(leak === null ? [] : [`Leaked between ${leak.earliest} and ${leak.latest}: ${leak.basis}`]),
    `Everything that they were shown${since}${until}; what was shown long before may have been kept.\n`,
  ].join("\n");
}

/** @throws WhosawError USAGE, NOT_FOUND, and of whoever traces a case */
async function scopeAsked(invocation: Invocation, config: Config): Promise<ScopeAsked> {
  const [actor, caseId] = [invocation.option("actor"), invocation.option("case")];
  const [fromMs, toMs] = [timeOf(invocation.option("from")), timeOf(invocation.option("to"))];
  if ((actor === undefined) === (caseId === undefined))
    throw new WhosawError("USAGE", "A scope is of an actor or of a case.", {
      hint: "Give --actor ACTOR or --case ID.",
    });
  if (caseId === undefined) {
    const { findActor } = await import("../find-actor.ts");
    return { actors: [await findActor(config, actor ?? "")], fromMs, toMs };
  }
  const { traceOfCase } = await import("../trace-case.ts");
  const { caseScope } = await import("../../cases/case-scope.ts");
  const traced = await traceOfCase(invocation, config, caseId);
  const found = caseScope(traced);
  if (found === undefined)
    throw new WhosawError("NOT_FOUND", `The reports of case ${caseId} point to nobody yet.`, {
      hint: "More reports tell more; `whosaw trace` says what else would. `whosaw scope --actor` asks about one actor.",
    });
  const { actors, because, leak } = found;
  const iso = (ms: number): string => new Date(ms).toISOString();
  const told = leak === undefined ? null : { ...leak, earliest: iso(leak.earliest), latest: iso(leak.latest) };
  const until = toMs ?? (leak === undefined ? undefined : leak.latest + 1);
  return { actors, fromMs, toMs: until, of: { ...traced.case, because, leak: told } };
}
