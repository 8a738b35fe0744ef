/** `whosaw trace --case` and `--replay`: asked of the desk, kept in a file, compared with one. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { compareTraces, readTraced, type Replay, type TracedAgain } from "../cases/replay.ts";
import type { Traced } from "../cases/traced.ts";
import type { Config } from "../config/config.ts";
import { askCases } from "./ask-desk.ts";
import { boundedFile } from "./bounded-file.ts";
import { caseNumber } from "./case-options.ts";
import type { Invocation } from "./command.ts";
import { teamsOf } from "./teams-file.ts";

/** @throws WhosawError NOT_FOUND, USAGE, FILE_UNWRITABLE, and of whoever answers */
export async function traceOfCase(invocation: Invocation, config: Config, caseText: string): Promise<Traced> {
  const caseId = caseNumber(caseText);
  const teams = await teamsOf(invocation);
  const file = invocation.option("result");
  const traced = await askCases<Traced>(invocation, config, "trace", {
    caseId,
    kind: invocation.option("kind"),
    fromLedger: invocation.flag("from-ledger"),
    ...(teams !== undefined && { teams }),
  });
  if (file !== undefined) await keep(resolve(invocation.context.cwd, file), traced);
  return traced;
}

async function keep(file: string, traced: Traced): Promise<void> {
  await writeFile(file, `${JSON.stringify(traced, undefined, 1)}\n`, { mode: 0o600, flag: "wx" }).catch(
    (cause: unknown) => {
      throw new WhosawError("FILE_UNWRITABLE", "The result cannot be written there.", {
        hint: "Choose a name that nothing has yet, in a folder that is writable.",
        cause,
      });
    },
  );
}

/** Computes a trace again from a file. @throws WhosawError FILE_UNREADABLE, USAGE, and as {@link traceOfCase} */
export async function replayOf(invocation: Invocation, config: Config, file: string): Promise<Replay> {
  const first = readTraced(
    await boundedFile(resolve(invocation.context.cwd, file), LIMITS.traceFileBytesMax, "The file of --replay"),
  );
  const { case: of, kind, settings, teams, reports, source } = first;
  const fromLedger = source === "ledger" || invocation.flag("from-ledger");
  const asked = { caseId: of.id, ids: reports, kind, settings, fromLedger, ...(teams !== null && { teams }) };
  return compareTraces(first, await askCases<TracedAgain>(invocation, config, "trace-again", asked));
}
