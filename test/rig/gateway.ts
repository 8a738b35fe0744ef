/** A gateway before a support database, in this process, with everything real. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { supportConfig } from "../../sim/support-database/config.ts";
import { type Actor } from "../../src/actors/actor.ts";
import { addActor } from "../../src/actors/register.ts";
import { ActorStore } from "../../src/actors/store.ts";
import type { Config } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/load.ts";
import { type RunningGateway, startGateway } from "../../src/gateway/gateway.ts";
import type { Lease } from "../../src/gateway/lease.ts";
import type { GatewayLog } from "../../src/gateway/parts.ts";
import { alwaysLeased } from "../../src/gateway/testing/always-leased.ts";
import { createKeys, type LedgerKeys } from "../../src/ledger/keys-file.ts";
import { makeVerifier } from "../../src/wire/scram.ts";
import type { SupportDatabase } from "./shared.ts";

export const AGENT_PASSWORD = "correct horse battery staple";

export interface TestGatewayOptions {
  readonly database: SupportDatabase;
  readonly mode?: "observe" | "enforce";
  /** Changes the configuration's text before it is read. */
  readonly edit?: (yaml: string) => string;
  /** Default: one that is always held. */
  readonly lease?: Lease;
}

export interface TestGateway {
  readonly running: RunningGateway;
  readonly config: Config;
  readonly keys: LedgerKeys;
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  /** Warnings and errors that the operator would have seen. */
  readonly complaints: string[];
  readonly actors: { readonly alice: Actor; readonly app: Actor; readonly root: Actor };
  /** Connection string for an actor; `direct` is the database without the gateway, as the same upstream role. */
  url(actor?: "alice" | "app" | "root"): string;
  client(actor?: "alice" | "app" | "root", options?: pg.ClientConfig): Promise<pg.Client>;
  /** Somebody more, with {@link AGENT_PASSWORD}. */
  signUp(name: string, role: string): Promise<Actor>;
  stop(): Promise<void>;
}

export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-gateway-"));
  const yaml = supportConfig({
    upstreamUrl: options.database.gatewayUrl,
    ledgerDir: join(dir, "ledger"),
    mode: options.mode ?? "enforce",
  }).replace("roles:", "roles:\n  owner: {migrate: true}");
  const text = options.edit?.(yaml) ?? yaml;
  const config = parseConfig(Buffer.from(text), join(dir, "whosaw.yaml"), { env: {}, shownAs: "whosaw.yaml" });
  const verifier = await makeVerifier(AGENT_PASSWORD);
  const alice = await addActor(config.actors.file, { name: "alice", role: "agent", verifier, service: false });
  const app = await addActor(config.actors.file, { name: "helpdesk", role: "application", verifier, service: true });
  const root = await addActor(config.actors.file, { name: "root", role: "owner", verifier, service: false });
  const keys = await createKeys(config.ledger.keys);
  const actors = await ActorStore.open(config.actors.file);
  const complaints: string[] = [];
  const running = await startGateway({
    config,
    actors,
    openKeys: () => Promise.resolve(keys),
    log: logInto(complaints),
    lease: options.lease ?? alwaysLeased,
    onFatal: fail,
  });
  const [host, port] = [running.address.split(":")[0] ?? "", Number(running.address.split(":").at(-1))];
  const names = { alice: "alice", app: "helpdesk", root: "root" };
  const url = (actor: keyof typeof names = "alice"): string =>
    `postgres://${names[actor]}:${encodeURIComponent(AGENT_PASSWORD)}@${host}:${port}/${options.database.name}`;
  return {
    running,
    config,
    keys,
    dir,
    host,
    port,
    complaints,
    actors: { alice, app, root },
    url,
    client: async (actor = "alice", more = {}) => {
      const client = new pg.Client({ connectionString: url(actor), ...more });
      await client.connect();
      return client;
    },
    signUp: async (name, role) => {
      const actor = await addActor(config.actors.file, { name, role, verifier, service: false });
      await actors.reload();
      return actor;
    },
    stop: async () => {
      await running.close();
      actors.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function logInto(complaints: string[]): GatewayLog {
  const note = (fields: Record<string, unknown>, message: string): void => {
    complaints.push(
      `${message} ${JSON.stringify(fields)} ${fields["err"] instanceof Error ? fields["err"].stack : ""}`,
    );
  };
  return { info: () => undefined, warn: note, error: note };
}

function fail(error: Error): never {
  throw error;
}
