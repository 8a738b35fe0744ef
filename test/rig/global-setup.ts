/**
 * Lends servers to test files. Runs in vitest's main process for as long as the run lasts; a server starts when the
 * first test asks for its version, so that a run of unit tests starts none.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import type { PostgresVersion } from "../../sim/postgres-binaries.ts";

/** The port on 127.0.0.1 where one asks with a version, and is answered with the superuser's URL. */
export type LenderPort = number;

declare module "vitest" {
  export interface ProvidedContext {
    lenderPort: LenderPort;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<number, Promise<EmbeddedPostgres>>();
  const lend = async (version: PostgresVersion): Promise<string> => {
    const server = started.get(version) ?? startEmbeddedPostgres({ version });
    started.set(version, server);
    return (await server).superuserUrl;
  };
  const lender = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    createInterface(socket).once("line", (version) => {
      lend(Number(version) as PostgresVersion).then(
        (url) => socket.end(`${url}\n`),
        (error: unknown) => socket.end(`error ${String(error)}\n`),
      );
    });
  }).listen(0, "127.0.0.1");
  await once(lender, "listening");
  const address = lender.address();
  if (address === null || typeof address === "string") throw new Error("the lender has no port");
  project.provide("lenderPort", address.port);
  return async () => {
    lender.close();
    await Promise.all([...started.values()].map(async (server) => (await server).stop()));
  };
}
