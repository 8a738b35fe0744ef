import { type Command, EXIT } from "../command.ts";
import { formatTable } from "../output.ts";

export const actorListCommand: Command = {
  name: "actor list",
  summary: "Who may sign in",
  examples: ["whosaw actor list", "whosaw actor list --json"],
  async run(invocation) {
    const config = await invocation.config();
    const { readRegister } = await import("../../actors/register.ts");
    const { roleOf } = await import("../../config/roles.ts");
    const actors = [...(await readRegister(config.actors.file)).all]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((actor) => {
        const role = roleOf(config, actor);
        const status = actor.disabled ? "disabled" : role === undefined ? "role missing" : "active";
        return {
          id: actor.id,
          name: actor.name,
          role: role?.name ?? actor.role,
          signIn: actor.verifier === undefined ? "certificate" : "password",
          status,
        };
      });
    invocation.output.result(actors, () => {
      if (actors.length === 0) return "Nobody may sign in yet. Add somebody with `whosaw actor add NAME --role ROLE`.";
      const columns = ["NAME", "ROLE", "SIGN-IN", "STATUS", "ID"].map((title) => ({ title }));
      return formatTable(
        columns,
        actors.map(({ id, name, role, signIn, status }) => [name, role, signIn, status, id]),
      );
    });
    return EXIT.ok;
  },
};
