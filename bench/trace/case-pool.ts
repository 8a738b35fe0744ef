/** Several processes that live through cases side by side. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { WhosawError } from "../../src/base/errors.ts";
import type { Reply } from "./case-process.ts";
import type { CaseName, Outcome } from "./outcome.ts";

const ENDING = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const PROGRAM = new URL(`./case-process${ENDING}`, import.meta.url);
/** Each holds a company: up to 1.5 GB. */
const PROCESSES_MAX = 4;

/** @param told after each case */
export async function liveThrough(
  jobs: readonly (readonly CaseName[])[],
  told: (done: number) => void,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<readonly CaseName[], readonly Outcome[]>();
  const left = [...jobs];
  let done = 0;
  const work = async (): Promise<void> => {
    const child = fork(PROGRAM, { serialization: "advanced" });
    try {
      for (let job = left.shift(); job !== undefined; job = left.shift())
        outcomes.set(job, await outcomesOf(job, child, () => told(++done)));
    } finally {
      await end(child);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), PROCESSES_MAX) }, work));
  // In the order of the jobs, whichever was done first: figures do not depend on the machine.
  return jobs.flatMap((job) => outcomes.get(job) ?? []);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill();
  await gone;
}

function outcomesOf(job: readonly CaseName[], child: ChildProcess, told: () => void): Promise<readonly Outcome[]> {
  return new Promise((resolve, reject) => {
    const outcomes: Outcome[] = [];
    const over = (): void => void child.off("message", hear).off("exit", gone);
    const fail = (why: string): void => {
      over();
      reject(new WhosawError("INTERNAL", `A case of the bench failed: ${why}`));
    };
    const gone = (): void => fail("its process ended");
    const hear = (reply: Reply): void => {
      if ("failed" in reply) fail(reply.failed);
      else if ("outcome" in reply) {
        outcomes.push(reply.outcome);
        told();
      } else {
        over();
        resolve(outcomes);
      }
    };
    child.on("message", hear).on("exit", gone);
    child.send(job);
  });
}
