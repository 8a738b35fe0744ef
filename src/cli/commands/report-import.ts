import type { ReportsAdded } from "../../cases/desk.ts";
import type { ReportFile } from "../../cases/report-file.ts";
import { CASE, optionalCase } from "../case-options.ts";
import { type Command, type Invocation, requiredArgument } from "../command.ts";
import { EXIT, type ExitCode } from "../exit.ts";

export const reportImportCommand: Command = {
  name: "report import",
  summary: "Take down many reports from a file: all of them, or none",
  description:
    "CSV under a header (subject,from,to,fields,reporter,caller; also mark; subject and from must be there), or a JSON object with these names on each line. " +
    "Times are days, instants with their zone, or milliseconds since 1970. Whatever is wrong is said line by line, and then nothing is kept. " +
    "Lines that repeat another, or a report that the case has already, are left out and named: a file can be imported again. " +
    "With --json: {imported, ids, duplicates: [{line, of}], known: [line], problems: [{line, message}]}. " +
    "Exit codes: 0 imported (or could be, with --dry-run), 1 lines are wrong or there is no such case, 2 wrong command line or no such file format, 3 configuration, " +
    "4 the file cannot be read, state or console log cannot be reached.",
  arguments: [{ name: "FILE", description: "CSV or JSON lines, UTF-8" }],
  options: [
    CASE,
    { flags: "--dry-run", description: "look at the file alone: what is wrong in it, and how much could be imported" },
  ],
  examples: ["whosaw report import reports.csv --case 1", "whosaw report import reports.jsonl --dry-run --json"],
  async run(invocation) {
    const config = await invocation.config();
    const target = optionalCase(invocation.option("case"));
    const { systemClock } = await import("../../base/clock.ts");
    const { readReportFile } = await import("../../cases/report-file.ts");
    const kinds = Object.keys(config.classification.subjects);
    const file = readReportFile(await bytesOf(invocation), { kinds, nowMs: systemClock.nowMs() });
    if (file.problems.length > 0 || invocation.flag("dry-run")) return onlySay(invocation, file);
    const { askCases } = await import("../ask-desk.ts");
    const reports = file.reports.map(({ report }) => report);
    const { ids, known } = await askCases<ReportsAdded>(invocation, config, "report-import", { ...target, reports });
    const knownLines = known.map((place) => file.reports[place]?.line ?? 0);
    say(invocation, file, { ids, known: knownLines });
    return EXIT.ok;
  },
};

async function bytesOf(invocation: Invocation): Promise<Uint8Array> {
  const path = await import("node:path");
  const { LIMITS } = await import("../../base/limits.ts");
  const { boundedFile } = await import("../bounded-file.ts");
  const file = path.resolve(invocation.context.cwd, requiredArgument(invocation, "FILE"));
  return boundedFile(file, LIMITS.reportFileBytesMax, "The file");
}

function onlySay(invocation: Invocation, file: ReportFile): ExitCode {
  say(invocation, file, { ids: [], known: [] });
  return file.problems.length > 0 ? EXIT.negative : EXIT.ok;
}

/** @param outcome known are lines whose report the case has already */
function say(
  { output }: Invocation,
  { reports, problems, duplicates }: ReportFile,
  { ids, known }: { readonly ids: readonly string[]; readonly known: readonly number[] },
): void {
  output.result({ imported: ids.length, ids, duplicates, known, problems }, () => {
    const wrong = problems.slice(0, PROBLEMS_SHOWN).map(({ line, message }) => `line ${line}: ${message}`);
    const more = problems.length - wrong.length;
    return [
      ...wrong,
      ...(more > 0 ? [`and ${more} more lines are wrong; --json lists all`] : []),
      ...linesText(
        duplicates.map(({ line, of }) => `${line} (as ${of})`),
        "repeat another and are left out",
      ),
      ...linesText(known.map(String), "are known already and are left out"),
      problems.length > 0
        ? `${problems.length} of ${problems.length + reports.length + duplicates.length} lines are wrong: nothing was imported.`
        : ids.length + known.length === 0
          ? `${reports.length} reports could be imported; nothing was.`
          : `${ids.length} reports were imported.`,
    ].join("\n");
  });
}

/** More would leave the screen before they are read. */
const PROBLEMS_SHOWN = 20;

function linesText(lines: readonly string[], says: string): string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, PROBLEMS_SHOWN).join(", ");
  return [`lines ${shown}${lines.length > PROBLEMS_SHOWN ? ` and ${lines.length - PROBLEMS_SHOWN} more` : ""} ${says}`];
}
