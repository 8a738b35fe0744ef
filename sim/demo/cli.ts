/** The command line: as the demo runs it, and as its visitor types it in the project's folder. */
import { join } from "node:path";

/** The compiled program, from dist/sim/demo. */
export const CLI = join(import.meta.dirname, "..", "..", "src", "cli", "main.js");

export const SHOWN_CLI = "npx whosaw";
