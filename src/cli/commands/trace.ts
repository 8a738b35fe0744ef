import { WhosawError } from "../../base/errors.ts";
import type { Config } from "../../config/config.ts";
import type { Command, Invocation } from "../command.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { FROM_LEDGER } from "../from-ledger.ts";
import { timeOf } from "../time-option.ts";

export const traceCommand: Command = {
  name: "trace",
  summary: "From reports of scam contacts, or from a copy that was found, to who may have leaked",
  description:
    "--case weighs the standing reports of a case with what was sealed when it was opened. --result FILE keeps everything that the result rests on, and --replay FILE computes it again and says whether it is the same, and if not what has changed. " +
    "--found reads FILE (CSV, JSON or a dump of MySQL or PostgreSQL; - for standard input), finds out from its values what its columns hold, matches rows to subjects in the " +
    "protected database, and compares them with everything that anybody was shown. This happens on this machine; nothing of the file is kept, sent on or printed but names of columns and counts. " +
    "Outsiders, teams and pairs are explanations beside every single person. A lead is no proof, and evidence-grade is no verdict: docs/investigating.md and docs/found-copies.md say what they mean. " +
    "Actors appear as their ids. The look itself becomes an entry of the console log before anything is printed: which case and how many reports, or the file's SHA-256 and how many subjects it has, and whom it points to. " +
    "With --json: for a case {case, at, kind, code, policy, source, logs, settings, teams, reports, staff, notes, result: {hypotheses, suspects, ambiguityGroup, anythingLeaked, leakWindow, advice, steps, notes, inputsHash}}; " +
    "for a replay {same, changed, since, before, after}; for a copy {sha256, format, rows, kind, subjects, decoys, columns, made, findings, notes, compared, shownToAnybody, actors, hypotheses, candidates, decoysShownTo}. " +
    "Exit codes: 0 answered (also with nobody), 1 no such case, or a replay that is not the same, 2 wrong command line, 3 configuration, 4 the file, the database, columns, state or the ledger's keys cannot be read, or the look cannot be recorded.",
  options: [
    { flags: "--case ID", description: "number of the case" },
    { flags: "--result FILE", description: "keep the trace of the case in a new file" },
    { flags: "--replay FILE", description: "compute a trace again that --result has kept" },
    { flags: "--found FILE", description: "the copy" },
    { flags: "--kind KIND", description: "kind of subject, where there are several" },
    { flags: "--before TIME", description: "when it was found at the latest: what was shown later does not count" },
    { flags: "--decoys FILE", description: "subject keys of decoys, one a line" },
    { flags: "--teams FILE", description: "CSV with columns actor and team; without it, roles stand for teams" },
    { flags: "--unmask GRANT", description: "names in place of pseudonyms; not built yet" },
    FROM_LEDGER,
  ],
  examples: [
    "whosaw trace --case 1 --result case-1.trace",
    "whosaw trace --replay case-1.trace",
    "whosaw trace --found dump.sql --before 2026-10-04 --json",
  ],
  async run(invocation) {
    if (invocation.flag("unmask"))
      throw new WhosawError("USAGE", "Names of staff cannot be shown yet: two people would have to agree first.", {
        hint: "Leave --unmask out; actors appear as their ids.",
      });
    const way = onlyOne(invocation);
    return way(invocation, await invocation.config());
  },
};

/** What a way does not understand is refused, not left aside: its answer would seem to be limited by it. */
const GOES_WITH: Readonly<Record<string, readonly string[]>> = {
  result: ["case"],
  before: ["found"],
  decoys: ["found"],
  kind: ["case", "found"],
  teams: ["case", "found"],
  "from-ledger": ["case", "replay"],
};

type Way = (invocation: Invocation, config: Config) => Promise<ExitCode>;

const WAYS: Readonly<Record<string, Way>> = { case: ofCase, replay: again, found: ofCopy };

/** @throws WhosawError USAGE */
function onlyOne(invocation: Invocation): Way {
  const [way, other] = Object.keys(WAYS).filter((name) => invocation.option(name) !== undefined);
  const found = way === undefined || other !== undefined ? undefined : WAYS[way];
  if (found !== undefined) {
    const astray = Object.entries(GOES_WITH).find(([name, ways]) => invocation.flag(name) && !ways.includes(way ?? ""));
    if (astray === undefined) return found;
    const [name, ways] = astray;
    throw new WhosawError("USAGE", `--${name} goes with --${ways.join(" or --")}, and says nothing here.`, {
      hint: `Leave --${name} out; \`whosaw trace --help\` says what it does.`,
    });
  }
  throw new WhosawError("USAGE", "A trace is of one thing: of a case, of a copy, or of an earlier trace.", {
    hint: "Give --case ID, --found FILE or --replay FILE.",
  });
}

async function ofCase(invocation: Invocation, config: Config): Promise<ExitCode> {
  const { traceOfCase } = await import("../trace-case.ts");
  const { traceText } = await import("../trace-text.ts");
  const traced = await traceOfCase(invocation, config, invocation.option("case") ?? "");
  invocation.output.result(traced, () => traceText(traced));
  return EXIT.ok;
}

async function again(invocation: Invocation, config: Config): Promise<ExitCode> {
  const { replayOf } = await import("../trace-case.ts");
  const { replayText } = await import("../trace-text.ts");
  const replay = await replayOf(invocation, config, invocation.option("replay") ?? "");
  invocation.output.result(replay, () => replayText(replay));
  return replay.same ? EXIT.ok : EXIT.negative;
}

async function ofCopy(invocation: Invocation, config: Config): Promise<ExitCode> {
  const { traceFound } = await import("../trace-found.ts");
  const { foundText } = await import("../found-report.ts");
  const file = invocation.option("found") ?? "";
  const beforeMs = timeOf(invocation.option("before")) ?? Date.now();
  const report = await traceFound(invocation, config, { file, kind: invocation.option("kind"), beforeMs });
  invocation.output.result(report, () => foundText(report));
  return EXIT.ok;
}
