/** Answers about people, from the logs of all gateways: the same for the control plane and for a command that works alone. */
import { type AskedLog, type AskTally, seenBy, whoSaw } from "../asks/ask.ts";
import { subjectTarget } from "../asks/subject.ts";
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import { assertLedgerStarted, startedLogs } from "./ledger-started.ts";
import type { SeenByQuestion, WhoSawQuestion } from "./protocol.ts";

/** An answer under way. The tally is whole when the items are. */
export interface Answering {
  readonly command: string;
  /** As the look entry names it: ids and hashes, no names. */
  readonly target: string;
  readonly items: AsyncIterable<unknown>;
  readonly tally: AskTally;
}

/** @throws WhosawError USAGE for a kind that is not configured, LEDGER_IO, LEDGER_KEY_LOST */
export async function answerWhoSaw(config: Config, { kind, key }: Omit<WhoSawQuestion, "by">): Promise<Answering> {
  assertKind(config, kind);
  const { logs, masterKey } = await askedLogs(config);
  const target = subjectTarget(masterKey, kind, key);
  const tally = { opaque: 0, expired: 0 };
  return { command: "who-saw", target: target.name, items: whoSaw(logs, target, tally), tally };
}

/** @throws WhosawError LEDGER_IO, LEDGER_KEY_LOST */
export async function answerSeenBy(config: Config, { actor }: Omit<SeenByQuestion, "by">): Promise<Answering> {
  const { logs } = await askedLogs(config);
  const tally = { opaque: 0, expired: 0 };
  return { command: "seen-by", target: actor, items: seenBy(logs, actor, tally), tally };
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
  await assertLedgerStarted(config);
  const { masterKey } = await loadKeys(config.ledger.keys);
  return { logs: (await startedLogs(config)).map((log) => ({ ...log, masterKey })), masterKey };
}
