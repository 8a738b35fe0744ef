import { type Command } from "../command.ts";

export const serveCommand: Command = {
  name: "serve",
  summary: "Run the gateway",
  description: `Clients connect to listen.postgres as they would to the database. With --json one line on stdout says when it is ready:
{"event":"ready","postgres":"HOST:PORT","mode":...,"ledger":DIR,"vkey":...,"witness":...}. Logs go to stderr, one JSON object a line.
SIGTERM and SIGINT end all sessions, close the ledger and exit. SIGHUP reads whosaw.yaml and the actor register again.`,
  examples: ["whosaw serve", "whosaw serve --json --config /etc/whosaw/whosaw.yaml 2>> whosaw.log"],
  async run(invocation) {
    const { serve } = await import("../serve.ts");
    return serve(invocation);
  },
};
