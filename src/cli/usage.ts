/** A command line that cannot be: the parser's finding, in our words, and how the command is written. */
import type { CommanderError } from "commander";
import { WhosawError } from "../base/errors.ts";
import type { Command } from "./command.ts";
import { commands, groups } from "./tree.ts";

/** @param args the whole command line @returns USAGE: one sentence, and how the command is written */
export function usageError(error: CommanderError, args: readonly string[]): WhosawError {
  const command = commands.find(({ name }) => name.split(" ").every((word, index) => args[index] === word));
  const way = command?.name ?? (Object.hasOwn(groups, args[0] ?? "") ? args[0] : undefined);
  const help = `See \`whosaw ${way === undefined ? "" : `${way} `}--help\`.`;
  if (error.code === "commander.help") return new WhosawError("USAGE", "A command is missing.", { hint: help });
  const [first = "", suggestion] = error.message.replace(/^error: /u, "").split("\n");
  const hint = command !== undefined && ABOUT_ARGUMENTS.has(error.code) ? `${written(command)} ${help}` : help;
  return new WhosawError("USAGE", sentence(error.code, first, command), {
    hint: suggestion === undefined ? hint : `${suggestion.replace(/[()]/gu, "")} ${hint}`,
  });
}

const ABOUT_ARGUMENTS: ReadonlySet<string> = new Set(["commander.missingArgument", "commander.excessArguments"]);

/** `Write whosaw actor add NAME.` */
function written({ name, arguments: all = [] }: Command): string {
  const names = all.map((argument) => (argument.optional === true ? `[${argument.name}]` : argument.name));
  return `Write \`${["whosaw", name, ...names].join(" ")}\`.`;
}

function sentence(code: string, said: string, command: Command | undefined): string {
  const option = /'(--[\w-]+)/u.exec(said)?.[1];
  if (code === "commander.missingArgument") return `${/'(.+)'/u.exec(said)?.[1] ?? "An argument"} is missing.`;
  if (code === "commander.optionMissingArgument" && option !== undefined) return `${option} needs a value.`;
  if (code === "commander.missingMandatoryOptionValue" && option !== undefined) return `${option} is missing.`;
  if (code === "commander.excessArguments" && command !== undefined)
    return `There is more on the command line than \`whosaw ${command.name}\` takes.`;
  return `${said.charAt(0).toUpperCase()}${said.slice(1).replace(/\.$/u, "")}.`;
}
