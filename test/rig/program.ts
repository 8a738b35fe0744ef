/** The command line in this process, and what it wrote. */
import { EventEmitter } from "node:events";
import { Readable, Writable } from "node:stream";
import { runCli } from "../../src/cli/run.ts";

export interface Run {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function whosaw(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const written = { stdout: "", stderr: "" };
  const sink = (name: keyof typeof written): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString("utf8");
        done();
      },
    });
  const exit = await runCli(args, {
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    stdin: Readable.from([]),
    env,
    cwd,
    signals: new EventEmitter(),
  });
  return { exit, ...written };
}
