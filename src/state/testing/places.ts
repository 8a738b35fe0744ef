/** States to try things on: embedded ones and databases on the run's servers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PostgresVersion } from "../../embedded-postgres/binaries.ts";
import { sharedServer } from "../../../test/rig/shared.ts";
import type { StateLocation } from "../location.ts";
import { openState, type State } from "../state.ts";

export const INSTALLATION = "whosaw.example/test";
export const NOW_MS = 1_800_000_000_000;
export const clock = { nowMs: () => NOW_MS };
export const options = { installation: INSTALLATION, clock };

/** Removes what it made, last things first. */
export class Cleanup {
  readonly #steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step();
  }
}

export async function temporaryDir(cleanup: Cleanup): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-state-test-"));
  cleanup.add(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Opened, and closed with the test. */
export async function opened(location: StateLocation, cleanup: Cleanup): Promise<State> {
  const state = await openState(location, options);
  cleanup.add(() => state.close());
  return state;
}

/** An empty database on a server by URL, as its superuser. */
export async function emptyDatabase(cleanup: Cleanup, version?: PostgresVersion): Promise<StateLocation> {
  const server = await sharedServer(version);
  const database = await server.createDatabase();
  cleanup.add(() => database.drop());
  return serverLocation(database.url);
}

export function serverLocation(text: string): StateLocation & { kind: "server" } {
  const url = new URL(text);
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent);
  return {
    kind: "server",
    host: url.hostname,
    port: Number(url.port),
    user: user ?? "",
    password,
    database: database ?? "",
    sslmode: "disable",
  };
}
