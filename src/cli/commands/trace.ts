import { WhosawError } from "../../base/errors.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { timeOf } from "../time-option.ts";

export const traceCommand: Command = {
  name: "trace",
  summary: "From a copy that was found to who may have made it",
  description:
    "Reads FILE (CSV, JSON or a dump of MySQL or PostgreSQL; - for standard input), finds out from its values what its columns hold, matches rows to subjects in the " +
    "protected database, and compares them with everything that anybody was shown. This happens on this machine; nothing of the file is kept, sent on or printed but names of columns and counts. " +
    "Outsiders, teams and pairs are explanations beside every single person. A lead is no proof, and evidence-grade is no verdict: docs/found-copies.md says what they mean. " +
    "Actors appear as their ids. The look itself becomes an entry of the console log before anything is printed: the file's SHA-256, how many subjects it has, and whom it points to. " +
    "With --json: {sha256, format, rows, kind, subjects, decoys, columns, made, findings, notes, compared, shownToAnybody, actors, hypotheses, candidates, decoysShownTo}. " +
    "Exit codes: 0 answered (also with nobody), 2 wrong command line, 3 configuration, 4 the file, the database, columns or the ledger's keys cannot be read, or the look cannot be recorded.",
  options: [
    { flags: "--found FILE", description: "the copy", required: true },
    { flags: "--kind KIND", description: "kind of subject; the one that fits best if left out" },
    { flags: "--before TIME", description: "when it was found at the latest: what was shown later does not count" },
    { flags: "--decoys FILE", description: "subject keys of decoys, one a line" },
    { flags: "--teams FILE", description: "CSV with columns actor and team; without it, roles stand for teams" },
  ],
  examples: ["whosaw trace --found leak.csv", "whosaw trace --found dump.sql --before 2026-10-04 --json"],
  async run(invocation) {
    const file = invocation.option("found");
    if (file === undefined)
      throw new WhosawError("USAGE", "There is nothing to trace.", { hint: "Give --found FILE." });
    const beforeMs = timeOf(invocation.option("before")) ?? Date.now();
    const config = await invocation.config();
    const { traceFound } = await import("../trace-found.ts");
    const { foundText } = await import("../found-report.ts");
    const report = await traceFound(invocation, config, { file, kind: invocation.option("kind"), beforeMs });
    invocation.output.result(report, () => foundText(report));
    return EXIT.ok;
  },
};
