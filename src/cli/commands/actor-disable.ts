import { type Command, type Invocation, requiredArgument } from "../command.ts";
import { EXIT, type ExitCode } from "../exit.ts";

export const actorDisableCommand: Command = {
  name: "actor disable",
  summary: "Keep an actor from signing in, and end its sessions",
  description:
    "A running gateway follows within a second. Nothing is deleted: `whosaw actor enable` undoes it, and the ledger's ids keep their names.",
  arguments: [{ name: "NAME", description: "user name" }],
  examples: ["whosaw actor disable alice"],
  run: (invocation) => setDisabled(invocation, true),
};

export const actorEnableCommand: Command = {
  name: "actor enable",
  summary: "Let a disabled actor sign in again",
  arguments: [{ name: "NAME", description: "user name" }],
  examples: ["whosaw actor enable alice"],
  run: (invocation) => setDisabled(invocation, false),
};

async function setDisabled(invocation: Invocation, disabled: boolean): Promise<ExitCode> {
  const config = await invocation.config();
  const { changeActor } = await import("../../actors/register.ts");
  const { id, name, role } = await changeActor(config.actors.file, requiredArgument(invocation, "NAME"), { disabled });
  invocation.output.result({ id, name, role, disabled }, () => `${name} is ${disabled ? "disabled" : "enabled"}.`);
  return EXIT.ok;
}
