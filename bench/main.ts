/** `npm run bench -- NAME`: the command `whosaw bench` without an installed whosaw. */
import { processContext } from "../src/cli/process.ts";
import { runCli } from "../src/cli/run.ts";

process.exitCode = await runCli(["bench", ...process.argv.slice(2)], processContext());
