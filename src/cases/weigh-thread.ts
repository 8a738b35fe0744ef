/** The other end of weigh.ts: weighs one case. */
import { parentPort, workerData } from "node:worker_threads";
import { WhosawError } from "../base/errors.ts";
import type { TraceInput } from "../trace/model.ts";
import { type WeighAnswer, weighHere, type Weighing } from "./weigh.ts";

const { what, input } = workerData as { readonly what: keyof Weighing; readonly input: TraceInput };

function answer(): WeighAnswer {
  try {
    return { value: weighHere(what, input) };
  } catch (error) {
    if (error instanceof WhosawError) return { error: { code: error.code, message: error.message, hint: error.hint } };
    const message = error instanceof Error ? error.message : String(error);
    return { error: { code: "INTERNAL", message, hint: undefined } };
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(answer());
