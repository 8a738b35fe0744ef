/**
 * What a command is. Each file in commands/ exports one `Command`: its names and options as data (the help, the
 * parser and the shell completion are made from it) and `run`.
 *
 * A command file imports only types, src/base and this folder's small files at its top; what it runs with is imported
 * inside `run`, so that `whosaw --help` loads no parser, no ledger and no network code.
 */
import type { Readable, Writable } from "node:stream";
import type { Config } from "../config/config.ts";
import type { ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";

/** The process around a command; tests bring their own. */
export interface CliContext {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where SIGTERM, SIGINT and SIGHUP arrive. */
  readonly signals: SignalSource;
}

export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

export interface ArgumentSpec {
  /** In capitals, as in the help: `SUBJECT`. */
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
  /** The last argument may take several values. */
  readonly variadic?: boolean;
  /** For the shell completion. */
  readonly choices?: readonly string[];
}

export interface OptionSpec {
  /** `--role ROLE` takes a value, `--json [FILE]` may take one, `--offline` takes none. */
  readonly flags: string;
  readonly description: string;
  /** Allowed values; checked, and offered by the shell completion. */
  readonly choices?: readonly string[];
  readonly required?: boolean;
}

/** `--json`, `--config FILE` and `--help` are added to every command (`--json` unless it has its own). */
export interface Command {
  /** One word, or two for a command in a group: `actor add`, `ledger prove`. */
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What the help says besides: a few lines. */
  readonly description?: string;
  /** The end of the help, where it needs more than this folder to be written; made when this command is called. */
  readonly more?: () => Promise<string>;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Whole command lines, at least one. */
  readonly examples: readonly [string, ...string[]];
  /** @returns the exit code; throws WhosawError for what is told as one sentence and a hint */
  run(invocation: Invocation): Promise<ExitCode>;
}

/** One call of a command, parsed. */
export interface Invocation {
  readonly context: CliContext;
  readonly output: Output;
  /** The value of a single argument, by its name in the spec; undefined if it is optional and left out. */
  argument(name: string): string | undefined;
  /** The values of a variadic argument. */
  argumentList(name: string): readonly string[];
  /** The value of `--name VALUE`; undefined if it was not given, or given without its optional value. */
  option(name: string): string | undefined;
  /** `--name` was given. */
  flag(name: string): boolean;
  /** Loads whosaw.yaml: --config, else $WHOSAW_CONFIG, else ./whosaw.yaml. Throws ConfigError. */
  config(): Promise<Config>;
}

/** A required argument is there: the parser has seen to it. */
export function requiredArgument(invocation: Invocation, name: string): string {
  const value = invocation.argument(name);
  if (value === undefined) throw new Error(`argument ${name} is not in the command's spec or is optional`);
  return value;
}
