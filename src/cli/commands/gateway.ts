import { type Command } from "../command.ts";

export const gatewayCommand: Command = {
  name: "gateway",
  summary: "Run the gateway alone",
  description: `Clients connect to listen.postgres as they would to the database. Protected rows need a lease of the control plane \
(whosaw serve --no-gateway), which is asked for at control.socket.
SIGTERM and SIGINT end all sessions, close the ledger and exit. SIGHUP reads whosaw.yaml and the actor register again.
Logs go to stderr, one JSON object a line.
With --json one line on stdout says when it is ready: \
{"event":"ready","postgres":"HOST:PORT","mode":...,"ledger":DIR,"vkey":...,"witness":...}.`,
  options: [{ flags: "--name NAME", description: "one of those under gateways in whosaw.yaml, instead of the first" }],
  examples: [
    "whosaw gateway",
    "whosaw gateway --name gw-2",
    "whosaw gateway --json --config /etc/whosaw/whosaw.yaml 2>> gateway.log",
  ],
  async run(invocation) {
    const { runGateway } = await import("../gateway.ts");
    const { configOfGateway } = await import("../../config/gateways.ts");
    return runGateway(invocation, async () => configOfGateway(await invocation.config(), invocation.option("name")));
  },
};
