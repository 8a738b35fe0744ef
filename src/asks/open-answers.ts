/** Answers for a process that asks by itself: columns are opened if they are there, and the ledger answers if they are not. */
import { access } from "node:fs/promises";
import { WhosawError } from "../base/errors.ts";
import type { Columns } from "../columns/columns.ts";
import { openColumns } from "../columns/open.ts";
import type { Config } from "../config/config.ts";
import { type Answers, columnsAnswers, ledgerAnswers, ledgerSuffices } from "./answers.ts";
import type { AskedLog } from "./ask.ts";

export interface OpenAnswersOptions {
  readonly logs: readonly AskedLog[];
  /** Columns are not asked. */
  readonly fromLedger: boolean;
  /** Told why the ledger is read, which takes longer. */
  readonly onLedger: (why: WhosawError) => void;
}

/**
 * Runs `use` with answers, and closes what was opened for it.
 * @throws WhosawError as the answers do
 */
export async function withAnswers<T>(
  { columns: place }: Pick<Config, "columns">,
  { logs, fromLedger, onLedger }: OpenAnswersOptions,
  use: (answers: Answers) => Promise<T>,
): Promise<T> {
  const columns = fromLedger ? undefined : await openIfThere(place, onLedger);
  if (columns === undefined) return use(ledgerAnswers(logs));
  try {
    return await use(columnsAnswers(columns, logs, onLedger));
  } finally {
    await columns.close();
  }
}

/** Embedded columns that nobody has made yet are not made for a question. */
async function openIfThere(
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
