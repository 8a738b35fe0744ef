/** What the ledger says of the statements that cover a copy: in which session they were run, and which fields they showed. */
import type { AskedLog } from "../asks/ask.ts";
import type { FoundStatement, FoundTold } from "../found/question.ts";
import { LogReader } from "../ledger/read.ts";

/**
 * @param told as columns have it
 * @throws WhosawError LEDGER_KEY_LOST, LEDGER_DAMAGED
 */
export async function readStatements(
  logs: readonly AskedLog[],
  candidates: FoundTold["candidates"],
): Promise<FoundTold["candidates"]> {
  const readers = new Map<string, LogReader>();
  for (const log of logs) readers.set(log.origin, await LogReader.open(log.dir, log));
  const read: FoundTold["candidates"][number][] = [];
  for (const candidate of candidates) {
    const statements: FoundStatement[] = [];
    for (const statement of candidate.statements) statements.push(await readOne(readers.get(statement.log), statement));
    read.push({ ...candidate, statements });
  }
  return read;
}

/** An entry whose day has expired says nothing. */
async function readOne(reader: LogReader | undefined, statement: FoundStatement): Promise<FoundStatement> {
  const entry = (await reader?.entry(statement.index))?.entry;
  if (entry?.kind !== "statement") return statement;
  const form = (await reader?.entry(entry.form))?.entry;
  const uses = form?.kind === "form" ? form.uses : [];
  const fields = uses.flatMap(({ table, clear }) => clear.map((column) => `${table}.${column}`));
  return { ...statement, session: `${statement.log}/${entry.session}`, fields: [...new Set(fields)].sort() };
}
