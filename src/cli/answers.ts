/** Answers about people: first the look is on record, durable in the console log, then the items are printed. */
import { once } from "node:events";
import type { Ledger } from "../ledger/ledger.ts";
import { LIMITS } from "../base/limits.ts";
import type { Invocation } from "./command.ts";
import { formatTable, type TableColumn } from "./output.ts";

export interface Answer<T> {
  readonly command: string;
  /** As the look entry names it: ids and hashes, no names. */
  readonly target: string;
  readonly items: AsyncIterable<T>;
  readonly columns: readonly TableColumn[];
  readonly row: (item: T) => readonly string[];
  /** Said when there is nothing. */
  readonly none: string;
}

/** Who asks, as the console log has it: the operating system's user number. */
function asker(): string {
  return `uid:${process.getuid?.() ?? "unknown"}`;
}

/**
 * Prints an answer of any length with bounded memory: every batch is preceded by its look entry.
 * Nothing is printed if the look cannot be recorded.
 * @returns how many items there were
 */
export async function printAnswer<T>(invocation: Invocation, log: Ledger, answer: Answer<T>): Promise<number> {
  const { output, context } = invocation;
  let printed = 0;
  let batches = 0;
  const release = async (batch: readonly T[]): Promise<void> => {
    const { command, target } = answer;
    await log.append({ kind: "look", by: asker(), command, target, results: batch.length });
    const text = output.json ? jsonPart(batch, batches === 0) : tablePart(answer, batch);
    batches++;
    printed += batch.length;
    if (!context.stdout.write(text)) await once(context.stdout, "drain");
  };
  let batch: T[] = [];
  for await (const item of answer.items) {
    batch.push(item);
    if (batch.length < LIMITS.answerItemsHeldMax) continue;
    await release(batch);
    batch = [];
  }
  if (batch.length > 0 || batches === 0) await release(batch);
  if (output.json) context.stdout.write("]\n");
  return printed;
}

/** A piece of one array that is closed at the end. */
function jsonPart(batch: readonly unknown[], first: boolean): string {
  return (first ? "[" : ",") + batch.map((item) => JSON.stringify(item)).join(",");
}

function tablePart<T>(answer: Answer<T>, batch: readonly T[]): string {
  return batch.length === 0
    ? `${answer.none}\n`
    : formatTable(
        answer.columns,
        batch.map((item) => answer.row(item)),
      );
}
