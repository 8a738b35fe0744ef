/** The real process as a command sees it. */
import type { CliContext } from "./command.ts";

export function processContext(): CliContext {
  // A reader that goes away (`whosaw who-saw ... | head`) ends the program as it would end any other.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin, env: process.env, cwd: process.cwd() };
}
