import { WhosawError } from "../../base/errors.ts";
import type { ReloadTold } from "../../control/protocol.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit.ts";

export const reloadCommand: Command = {
  name: "reload",
  summary: "Have the running control plane and its gateways read whosaw.yaml again",
  description:
    "As SIGHUP to `whosaw serve`, and says what came of it. A file with a mistake changes nothing. " +
    'With --json: {"policy":HASH,"fixed":[SECTION,...],"gateways":[{"origin","policy","error"},...]}; fixed are sections that wait for the next start. ' +
    "Exit codes: 0 every gateway has it, 1 a gateway has kept what it had, 3 the file has a mistake, 4 no control plane runs.",
  examples: ["whosaw reload"],
  async run(invocation) {
    const config = await invocation.config();
    const { ControlClient } = await import("../../control/client.ts");
    const control = await ControlClient.find(config.control.socket);
    if (control === undefined) {
      throw new WhosawError("CONTROL_UNREACHABLE", "No control plane runs, so nothing is in force to be replaced.", {
        hint: "whosaw.yaml is read when `whosaw serve` starts.",
      });
    }
    const told = (await control.post("/v1/reload", {})) as ReloadTold;
    invocation.output.result(told, () => textOf(told));
    return told.gateways.every(({ error }) => error === null) ? EXIT.ok : EXIT.negative;
  },
};

function textOf({ policy, fixed, gateways }: ReloadTold): string {
  const lines = gateways.map(({ origin, error, policy: inForce }) =>
    error === null
      ? `${origin} has policy ${inForce.slice(0, 12)}.`
      : `${origin} has kept policy ${inForce.slice(0, 12)}: ${error}. \`whosaw check\` says what does not fit.`,
  );
  const waiting = fixed.length === 0 ? [] : [`Changed, and in force at the next start: ${fixed.join(", ")}.`];
  return [`The policy is ${policy.slice(0, 12)}.`, ...lines, ...waiting].join("\n");
}
