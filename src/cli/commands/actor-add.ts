import { WhosawError } from "../../base/errors.ts";
import type { Config } from "../../config/config.ts";
import { type Command, type Invocation, requiredArgument } from "../command.ts";
import { EXIT } from "../exit.ts";
import { readPassword } from "../password.ts";

export const actorAddCommand: Command = {
  name: "actor add",
  summary: "Let a person or a program sign in",
  description:
    "The name is the user name for psql and drivers, or the common name of a client certificate. The ledger holds the id that this prints, and never a person's name.",
  arguments: [{ name: "NAME", description: "user name, up to 63 bytes, case counts" }],
  options: [
    {
      flags: "--role ROLE",
      description: "a name under roles in whosaw.yaml (service accounts listed there have theirs)",
    },
    { flags: "--service", description: "a program: its id is svc:NAME" },
    { flags: "--password-stdin", description: "read the password from standard input" },
    { flags: "--certificate-only", description: "no password: signs in with a client certificate" },
  ],
  examples: [
    "whosaw actor add alice --role agent",
    'printf %s "$PASSWORD" | whosaw actor add helpdesk --service --password-stdin --json',
  ],
  async run(invocation) {
    const name = requiredArgument(invocation, "NAME");
    const config = await invocation.config();
    const service = invocation.flag("service");
    const role = chooseRole(config, name, service, invocation.option("role"));
    if (invocation.flag("certificate-only") && invocation.flag("password-stdin")) {
      throw new WhosawError("USAGE", "--certificate-only and --password-stdin exclude each other.", {
        hint: "Leave one of them out: an actor signs in with a password or with a certificate alone.",
      });
    }
    const verifier = invocation.flag("certificate-only") ? undefined : await passwordVerifier(invocation);
    const { addActor } = await import("../../actors/register.ts");
    const actor = await addActor(config.actors.file, { name, role, service, verifier });
    invocation.output.result(
      { id: actor.id, name, role },
      () => `${name} may sign in with the role ${role}. In the ledger: ${actor.id}`,
    );
    return EXIT.ok;
  },
};

async function passwordVerifier(invocation: Invocation): Promise<string> {
  const password = await readPassword(invocation);
  const { makeVerifier } = await import("../../wire/scram.ts");
  return makeVerifier(password);
}

/** The role given, or the one that whosaw.yaml has for this service account; they must not contradict each other. */
function chooseRole(config: Config, name: string, service: boolean, given: string | undefined): string {
  const configured = service ? config.actors.serviceAccounts.get(name) : undefined;
  if (configured !== undefined && given !== undefined && given !== configured) {
    throw new WhosawError("USAGE", "whosaw.yaml gives this service account another role.", {
      hint: "Leave --role out, or change actors.service-accounts.",
    });
  }
  const role = given ?? configured;
  const known = [...config.roles.keys()].filter((other) => !other.startsWith("svc:")).join(", ") || "none yet";
  if (role === undefined)
    throw new WhosawError("USAGE", "A role is needed.", {
      hint: `Add --role with a name under roles in whosaw.yaml (${known}).`,
    });
  if (!config.roles.has(role) || (role !== configured && role.startsWith("svc:"))) {
    throw new WhosawError("USAGE", "whosaw.yaml has no such role.", {
      hint: `Roles there: ${known}. Add it under roles, or choose one of them.`,
    });
  }
  return role;
}
