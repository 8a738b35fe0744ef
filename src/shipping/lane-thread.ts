/** The other end of thread-lane.ts: reads one log, a stretch for each message. */
import { parentPort, workerData } from "node:worker_threads";
import { WhosawError } from "../base/errors.ts";
import { BatchReader, type Stretch } from "./batch-reader.ts";
import type { LaneAnswer, LaneData } from "./thread-lane.ts";

const { log, rules } = workerData as LaneData;
const reader = new BatchReader(log, rules);

async function answer(stretch: Stretch): Promise<LaneAnswer> {
  try {
    return { batch: await reader.read(stretch) };
  } catch (error) {
    if (error instanceof WhosawError) return { error: { code: error.code, message: error.message, hint: error.hint } };
    const message = error instanceof Error ? error.message : String(error);
    return { error: { code: "INTERNAL", message, hint: undefined } };
  }
}

parentPort?.on("message", (stretch: Stretch) => {
  void answer(stretch).then((given) => parentPort?.postMessage(given, buffersOf(given)));
});

/** Handed over, not copied. */
function buffersOf(given: LaneAnswer): ArrayBuffer[] {
  if ("error" in given) return [];
  const buffers = Object.values(given.batch.rows).map(({ buffer }) => buffer);
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}
