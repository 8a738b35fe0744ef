/** The command line in this process, in a folder of a test's own. */
import { EventEmitter, once } from "node:events";
import { Readable, Writable } from "node:stream";
import { runCli } from "../run.ts";

export interface CliRun {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @returns runs one command line as in `folder`, without an environment, with nobody at the terminal */
export function cliIn(folder: () => string): (...args: string[]) => Promise<CliRun> {
  return async (...args) => {
    const text = { stdout: "", stderr: "" };
    const sink = (name: keyof typeof text): Writable =>
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          text[name] += chunk.toString("utf8");
          done();
        },
      });
    const streams = { stdout: sink("stdout"), stderr: sink("stderr") };
    const signals = new EventEmitter();
    const exit = await runCli(args, { ...streams, stdin: Readable.from([]), env: {}, cwd: folder(), signals });
    for (const stream of Object.values(streams)) await once(stream.end(), "finish");
    return { exit, ...text };
  };
}
