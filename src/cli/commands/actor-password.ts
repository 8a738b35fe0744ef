import { type Command, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";
import { readPassword } from "../password.ts";

export const actorPasswordCommand: Command = {
  name: "actor password",
  summary: "Give an actor another password",
  arguments: [{ name: "NAME", description: "user name" }],
  options: [{ flags: "--password-stdin", description: "read the password from standard input" }],
  examples: ["whosaw actor password alice", 'printf %s "$PASSWORD" | whosaw actor password helpdesk --password-stdin'],
  async run(invocation) {
    const config = await invocation.config();
    const { makeVerifier } = await import("../../wire/scram.ts");
    const { changeActor, readRegister, requireActor } = await import("../../actors/register.ts");
    const { file } = config.actors;
    const given = requiredArgument(invocation, "NAME");
    // Before anybody types a password for nobody.
    requireActor(await readRegister(file), given);
    const verifier = await makeVerifier(await readPassword(invocation));
    const { id, name, role } = await changeActor(file, given, { verifier });
    invocation.output.result({ id, name, role }, () => `${name} has a new password. Sessions that are open stay open.`);
    return EXIT.ok;
  },
};
