import { resolve } from "node:path";
import { type Command, type Invocation, requiredArgument } from "../command.ts";
import { EXIT, type ExitCode } from "../exit.ts";

export const verifyCommand: Command = {
  name: "verify",
  summary: "Recompute a ledger from its bytes and say what protects it",
  description:
    "Needs no configuration, no database and no secret: only the directory and the log's public key, taken from a place that the log's keeper cannot change. " +
    "The program `whosaw-verify` does the same and needs nothing else of whosaw. " +
    "Exit codes: 0 verified, 1 not verified (the first bad entry and every place are named), 2 wrong command line (also a key that is none), 4 a file or folder cannot be read.",
  arguments: [{ name: "DIR", description: "a ledger directory" }],
  options: [
    { flags: "--vkey KEY", description: "the log's public key, or a file that holds it", required: true },
    {
      flags: "--checkpoint OLD",
      description: "a checkpoint of this log that was kept elsewhere: the log must extend it",
    },
    { flags: "--witness KEY", description: "a witness's public key: its cosignatures count as protection" },
  ],
  examples: ["whosaw verify ./ledger --vkey acme.example/gw-1+1234abcd+AV... --checkpoint kept/checkpoint"],
  async run(invocation) {
    const { LIMITS } = await import("../../base/limits.ts");
    const { folderInput, keyInput, progressLine, readInput } = await import("../../verify/inputs.ts");
    const { verifyLog } = await import("../../verify/log.ts");
    const { describeReport } = await import("../../verify/say.ts");
    const { context, output } = invocation;
    const dir = folderInput(resolve(context.cwd, requiredArgument(invocation, "DIR")));
    const old = invocation.option("checkpoint");
    const witness = invocation.option("witness");
    const progress = progressLine(context.stderr);
    const report = await verifyLog(dir, {
      vkey: keyInput("--vkey", requiredOption(invocation, "vkey")),
      ...(witness === undefined ? {} : { witnesses: [keyInput("--witness", witness)] }),
      ...(old === undefined
        ? {}
        : { checkpoint: { name: old, bytes: readInput(resolve(context.cwd, old), LIMITS.noteBytesMax) } }),
      onProgress: progress.show,
    });
    progress.clear();
    output.result(report, () => describeReport(report));
    return exitCode(report.ok);
  },
};

function exitCode(ok: boolean): ExitCode {
  return ok ? EXIT.ok : EXIT.negative;
}

/** A required option is there: the parser has seen to it. */
function requiredOption(invocation: Invocation, name: string): string {
  const value = invocation.option(name);
  if (value === undefined) throw new Error(`option ${name} is not required in the command's spec`);
  return value;
}
