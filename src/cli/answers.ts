/** Answers about people, printed: who gives them has put the look on record before it hands over a batch. */
import { once } from "node:events";
import { Readable } from "node:stream";
import { withConsoleLog } from "../asks/console-log.ts";
import { ownAnswers } from "../asks/own-answers.ts";
import type { Answering, AnswersOf } from "../control/answers.ts";
import { ControlClient } from "../control/client.ts";
import { type Look, recorded } from "../control/looks.ts";
import type { AskTallyTold } from "../control/protocol.ts";
import type { Config } from "../config/config.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Invocation } from "./command.ts";
import { formatTable, type TableColumn } from "./output.ts";

/** How an answer looks as a table. */
export interface View<T> {
  readonly columns: readonly TableColumn[];
  readonly row: (item: T) => readonly string[];
  /** Said when there is nothing. */
  readonly none: string;
}

/** A question, for the control plane if it runs and for this process if it does not. */
export interface Question {
  /** Where the control plane answers it. */
  readonly path: string;
  readonly body: object;
  readonly alone: (answersOf: AnswersOf) => Promise<Answering>;
}

export interface Answered extends AskTallyTold {
  /** Items printed. */
  readonly found: number;
}

/** Who asks, as the console log has it: the operating system's user number. */
export function asker(): string {
  return `uid:${process.getuid?.() ?? "unknown"}`;
}

/**
 * Asks, and prints the answer, of any length with bounded memory. Nothing is printed if the look cannot be recorded.
 * @throws WhosawError of whoever answers
 */
export async function printAsked<T>(
  invocation: Invocation,
  config: Config,
  question: Question,
  view: View<T>,
): Promise<Answered> {
  return readAsked<T, Answered>(invocation, config, question, async (batches, end) => {
    const found = await printBatches(invocation, batches, view);
    return { found, ...end() };
  });
}

/**
 * Asks, and gives `use` the answer in batches, each of which is on record.
 * @throws WhosawError of whoever answers
 */
export async function readAsked<T, R>(
  invocation: Invocation,
  config: Config,
  { path, body, alone }: Question,
  use: (batches: AsyncIterable<readonly T[]>, end: () => AskTallyTold) => Promise<R>,
): Promise<R> {
  const control = await ControlClient.find(config.control.socket);
  if (control !== undefined) {
    const answer = control.stream(path, { ...body, by: asker() });
    return use(answer.batches as AsyncIterable<readonly T[]>, answer.end);
  }
  const { output } = invocation;
  const onLedger = ({ message }: Error): void =>
    output.note(`answered from the ledger, which takes longer: ${message}`);
  const fromLedger = invocation.flag("from-ledger");
  const answering = await alone((logs) => ownAnswers(config, { logs, fromLedger, onLedger }));
  const { command, target, tally, summary } = answering;
  const items = answering.items as AsyncIterable<T>;
  return withOwnLog(config, (log) =>
    use(recorded(log, { by: asker(), command, target }, items), () => ({
      target,
      ...tally,
      ...(summary !== undefined && { summary: summary() }),
    })),
  );
}

/** Prints what this process has read by itself, once the look is on record. */
export async function printLook<T>(
  invocation: Invocation,
  config: Config,
  look: Omit<Look, "by">,
  items: readonly T[],
  view: View<T>,
): Promise<void> {
  const control = await ControlClient.find(config.control.socket);
  if (control === undefined) {
    await printRecorded(invocation, config, look, Readable.from(items), view);
    return;
  }
  await control.post("/v1/look", { ...look, by: asker(), results: items.length });
  await printBatches(invocation, Readable.from([items]), view);
}

/** With the console log opened by this process: no control plane runs. */
async function printRecorded<T>(
  invocation: Invocation,
  config: Config,
  look: Omit<Look, "by">,
  items: AsyncIterable<T>,
  view: View<T>,
): Promise<number> {
  return withOwnLog(config, (log) => printBatches(invocation, recorded(log, { by: asker(), ...look }, items), view));
}

/** With the console log opened by this process: no control plane runs. */
export async function withOwnLog<T>({ ledger }: Config, use: (log: Ledger) => Promise<T>): Promise<T> {
  const { console: dir, origin, witness } = ledger;
  const keys = await loadKeys(ledger.keys);
  return withConsoleLog({ dir, origin, witness, keys }, use);
}

/** @returns how many items there were */
async function printBatches<T>(
  { output, context }: Invocation,
  batches: AsyncIterable<readonly T[]>,
  view: View<T>,
): Promise<number> {
  let printed = 0;
  let first = true;
  for await (const batch of batches) {
    const text = output.json ? jsonPart(batch, first) : tablePart(view, batch);
    first = false;
    printed += batch.length;
    if (!context.stdout.write(text)) await once(context.stdout, "drain");
  }
  if (output.json) context.stdout.write("]\n");
  return printed;
}

/** A piece of one array that is closed at the end. */
function jsonPart(batch: readonly unknown[], first: boolean): string {
  return (first ? "[" : ",") + batch.map((item) => JSON.stringify(item)).join(",");
}

function tablePart<T>(view: View<T>, batch: readonly T[]): string {
  return batch.length === 0
    ? `${view.none}\n`
    : formatTable(
        view.columns,
        batch.map((item) => view.row(item)),
      );
}
