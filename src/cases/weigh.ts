/** Weighing a case apart from everything else: it takes as long as it takes, and leases must be granted meanwhile. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type ErrorCode, WhosawError } from "../base/errors.ts";
import type { TraceInput, TraceResult } from "../trace/model.ts";
import { pairsToCount } from "../trace/pairs-to-count.ts";
import { trace } from "../trace/trace.ts";

export type Pairs = readonly (readonly [first: number, second: number])[];

export interface Weighing {
  readonly pairs: Pairs;
  readonly trace: TraceResult;
}

/** What a thread answers. A class of errors does not survive the way between threads. */
export type WeighAnswer =
  | { readonly value: Weighing[keyof Weighing] }
  | { readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined } };

const THREAD = new URL("./weigh-thread.js", import.meta.url);

/** Node runs threads from JavaScript alone: from a compiled whosaw. */
const THREADS_RUN = import.meta.url.endsWith(".js");

/**
 * @param what pairs whose common subjects should be counted, or the trace
 * @throws WhosawError TRACE_INPUT
 */
export async function weigh<What extends keyof Weighing>(what: What, input: TraceInput): Promise<Weighing[What]> {
  if (!THREADS_RUN) return weighHere(what, input) as Weighing[What];
  const worker = new Worker(THREAD, { workerData: { what, input }, name: "trace" });
  try {
    const [answer] = (await once(worker, "message")) as [WeighAnswer];
    if ("value" in answer) return answer.value as Weighing[What];
    const { code, message, hint } = answer.error;
    throw new WhosawError(code, message, hint === undefined ? {} : { hint });
  } finally {
    await worker.terminate();
  }
}

/** The same in this thread. */
export function weighHere(what: keyof Weighing, input: TraceInput): Weighing[keyof Weighing] {
  return what === "pairs" ? pairsToCount(input) : trace(input);
}
