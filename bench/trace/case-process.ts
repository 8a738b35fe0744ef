/** Cases in a process of its own, one job after the other: answers case-pool.ts. */
import { Cases } from "./case.ts";
import type { CaseName, Outcome } from "./outcome.ts";

export type Reply = { readonly outcome: Outcome } | { readonly done: true } | { readonly failed: string };

function reply(message: Reply): void {
  process.send?.(message);
}

const cases = new Cases();

process.on("message", (job: readonly CaseName[]) => {
  let at = "";
  try {
    for (const name of job) {
      at = JSON.stringify(name);
      reply({ outcome: cases.run(name) });
    }
    reply({ done: true });
  } catch (error) {
    reply({ failed: `${at}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` });
  }
});
