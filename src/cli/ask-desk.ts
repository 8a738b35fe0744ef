/** Questions about cases and reports: asked of the control plane if it runs, and otherwise answered by this process. */
import { openIfThere } from "../asks/own-answers.ts";
import { systemClock } from "../base/clock.ts";
import { CaseDesk } from "../cases/desk.ts";
import { askDesk, type CaseQuestionName } from "../cases/questions.ts";
import type { Progress, Step } from "../cases/steps.ts";
import type { Config } from "../config/config.ts";
import { ControlClient } from "../control/client.ts";
import { loadKeys } from "../ledger/keys-file.ts";
import { assertLedgerStarted } from "../ledger/started.ts";
import { openState } from "../state/state.ts";
import { asker, withOwnLog } from "./answers.ts";
import type { Invocation } from "./command.ts";

/** Between two lines of progress. */
const PROGRESS_MS = 1_000;

/**
 * Asks, says how far it has come on stderr, and gives the answer.
 * @throws WhosawError of whoever answers
 */
export async function askCases<T>(
  { output }: Pick<Invocation, "output">,
  config: Config,
  name: CaseQuestionName,
  ask: object,
): Promise<T> {
  const onLedger = ({ message }: Error): void =>
    output.note(`answered from the ledger, which takes longer: ${message}`);
  let saidMs = Date.now();
  const say = ({ of, done, total }: Progress): void => {
    if (Date.now() - saidMs < PROGRESS_MS) return;
    saidMs = Date.now();
    output.note(total === null ? of : `${done.toLocaleString("en")} of ${total.toLocaleString("en")} ${of}`);
  };
  const control = await ControlClient.find(config.control.socket);
  if (control === undefined) return alone(config, { name, ask }, { say, onLedger });
  const { batches } = control.stream(`/v1/${name}`, { by: asker(), ask });
  return last<T>(flat(batches as AsyncIterable<readonly Step<unknown>[]>), say);
}

/** With state, console log and, for a trace, columns opened by this process. */
async function alone<T>(
  config: Config,
  { name, ask }: { readonly name: CaseQuestionName; readonly ask: object },
  { say, onLedger }: { readonly say: (progress: Progress) => void; readonly onLedger: (why: Error) => void },
): Promise<T> {
  await assertLedgerStarted(config.ledger);
  const { masterKey } = await loadKeys(config.ledger.keys);
  const state = await openState(config.state, { installation: config.ledger.origin, clock: systemClock });
  const columns = async () => {
    const opened = await openIfThere(config.columns, onLedger);
    return opened && { columns: opened, done: () => opened.close() };
  };
  try {
    return await withOwnLog(config, (log) => {
      const desk = new CaseDesk({ config, state, log, masterKey, clock: systemClock, columns });
      return last<T>(askDesk(desk, name, ask, asker()), say);
    });
  } finally {
    await state.close();
  }
}

async function* flat<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T, void, undefined> {
  for await (const batch of batches) yield* batch;
}

async function last<T>(steps: AsyncIterable<Step<unknown>>, say: (progress: Progress) => void): Promise<T> {
  let answer: unknown;
  for await (const step of steps) {
    if ("progress" in step) say(step.progress);
    else answer = step.answer;
  }
  return answer as T;
}
