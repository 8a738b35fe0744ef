/** The verifier's own command line: nothing but Node and the files beside it. */
import { parseArgs } from "node:util";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { folderInput, keyInput, progressLine, readInput } from "./inputs.ts";
import { verifyLog } from "./log.ts";
import { checkProof } from "./proof.ts";
import { describeReport } from "./say.ts";

const HELP = `Verifies a Whosaw ledger, or a proof taken from one, offline.

  whosaw-verify DIR --vkey KEY [--checkpoint OLD] [--witness KEY]... [--json]
  whosaw-verify proof FILE --vkey KEY [--entry FILE] [--witness KEY]... [--json]

  --vkey KEY        the log's public key, or a file that holds it (from a place that the log's keeper cannot change)
  --checkpoint OLD  a checkpoint of this log that was kept elsewhere: the log must extend it
  --witness KEY     a witness's public key (repeatable): its cosignatures count as protection
  --entry FILE      check the proof for these bytes instead of those that it holds

  whosaw-verify ./ledger --vkey acme.example/gw-1+1234abcd+AV... --checkpoint kept/checkpoint

Exit codes: 0 verified, 1 not verified, 2 wrong command line (also a key that is none), 4 a file or folder cannot be read, 70 a bug.
`;

async function run(args: readonly string[], io: ProgramIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      vkey: { type: "string" },
      checkpoint: { type: "string" },
      witness: { type: "string", multiple: true },
      entry: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) {
    io.stdout.write(HELP);
    return 0;
  }
  const proof = positionals[0] === "proof" && positionals.length > 1;
  const [target, ...more] = proof ? positionals.slice(1) : positionals;
  if (target === undefined) throw usage("A folder is missing.");
  if (more.length > 0) throw usage(`There is more than one ${proof ? "proof" : "folder"} on the command line.`);
  if (values.vkey === undefined) throw usage("--vkey is missing.");
  const witnesses = (values.witness ?? []).map((value) => keyInput("--witness", value));
  const keys = { vkey: keyInput("--vkey", values.vkey), witnesses };
  if (proof) return runProof(target, keys, values.entry, values.json === true, io);
  return runLog(target, keys, values.checkpoint, values.json === true, io);
}

function usage(message: string): WhosawError {
  return new WhosawError("USAGE", message, { hint: "whosaw-verify DIR --vkey KEY; see whosaw-verify --help." });
}

/** Where the program writes; a terminal is told of progress. */
export interface ProgramIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { readonly isTTY?: boolean; write(text: string): unknown };
}

interface Keys {
  readonly vkey: string;
  readonly witnesses: readonly string[];
}

async function runLog(dir: string, keys: Keys, old: string | undefined, json: boolean, io: ProgramIo): Promise<number> {
  folderInput(dir);
  const checkpoint = old === undefined ? {} : { checkpoint: { name: old, bytes: readInput(old, LIMITS.noteBytesMax) } };
  const progress = progressLine(io.stderr);
  const report = await verifyLog(dir, { ...keys, ...checkpoint, onProgress: progress.show });
  progress.clear();
  io.stdout.write(json ? `${JSON.stringify(report)}\n` : describeReport(report));
  return report.ok ? 0 : 1;
}

function runProof(file: string, keys: Keys, entryFile: string | undefined, json: boolean, io: ProgramIo): number {
  const entry = entryFile === undefined ? {} : { entry: readInput(entryFile, LIMITS.entryBytesMax) };
  const checked = checkProof(readInput(file, LIMITS.proofBytesMax), { ...keys, ...entry });
  const { origin, index, size, kind, time, witnesses } = checked;
  const at = new Date(time).toISOString();
  const by = witnesses.length === 0 ? "" : `, seen by ${witnesses.join(" and ")}`;
  const sentence = `entry ${index} of ${origin} (kind ${kind}, ${at}) is under the checkpoint of ${size} entries${by}\n`;
  io.stdout.write(json ? `${JSON.stringify({ origin, index, size, kind, at, witnesses })}\n` : sentence);
  return 0;
}

function exitCode(error: unknown): number {
  if (error instanceof WhosawError) return error.code === "NOT_PROVEN" ? 1 : error.code === "FILE_UNREADABLE" ? 4 : 2;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code.startsWith("ERR_PARSE_ARGS") ? 2 : 70;
}

/**
 * Runs the program.
 * @param args without node and the program's own name
 * @returns the exit code; never throws
 */
export async function runVerifier(args: readonly string[], io: ProgramIo): Promise<number> {
  try {
    return await run(args, io);
  } catch (error) {
    const code = exitCode(error);
    const message = error instanceof Error ? (code === 70 ? error.stack : error.message) : String(error);
    io.stderr.write(`${message}\n`);
    if (error instanceof WhosawError && error.hint !== undefined) io.stderr.write(`hint: ${error.hint}\n`);
    return code;
  }
}
