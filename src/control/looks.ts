/** Every look is an entry, and is one before anything of the answer is handed over. */
import { LIMITS } from "../base/limits.ts";
import type { Ledger } from "../ledger/ledger.ts";

export interface Look {
  /** Who asks, as far as is known. */
  readonly by: string;
  readonly command: string;
  /** Ids and hashes, no names. */
  readonly target: string;
}

/**
 * Hands over an answer of any length with bounded memory: each batch once its look entry is durable. An answer without
 * items is one empty batch.
 */
export async function* recorded<T>(
  log: Pick<Ledger, "append">,
  look: Look,
  items: AsyncIterable<T>,
): AsyncGenerator<readonly T[], void, undefined> {
  let any = false;
  let batch: T[] = [];
  const entry = (): Promise<unknown> => log.append({ kind: "look", ...look, results: batch.length });
  for await (const item of items) {
    batch.push(item);
    if (batch.length < LIMITS.answerItemsHeldMax) continue;
    await entry();
    yield batch;
    [any, batch] = [true, []];
  }
  if (any && batch.length === 0) return;
  await entry();
  yield batch;
}
