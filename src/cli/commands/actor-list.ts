import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";
import { formatTable } from "../output.ts";

const COLUMNS = ["NAME", "ROLE", "SIGN-IN", "STATUS", "ID"].map((title) => ({ title }));
const NOBODY = "Nobody may sign in yet. Add somebody with `whosaw actor add NAME --role ROLE`.";

interface ListedActor {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly signIn: "password" | "certificate";
  readonly status: "active" | "disabled" | "role missing";
}

export const actorListCommand: Command = {
  name: "actor list",
  summary: "Who may sign in",
  description:
    "Tells which person stands behind an id of the ledger: once there is a ledger, the look itself becomes an entry of the console log before anything is printed.",
  examples: ["whosaw actor list", "whosaw actor list --json"],
  async run(invocation) {
    const config = await invocation.config();
    const { readRegister } = await import("../../actors/register.ts");
    const { roleOf } = await import("../../config/roles.ts");
    const actors = [...(await readRegister(config.actors.file)).all]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((actor): ListedActor => {
        const role = roleOf(config, actor);
        const status = actor.disabled ? "disabled" : role === undefined ? "role missing" : "active";
        const signIn = actor.verifier === undefined ? "certificate" : "password";
        return { id: actor.id, name: actor.name, role: role?.name ?? actor.role, signIn, status };
      });
    const { ledgerStarted } = await import("../../ledger/started.ts");
    if (!(await ledgerStarted(config.ledger))) {
      // No gateway has run yet: the ids are in no ledger, and name nobody's doings.
      invocation.output.result(actors, () => (actors.length === 0 ? NOBODY : formatTable(COLUMNS, actors.map(row))));
      return EXIT.ok;
    }
    const { printLook } = await import("../answers.ts");
    const look = { command: "actor list", target: "actors" };
    await printLook(invocation, config, look, actors, { columns: COLUMNS, row, none: NOBODY });
    return EXIT.ok;
  },
};

function row({ name, role, signIn, status, id }: ListedActor): readonly string[] {
  return [name, role, signIn, status, id];
}
