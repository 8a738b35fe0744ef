/** Options as data, for the parser and the shell completion. */
import type { Command, OptionSpec } from "./command.ts";

/** The options of a command, the common ones included. */
export function optionsOf(spec: Command): readonly OptionSpec[] {
  const own = spec.options ?? [];
  const json = own.some((option) => optionName(option.flags) === "json")
    ? []
    : [{ flags: "--json", description: "print JSON" }];
  const config = {
    flags: "--config FILE",
    description: "configuration file (default: $WHOSAW_CONFIG, then ./whosaw.yaml)",
  };
  return [...own, config, ...json];
}

/** `--role ROLE` to `role`. */
export function optionName(flags: string): string {
  return flags.split(" ")[0]?.replace(/^--/u, "") ?? "";
}
