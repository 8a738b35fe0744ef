/** One command line, from arguments to exit code: the commands as data become a commander program. */
import { Argument, Command as Program, CommanderError, InvalidArgumentError, Option } from "commander";
import type { CliContext, Command, Invocation } from "./command.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { optionsOf } from "./options.ts";
import { createOutput, printError } from "./output.ts";
import { commands, groups } from "./tree.ts";
import { usageError } from "./usage.ts";
import { version } from "../base/version.ts";

/**
 * Runs a command line.
 * @param args without node and script
 * @returns the exit code; never throws
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const more = await commands.find(({ name }) => name === args[0])?.more?.();
  const program = buildProgram(context, more, (code) => (exit = code));
  try {
    await program.parseAsync([...args], { from: "user" });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const wantsJson = args.some((arg) => arg === "--json" || arg.startsWith("--json="));
    return printError(context.stderr, wantsJson, error instanceof CommanderError ? usageError(error, args) : error);
  }
}

/** @param more the end of the help of the command that is called */
function buildProgram(context: CliContext, more: string | undefined, done: (code: ExitCode) => void): Program {
  const program = bare(new Program("whosaw"), context)
    .description("Know whose data every employee has seen. When it leaks, know who.")
    .version(version(), "--version", "print the version")
    .addHelpText("after", `\nExample:\n  $ whosaw check --config whosaw.yaml\n\n${EXIT_HELP}`);
  const parents = new Map<string, Program>();
  for (const command of commands) {
    const words = command.name.split(" ");
    const name = words.pop() ?? "";
    const group = words[0];
    const parent = group === undefined ? program : (parents.get(group) ?? addGroup(program, group, context));
    if (group !== undefined) parents.set(group, parent);
    const added = addCommand(parent, name, command, context, done);
    if (command.more !== undefined && more !== undefined) added.addHelpText("after", `\n${more}`);
  }
  return program;
}

function addGroup(program: Program, name: string, context: CliContext): Program {
  const first = commands.find((command) => command.name.startsWith(`${name} `));
  return bare(program.command(name), context)
    .description(groups[name] ?? "")
    .addHelpText("after", `\nExample:\n  $ ${first?.examples[0] ?? ""}`);
}

function addCommand(
  parent: Program,
  name: string,
  spec: Command,
  context: CliContext,
  done: (code: ExitCode) => void,
): Program {
  const command = bare(parent.command(name), context).summary(spec.summary);
  command.description(spec.description === undefined ? spec.summary : `${spec.summary}\n\n${spec.description}`);
  for (const { name: label, description, optional, variadic, choices } of spec.arguments ?? []) {
    const dots = variadic === true ? "..." : "";
    const argument = new Argument(optional === true ? `[${label}${dots}]` : `<${label}${dots}>`, description);
    command.addArgument(choices === undefined ? argument : argument.choices(choices));
  }
  for (const option of optionsOf(spec)) {
    const made = new Option(commanderFlags(option.flags), option.description).makeOptionMandatory(
      option.required ?? false,
    );
    if (option.choices !== undefined) made.choices(option.choices);
    // A negated option has a value before it is given.
    else if (!made.negate) made.argParser(once);
    command.addOption(made);
  }
  command.addHelpText(
    "after",
    `\nExample${spec.examples.length > 1 ? "s" : ""}:\n${spec.examples.map((line) => `  $ ${line}`).join("\n")}\n\n${EXIT_HELP}`,
  );
  command.action(async () => {
    const invocation = createInvocation(spec, command, context);
    done(await spec.run(invocation));
  });
  return command;
}

/** Of two values for one option the parser would silently take the last. */
function once(value: string, before: unknown): string {
  if (before !== undefined) throw new InvalidArgumentError("It is given twice.");
  return value;
}

/** commander has `--no-NAME` as a NAME that is true unless it was given. */
function given(negated: boolean, value: unknown): unknown {
  if (!negated) return value;
  return value === false ? true : undefined;
}

const EXIT_HELP =
  "Exit codes: 0 done, 1 the answer is no, 2 wrong command line, 3 wrong configuration, 4 environment, 70 a bug.";

/** `--role ROLE` to commander's `--role <ROLE>`. */
function commanderFlags(flags: string): string {
  const [name, value] = flags.split(" ");
  return value === undefined || value.startsWith("[") ? flags : `${name} <${value}>`;
}

/** Errors come to runCli, help and version go to the context's stdout. */
function bare(program: Program, context: CliContext): Program {
  return program
    .exitOverride()
    .showSuggestionAfterError(true)
    .helpOption("--help", "show this help")
    .helpCommand(false)
    .configureOutput({ writeOut: (text) => void context.stdout.write(text), writeErr: () => undefined });
}

function createInvocation(spec: Command, command: Program, context: CliContext): Invocation {
  const values = new Map(
    command.options.map((option) => [
      option.long?.replace(/^--/u, "") ?? "",
      given(option.negate, command.getOptionValue(option.attributeName())),
    ]),
  );
  const positional = new Map(
    (spec.arguments ?? []).map((argument, index) => [argument.name, command.processedArgs[index] as unknown]),
  );
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
  return {
    context,
    output: createOutput(context.stdout, context.stderr, values.get("json") !== undefined),
    argument: (name) => text(positional.get(name)),
    argumentList: (name) => {
      const value = positional.get(name);
      return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
    },
    option: (name) => text(values.get(name)),
    flag: (name) => values.get(name) !== undefined,
    config: async () => {
      const { loadConfig } = await import("../config/load.ts");
      const path = text(values.get("config")) ?? context.env["WHOSAW_CONFIG"] ?? "whosaw.yaml";
      return loadConfig(path, { env: context.env, cwd: context.cwd });
    },
  };
}
