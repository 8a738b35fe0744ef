/** The servers that all test files of a run share: one a version, databases of one's own on them. */
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { inject } from "vitest";
import { type PostgresVersion, type ServerHandle, serverAt } from "./cluster.ts";
import type { LenderPort } from "./global-setup.ts";

/**
 * The run's server of that version (scram, no TLS), started when first asked for. Do not stop it, change its settings
 * or assume that roles are yours: roles belong to the server, so give them names of your own.
 */
export async function sharedServer(version: PostgresVersion = 15): Promise<ServerHandle> {
  const port: LenderPort = inject("lenderPort");
  const socket = connect(port, "127.0.0.1");
  const answer = once(createInterface(socket), "line");
  socket.write(`${version}\n`);
  const url = String((await answer)[0]);
  if (url.startsWith("error ")) throw new Error(url);
  return serverAt(version, () => url);
}
