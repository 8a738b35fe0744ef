/** A copy that was found: matched in this process, compared by whoever has columns open. */
import { access } from "node:fs/promises";
import { WhosawError } from "../base/errors.ts";
import { openColumns } from "../columns/open.ts";
import type { Config } from "../config/config.ts";
import { answerFound } from "../control/answers.ts";
import { ControlClient } from "../control/client.ts";
import { matchCopy } from "../found/found.ts";
import { foundLooks, type FoundQuestion, type FoundTold, questionOf } from "../found/question.ts";
import { deriveSubjectKey } from "../ledger/keys-block.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import { assertLedgerStarted } from "../ledger/started.ts";
import { asker, withOwnLog } from "./answers.ts";
import type { Invocation } from "./command.ts";
import { type FoundReport, foundReport } from "./found-report.ts";
import { assertReadable, fileBytes, linesOf, teamsOf } from "./teams-file.ts";

/** Between two lines of progress. */
const PROGRESS_MS = 1_000;

export interface TraceFoundOptions {
  readonly file: string;
  readonly kind: string | undefined;
  /** UTC epoch milliseconds; the copy was found then at the latest. */
  readonly beforeMs: number;
}

/** @throws WhosawError FILE_UNREADABLE, COPY_UNREADABLE, and of database, ledger and columns */
export async function traceFound(
  invocation: Invocation,
  config: Config,
  options: TraceFoundOptions,
): Promise<FoundReport> {
  const decoys = new Set((await linesOf(invocation, invocation.option("decoys"))).map(([key = ""]) => key));
  const teams = await teamsOf(invocation);
  await assertLedgerStarted(config.ledger);
  const { masterKey } = await loadKeys(config.ledger.keys);
  await assertReadable(invocation, options.file);
  let saidMs = Date.now();
  const copy = await matchCopy(config, fileBytes(invocation, options.file), {
    kind: options.kind,
    decoys,
    subjectKey: deriveSubjectKey(masterKey),
    onProgress: (rows) => {
      if (Date.now() - saidMs < PROGRESS_MS) return;
      saidMs = Date.now();
      invocation.output.note(`${rows.toLocaleString("en")} rows`);
    },
  });
  const question = questionOf(copy, {
    by: asker(),
    toMs: Math.ceil(Math.min(options.beforeMs, copy.match.dating.notAfterMs ?? Infinity)),
    ...(teams !== undefined && { teams }),
  });
  return foundReport(copy, await ask(config, question));
}

/** Nothing is answered that is not on record. */
async function ask(config: Config, question: FoundQuestion): Promise<FoundTold> {
  const control = await ControlClient.find(config.control.socket);
  if (control !== undefined) return (await control.post("/v1/found", question)) as FoundTold;
  return withOwnLog(config, async (log) => {
    const { columns: place } = config;
    if (place.kind === "embedded" && !(await isThere(place.dir))) {
      throw new WhosawError(
        "COLUMNS_UNREACHABLE",
        "There are no columns yet, and a copy is compared with what they hold.",
        {
          hint: "Run whosaw serve, which fills them, or whosaw ledger reindex.",
        },
      );
    }
    const columns = await openColumns(place);
    try {
      const { by, ...asked } = question;
      const told = await answerFound(config, columns, asked);
      for (const look of foundLooks(question, told)) await log.append({ kind: "look", by, ...look });
      return told;
    } finally {
      await columns.close();
    }
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
