/** Answers about people, from the logs of all gateways: the same for the control plane and for a command that works alone. */
import { readRegister } from "../actors/register.ts";
import { type Answers, ledgerAnswers, shippedLogs } from "../asks/answers.ts";
import type { AskedLog, AskTally } from "../asks/ask.ts";
import type { ScopeQuestion } from "../asks/scope.ts";
import { subjectTarget } from "../asks/subject.ts";
import { WhosawError } from "../base/errors.ts";
import type { Columns } from "../columns/columns.ts";
import type { LogWindow } from "../columns/queries/sightings.ts";
import type { Config } from "../config/config.ts";
import { disclosureLogs } from "../config/gateways.ts";
import { type FoundQuestion, foundOut, type FoundTold } from "../found/question.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import { assertLedgerStarted, startedLogs } from "../ledger/started.ts";
import { readStatements } from "./found-statements.ts";
import type { SeenByQuestion, WhoSawQuestion } from "./protocol.ts";

/** An answer under way. The tally is whole when the items are. */
export interface Answering {
  readonly command: string;
  /** As the look entry names it: ids and hashes, no names. */
  readonly target: string;
  readonly items: AsyncIterable<unknown>;
  readonly tally: AskTally;
  /** What is said of all items together, once they have been read. */
  readonly summary?: () => unknown;
}

/** Who answers from these logs: with columns, or without. */
export type AnswersOf = (logs: readonly AskedLog[]) => Answers;

/** What is asked, whoever asks and however. */
type Bare<Q> = Omit<Q, "by" | "fromLedger">;

/** @throws WhosawError USAGE for a kind that is not configured, LEDGER_IO, LEDGER_KEY_LOST */
export async function answerWhoSaw(
  config: Config,
  { kind, key }: Bare<WhoSawQuestion>,
  answersOf: AnswersOf = ledgerAnswers,
): Promise<Answering> {
  assertKind(config, kind);
  const { logs, masterKey } = await askedLogs(config);
  const target = subjectTarget(masterKey, kind, key);
  const tally = { opaque: 0, expired: 0 };
  return { command: "who-saw", target: target.name, items: answersOf(logs).whoSaw(target, tally), tally };
}

/** @throws WhosawError LEDGER_IO, LEDGER_KEY_LOST */
export async function answerSeenBy(
  config: Config,
  { actor }: Bare<SeenByQuestion>,
  answersOf: AnswersOf = ledgerAnswers,
): Promise<Answering> {
  const { logs } = await askedLogs(config);
  const tally = { opaque: 0, expired: 0 };
  return { command: "seen-by", target: actor, items: answersOf(logs).seenBy(actor, tally), tally };
}

/** @throws WhosawError LEDGER_IO, LEDGER_KEY_LOST */
export async function answerScope(
  config: Config,
  question: ScopeQuestion,
  answersOf: AnswersOf = ledgerAnswers,
): Promise<Answering> {
  const { logs } = await askedLogs(config);
  const scope = answersOf(logs).scope(question, config.classification);
  const summary = (): unknown => scope.summary();
  return {
    command: "scope",
    target: question.actors.join(" "),
    items: scope.subjects,
    summary,
    tally: { opaque: 0, expired: 0 },
  };
}

/**
 * Compares the subjects of a copy with what columns hold.
 * @throws WhosawError USAGE for a kind that is not configured, LEDGER_IO, LEDGER_KEY_LOST, of columns
 */
export async function answerFound(config: Config, columns: Columns, question: Bare<FoundQuestion>): Promise<FoundTold> {
  assertKind(config, question.kind);
  const { logs } = await askedLogs(config);
  const { windows, behind } = await shippedLogs(columns, logs);
  const { all } = await readRegister(config.actors.file);
  const roles = new Map(all.map(({ id, role }) => [id, role] as const));
  const told = await foundOut(columns, { roles, windows }, question);
  return { ...told, candidates: await readStatements(logs, told.candidates), behind };
}

/** What of each log columns may be read for. @throws WhosawError as `shippedLogs`, LEDGER_KEY_LOST, LEDGER_IO */
export async function readableLogs(config: Config, columns: Columns): Promise<readonly LogWindow[]> {
  const { logs } = await askedLogs(config);
  return (await shippedLogs(columns, logs)).windows;
}

/** A misspelt kind must not read as 'nobody'. */
function assertKind(config: Config, kind: string): void {
  const { subjects } = config.classification;
  if (Object.hasOwn(subjects, kind)) return;
  throw new WhosawError("USAGE", "whosaw.yaml has no such kind of subject.", {
    hint: `Kinds there: ${Object.keys(subjects).join(", ")}.`,
  });
}

/** The logs that there are, under the key that all of them share. */
async function askedLogs(config: Config): Promise<{ logs: readonly AskedLog[]; masterKey: Uint8Array }> {
  await assertLedgerStarted(config.ledger);
  const { masterKey } = await loadKeys(config.ledger.keys);
  return { logs: (await startedLogs(disclosureLogs(config))).map((log) => ({ ...log, masterKey })), masterKey };
}
