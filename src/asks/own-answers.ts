/** Answers for a process that asks by itself: columns are opened if they are there, and the ledger answers if they are not. */
import { access } from "node:fs/promises";
import { assert } from "../base/assert.ts";
import type { WhosawError } from "../base/errors.ts";
import type { Columns } from "../columns/columns.ts";
import { openColumns } from "../columns/open.ts";
import type { Config } from "../config/config.ts";
import { type Answers, columnsAnswers, ledgerAnswers, ledgerSuffices } from "./answers.ts";
import type { AskedLog } from "./ask.ts";
import type { Scope } from "./scope.ts";

export interface OwnAnswersOptions {
  readonly logs: readonly AskedLog[];
  /** Columns are not asked. */
  readonly fromLedger: boolean;
  /** Told why the ledger is read, which takes longer. */
  readonly onLedger: (why: WhosawError) => void;
}

/** Columns are opened when an answer is read, and closed when it has been read or is left. */
export function ownAnswers(
  { columns: place }: Pick<Config, "columns">,
  { logs, fromLedger, onLedger }: OwnAnswersOptions,
): Answers {
  const open = async (): Promise<Opened> => {
    const columns = fromLedger ? undefined : await openIfThere(place, onLedger);
    if (columns === undefined) return { answers: ledgerAnswers(logs), close: () => Promise.resolve() };
    return { answers: columnsAnswers(columns, logs, onLedger), close: () => columns.close() };
  };
  return {
    whoSaw: (target, tally) => reading(open, (answers) => answers.whoSaw(target, tally)),
    seenBy: (actor, tally) => reading(open, (answers) => answers.seenBy(actor, tally)),
    scope: (question, rules) => {
      let scope: Scope | undefined;
      const subjects = reading(open, (answers) => (scope = answers.scope(question, rules)).subjects);
      return {
        subjects,
        summary: () => {
          assert(scope !== undefined, "the subjects of a scope are read first");
          return scope.summary();
        },
      };
    },
  };
}

interface Opened {
  readonly answers: Answers;
  readonly close: () => Promise<void>;
}

async function* reading<T>(
  open: () => Promise<Opened>,
  read: (answers: Answers) => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const { answers, close } = await open();
  try {
    yield* read(answers);
  } finally {
    await close();
  }
}

/** Embedded columns that nobody has made yet are not made for a question. @returns undefined where the ledger makes up for them */
export async function openIfThere(
  place: Config["columns"],
  onLedger: (why: WhosawError) => void,
): Promise<Columns | undefined> {
  if (place.kind === "embedded" && !(await exists(place.dir))) return undefined;
  try {
    return await openColumns(place);
  } catch (error) {
    if (!ledgerSuffices(error)) throw error;
    onLedger(error);
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
