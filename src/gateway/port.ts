/** The port that clients connect to: is it free, and what to do if it is not. */
import { once } from "node:events";
import { createServer } from "node:net";
import { WhosawError } from "../base/errors.ts";

/**
 * Listens for a moment, and lets the port go again.
 * @throws WhosawError PORT_IN_USE, also for an address that is not this machine's
 */
export async function assertPortFree(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    const listening = once(server, "listening");
    server.listen(port, host);
    await listening;
  } catch (cause) {
    throw cannotListen(host, port, cause);
  }
  server.close();
  await once(server, "close");
}

/** Why nobody can listen there, from the system's error. */
export function cannotListen(host: string, port: number, cause: unknown): WhosawError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") {
    return new WhosawError("PORT_IN_USE", `Port ${port} of ${host} is in use.`, {
      hint: "If that is this gateway, it runs already; otherwise stop the other program, or choose another port in listen.postgres.",
      cause,
    });
  }
  if (code === "EACCES") {
    return new WhosawError("PORT_IN_USE", `This user may not listen on port ${port}.`, {
      hint: "Choose a port above 1023 in listen.postgres.",
      cause,
    });
  }
  return new WhosawError("PORT_IN_USE", `${host} is not an address of this machine.`, {
    hint: "Write 127.0.0.1, 0.0.0.0 or an address of this machine in listen.postgres.",
    cause,
  });
}
