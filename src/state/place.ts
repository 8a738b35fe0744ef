/** Gets to the state: with a server of its own where it is embedded, as its owner or to look at it only. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { openKeptServer, runningServer } from "../embedded-postgres/kept-server.ts";
import { connect, type Connection } from "./connection.ts";
import { embedded, reachable, type StateLocation } from "./location.ts";

/**
 * Nobody else owns it until `close`.
 * @throws {WhosawError} STATE_UNREACHABLE, STATE_FAILED, STORE_LOCKED, STORE_MISMATCH (of the embedded server's version)
 */
export function own(location: StateLocation): Promise<Connection> {
  return location.kind === "server"
    ? connect(reachable(location), { owner: true })
    : withServer(location.dir, { owner: true });
}

/**
 * Without owning it: while `whosaw serve` runs, its embedded server is asked; else one is started for the time.
 * @throws {WhosawError} as {@link own}; NOT_FOUND when there is nothing to look at
 */
export async function lookAt(location: StateLocation): Promise<Connection> {
  if (location.kind === "server") return connect(reachable(location), { owner: false });
  await assertMade(location.dir);
  for (const deadline = performance.now() + LIMITS.serverStopMs; ;) {
    try {
      return await withServer(location.dir, { owner: false });
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error;
    }
    try {
      const running = await runningServer(location.dir);
      if (running !== undefined) return await connect(embedded(running), { owner: false });
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error;
    }
    await delay(LIMITS.lockPollMs);
  }
}

/** Somebody has it, or is starting or stopping it at this very moment. */
function isPassing(error: unknown): boolean {
  return error instanceof WhosawError && ["STORE_LOCKED", "STATE_UNREACHABLE"].includes(error.code);
}

async function withServer(dir: string, options: { owner: boolean }): Promise<Connection> {
  const server = await openKeptServer(dir);
  try {
    const connection = await connect(embedded(server.address), options);
    return {
      session: connection.session,
      close: async () => {
        await connection.close();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function assertMade(dir: string): Promise<void> {
  await access(join(dir, "data")).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") throw noState(dir);
  });
}

/** @param where it is looked for */
export function noState(where: string): WhosawError {
  return new WhosawError("NOT_FOUND", `There is no state in ${where} yet: no \`whosaw serve\` has run with it.`, {
    hint: "Correct state: or data: in whosaw.yaml if one has.",
  });
}
