import { type Command } from "../command.ts";

export const serveCommand: Command = {
  name: "serve",
  summary: "Run the control plane, and a gateway beside it",
  description: `Clients connect to listen.postgres as they would to the database. The gateway is a process of its own: \
it is started again when it crashes, and outlives a crash of the control plane.
SIGTERM and SIGINT end both. SIGHUP, or \`whosaw reload\`, reads whosaw.yaml and the actor register again, everywhere.
Logs go to stderr, one JSON object a line.
With --json one line on stdout says when both are ready: \
{"event":"ready","postgres":"HOST:PORT","mode":...,"ledger":DIR,"vkey":...,"witness":...,"control":SOCKET,"http":"HOST:PORT" or null}; \
with --no-gateway only event, control and http.`,
  options: [{ flags: "--no-gateway", description: "the control plane alone; start gateways with `whosaw gateway`" }],
  examples: ["whosaw serve", "whosaw serve --json --config /etc/whosaw/whosaw.yaml 2>> whosaw.log"],
  async run(invocation) {
    const { serve } = await import("../serve.ts");
    return serve(invocation);
  },
};
