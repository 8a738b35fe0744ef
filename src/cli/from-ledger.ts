/** An option that commands share. */
import type { OptionSpec } from "./command.ts";

/** For every command that asks. */
export const FROM_LEDGER: OptionSpec = {
  flags: "--from-ledger",
  description: "read the whole ledger, and leave columns out of it: the same answer, slowly",
};
