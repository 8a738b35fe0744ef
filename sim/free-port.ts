/** A port that nobody listens on just now. Somebody else may take it before its user does. */
import { once } from "node:events";
import { createServer } from "node:net";
import { WhosawError } from "../src/base/errors.ts";

/**
 * Asks the system for a free port on 127.0.0.1.
 * @throws WhosawError PORT_IN_USE when there is none
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string")
    throw new WhosawError("PORT_IN_USE", "no free port on 127.0.0.1");
  return address.port;
}
