import type { ExpiredLog } from "../../control/expiry.ts";
import { WhosawError } from "../../base/errors.ts";
import type { Command, Invocation } from "../command.ts";
import { EXIT } from "../exit.ts";

export const ledgerExpireCommand: Command = {
  name: "ledger expire",
  summary: "Destroy the keys of old days, so that nobody can read them again",
  description:
    "Whom those days' statements showed is gone for good, in copies of the ledger too; the ledger still verifies. Copies of its `keys` folder " +
    "must be destroyed as well. Rows of those days leave columns. It is put on record before it is done. " +
    "Without --yes it says what would go and asks, or refuses where nobody can be asked. " +
    'With --json: {"before":DATE,"destroyed":BOOLEAN,"logs":[{"log":ORIGIN,"days":[DATE,...]}]}. ' +
    "Exit codes: 0 done, or nothing to do, 1 not confirmed, 2 wrong command line, 3 configuration, 4 keys cannot be removed, the console log or columns cannot be reached.",
  options: [
    { flags: "--before DATE", description: "the first day (UTC) that is kept, as 2024-01-31", required: true },
    { flags: "--dry-run", description: "only say what would go" },
    { flags: "--yes", description: "do not ask" },
  ],
  examples: ["whosaw ledger expire --before 2024-01-31 --dry-run", "whosaw ledger expire --before 2024-01-31 --yes"],
  async run(invocation) {
    const config = await invocation.config();
    const before = invocation.option("before") ?? "";
    const beforeMs = dateOf(before);
    const { systemClock } = await import("../../base/clock.ts");
    const { expiring } = await import("../../control/expiry.ts");
    const { assertLedgerStarted } = await import("../../ledger/started.ts");
    await assertLedgerStarted(config.ledger);
    const logs = await expiring(config, beforeMs, systemClock.nowMs());
    const result = (destroyed: boolean, text: string): void =>
      invocation.output.result({ before, destroyed, logs }, () => `${listOf(logs)}\n${text}`);
    const readable = logs.some(({ days }) => days.length > 0);
    const nothing = `Nothing before ${before} can be read any more.`;
    if (invocation.flag("dry-run")) {
      result(false, readable ? "Nothing was destroyed." : nothing);
      return EXIT.ok;
    }
    if (readable && !(await confirmed(invocation, logs))) return EXIT.negative;
    const { expireDays } = await import("../expire-days.ts");
    // Also without a key to destroy: a run that was broken off may have left rows in columns.
    const left = await expireDays(config, logs, beforeMs);
    if (left !== undefined) invocation.output.note(`rows of those days are still in columns: ${left.message}`);
    result(readable, readable ? "Their keys are destroyed." : nothing);
    return EXIT.ok;
  },
};

/** @throws WhosawError USAGE */
function dateOf(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/u.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new WhosawError("USAGE", "--before is not a date.", { hint: "Write it as 2024-01-31." });
  }
  return ms;
}

function listOf(logs: readonly ExpiredLog[]): string {
  return logs
    .map(({ log, days }) =>
      days.length === 0 ? `${log}: no day` : `${log}: ${days.length} days, from ${days[0]} to ${days.at(-1)}`,
    )
    .join("\n");
}

async function confirmed(invocation: Invocation, logs: readonly ExpiredLog[]): Promise<boolean> {
  if (invocation.flag("yes")) return true;
  const { context, output } = invocation;
  if (context.stdin.isTTY !== true || output.json) {
    throw new WhosawError("USAGE", "Keys are destroyed for good, and nobody is there to be asked.", {
      hint: "Look with --dry-run, then repeat with --yes.",
    });
  }
  const { confirm } = await import("@clack/prompts");
  const answer = await confirm({ message: `${listOf(logs)}\nDestroy their keys for good?`, initialValue: false });
  return answer === true;
}
