import { resolve } from "node:path";
import { type Command, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";

export const stateRestoreCommand: Command = {
  name: "state restore",
  summary: "Put a backup in place of the state, while whosaw serve does not run",
  description:
    "All of it or nothing. The backup may be of an older whosaw. The ledger is not touched: what it has recorded since the backup is read from it at the next start.",
  arguments: [{ name: "FILE", description: "written by whosaw state backup" }],
  options: [{ flags: "--replace", description: "also if there is a state already, which then is gone" }],
  examples: ["whosaw state restore state-2026-11-22.backup", "whosaw state restore /backup/state --replace"],
  async run(invocation) {
    const file = requiredArgument(invocation, "FILE");
    const config = await invocation.config();
    const { systemClock } = await import("../../base/clock.ts");
    const { restoreState } = await import("../../state/restore.ts");
    const replace = invocation.flag("replace");
    const options = { installation: config.ledger.origin, clock: systemClock, replace };
    const done = await restoreState(config.state, options, resolve(invocation.context.cwd, file));
    const at = new Date(done.backupMs).toISOString();
    invocation.output.result({ file, at, rows: done.rows }, () =>
      [
        `The state is as it was on ${at}: ${done.rows} rows.`,
        "The ledger is ahead of it by what was recorded since; the next `whosaw serve` says by how much and catches up.",
      ].join("\n"),
    );
    return EXIT.ok;
  },
};
