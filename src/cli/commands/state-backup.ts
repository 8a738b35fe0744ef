import { resolve } from "node:path";
import { type Command, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";

export const stateBackupCommand: Command = {
  name: "state backup",
  summary: "Write the state to a file, also while whosaw serve runs",
  description:
    "The file is new, whole, readable for this user alone, and ends with a checksum. It holds no key and nobody's data; keep it with the copies of the ledger.",
  arguments: [{ name: "FILE", description: "a name that nothing has yet" }],
  examples: [
    "whosaw state backup state-2026-11-22.backup",
    "whosaw state backup /backup/state --config whosaw.yaml --json",
  ],
  async run(invocation) {
    const file = requiredArgument(invocation, "FILE");
    const config = await invocation.config();
    const { systemClock } = await import("../../base/clock.ts");
    const { backupState } = await import("../../state/backup.ts");
    const options = { installation: config.ledger.origin, clock: systemClock };
    const done = await backupState(config.state, options, resolve(invocation.context.cwd, file));
    invocation.output.result(
      { file, at: new Date(done.atMs).toISOString(), rows: done.rows, bytes: done.bytes },
      () => `${file} holds the state as it is now: ${done.rows} rows, ${done.bytes} bytes.`,
    );
    return EXIT.ok;
  },
};
