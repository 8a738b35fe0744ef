/** The way in: whosaw.yaml to a Config, or every problem with its line and what to do. */
import { open } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Config } from "./config.ts";
import { readDocument } from "./document.ts";
import type { Environment } from "./environment.ts";
import { ConfigError, type ConfigProblem, type Finding } from "./problem.ts";
import { resolveConfig } from "./resolve.ts";
import { checkShape } from "./shape.ts";

export interface LoadOptions {
  /** Where `${NAME}` is looked up; default: the process's environment. */
  readonly env?: Environment;
  /** What relative paths of the argument are relative to; default: the process's directory. */
  readonly cwd?: string;
}

/**
 * Reads, interpolates and checks a configuration.
 * @param path of whosaw.yaml
 * @throws ConfigError (CONFIG_INVALID) with all problems; WhosawError CONFIG_INVALID if there is no such file
 */
export async function loadConfig(path: string, options: LoadOptions = {}): Promise<Config> {
  const cwd = options.cwd ?? process.cwd();
  const file = resolve(cwd, path);
  const nearby = relative(cwd, file);
  const bytes = await readConfigFile(file, path);
  return parseConfig(bytes, file, {
    env: options.env ?? process.env,
    shownAs: nearby.startsWith("..") ? file : nearby,
  });
}

/**
 * The same for bytes that were already read.
 * @param file absolute path that they count as coming from
 * @param options.shownAs the file's name in messages
 * @throws ConfigError (CONFIG_INVALID) and nothing else, whatever the bytes
 */
export function parseConfig(bytes: Uint8Array, file: string, options: { env: Environment; shownAs: string }): Config {
  const fail = (problems: readonly ConfigProblem[]): never => {
    throw new ConfigError(options.shownAs, problems);
  };
  const text = decodeText(bytes);
  if (text === undefined)
    return fail([{ line: 1, column: 1, path: "", message: "is not UTF-8 text. Save it as UTF-8." }]);
  const document = readDocument(text, options.env);
  if ("problems" in document) return fail(document.problems);
  const located = (findings: readonly Finding[]): ConfigProblem[] =>
    findings
      .slice(0, LIMITS.configProblemsMax)
      .map((finding) => document.locate(finding))
      .sort((a, b) => a.line - b.line || a.column - b.column);
  const shape = checkShape(document.value);
  if ("findings" in shape) return fail(located(shape.findings));
  const resolved = resolveConfig(shape.raw, file);
  return "findings" in resolved ? fail(located(resolved.findings)) : resolved.config;
}

async function readConfigFile(file: string, shownAs: string): Promise<Uint8Array> {
  try {
    const handle = await open(file, "r");
    try {
      // One byte more than allowed tells a file that is too large from one that fits; a device would never end.
      const buffer = Buffer.alloc(LIMITS.configBytesMax + 1);
      let length = 0;
      // From where it stands, not from an offset: `--config <(decrypt whosaw.yaml)` is a pipe.
      for (let bytes = -1; bytes !== 0 && length < buffer.length; length += bytes) {
        bytes = (await handle.read(buffer, length, buffer.length - length, null)).bytesRead;
      }
      if (length <= LIMITS.configBytesMax) return buffer.subarray(0, length);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const [what, hint] =
      code === "ENOENT"
        ? ["does not exist", "Write one, or name another with --config FILE."]
        : code === "EISDIR"
          ? ["is a folder", "Name the file in it with --config FILE."]
          : ["cannot be read", "Check its permissions, or name another with --config FILE."];
    throw new WhosawError("CONFIG_INVALID", `The configuration ${shownAs} ${what}.`, { hint, cause });
  }
  throw new WhosawError(
    "CONFIG_INVALID",
    `The configuration ${shownAs} is larger than ${LIMITS.configBytesMax} bytes.`,
    {
      hint: "Use schema.* under public instead of long lists of tables.",
    },
  );
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
