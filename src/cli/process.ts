/** The real process as a command sees it. */
import type { CliContext } from "./command.ts";

/** The context of the program itself: its streams, environment, directory and signals. */
export function processContext(): CliContext {
  // A reader that goes away (`whosaw who-saw ... | head`) ends the program as it would end any other.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const { stdout, stderr, stdin, env } = process;
  return { stdout, stderr, stdin, env, cwd: process.cwd(), signals: process };
}
