import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { startCluster } from "../../test/rig/cluster.ts";
import { postgresVersions, sharedServer } from "../../test/rig/shared.ts";
import { WhosawError } from "../base/errors.ts";
import { backupState } from "./backup.ts";
import { assertVersion } from "./connection.ts";
import type { ServerLocation } from "./location.ts";
import { restoreState } from "./restore.ts";
import { openState } from "./state.ts";
import { Cleanup, options, serverLocation, temporaryDir } from "./testing/places.ts";

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

async function failure(location: ServerLocation): Promise<{ code: string; says: string; hint: string | undefined }> {
  const error: unknown = await openState(location, options).then(
    (state) => state.close(),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof WhosawError)) throw new Error("it opened, or failed without a code", { cause: error });
  expect(error.message).not.toContain(location.password ?? "no password");
  return { code: error.code, says: error.message, hint: error.hint };
}

/** A database and a user with a password and no rights but to connect. */
async function stranger(version: Parameters<typeof sharedServer>[0]) {
  const server = await sharedServer(version);
  const database = await server.createDatabase();
  const user = `user_of_${database.name}`;
  await server.query(`CREATE ROLE ${user} LOGIN PASSWORD 'of the stranger'`);
  cleanup.add(() => server.query(`DROP ROLE ${user}`));
  cleanup.add(() => database.drop());
  const at = serverLocation(server.url({ database: database.name, user, password: "of the stranger" }));
  return { at, user, database };
}

describe.each(postgresVersions())("PostgreSQL %i", (version) => {
  test("wrong password", async () => {
    const { at } = await stranger(version);
    expect(await failure({ ...at, password: "wrong one" })).toMatchObject({
      code: "STATE_UNREACHABLE",
      says: expect.stringContaining("does not let us in") as string,
    });
    expect(await failure({ ...at, password: undefined })).toMatchObject({ code: "STATE_UNREACHABLE" });
  });

  test("no such database", async () => {
    const { at } = await stranger(version);
    expect(await failure({ ...at, database: "nowhere" })).toEqual({
      code: "STATE_UNREACHABLE",
      says: `The state database nowhere on ${at.host}:${at.port} does not exist.`,
      hint: "Create it (CREATE DATABASE), or correct the name in state: of whosaw.yaml.",
    });
  });

  test("no right to make tables: says what to grant, and that is enough", async () => {
    const { at, user, database } = await stranger(version);
    const { code, hint } = await failure(at);
    expect([code, hint]).toEqual(["STATE_FAILED", expect.stringContaining("CREATE SCHEMA whosaw AUTHORIZATION")]);
    await database.query(`CREATE SCHEMA whosaw AUTHORIZATION ${user}`);
    await (await openState(at, options)).close();
    await (await openState(at, options)).close();
  });

  test("tables of somebody else", async () => {
    const { at, user, database } = await stranger(version);
    await (await openState(serverLocation(database.url), options)).close();
    expect(await failure(at)).toMatchObject({ code: "STATE_FAILED" });
    await database.query(`GRANT USAGE ON SCHEMA whosaw TO ${user}`);
    expect(await failure(at)).toMatchObject({ code: "STATE_FAILED" });
  });

  test("no TLS where TLS is asked for", async () => {
    const { at } = await stranger(version);
    for (const sslmode of ["require", "verify-ca", "verify-full"] as const)
      expect(await failure({ ...at, sslmode })).toMatchObject({
        code: "STATE_UNREACHABLE",
        says: expect.stringContaining("does not speak TLS") as string,
      });
  });

  test("a read-only database", async () => {
    const { at, user, database } = await stranger(version);
    await database.query(`ALTER ROLE ${user} SET default_transaction_read_only = on`);
    await database.query(`GRANT CREATE ON DATABASE ${database.name} TO ${user}`);
    expect(await failure(at)).toMatchObject({ code: "STATE_FAILED", says: expect.stringContaining("read-only") });
  });

  test("connections that break are made anew, and ownership is taken again", async () => {
    const { at, user, database } = await stranger(version);
    await database.query(`GRANT CREATE ON DATABASE ${database.name} TO ${user}`);
    const state = await openState(at, options);
    cleanup.add(() => state.close());
    await state.logs.register("a", "vkey");
    const kill = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '${user}'`;
    expect((await database.query(kill)).length).toBeGreaterThan(1);
    await expect.poll(async () => (await state.logs.list().catch(() => [])).length).toBe(1);
    await expect(openState(at, options)).rejects.toMatchObject({ code: "STORE_LOCKED" });
  });
});

async function listening(server: Server): Promise<ServerLocation> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return serverLocation(`postgres://whosaw:secret@127.0.0.1:${address.port}/state`);
}

test("nobody listens; or somebody who hangs up", async () => {
  const rude = createServer((socket) => socket.destroy());
  const at = await listening(rude);
  expect(await failure(at)).toMatchObject({ code: "STATE_UNREACHABLE" });
  rude.close();
  expect(await failure(at)).toMatchObject({
    code: "STATE_UNREACHABLE",
    says: `The state database state on 127.0.0.1:${at.port} cannot be reached (ECONNREFUSED).`,
  });
  expect(await failure({ ...at, host: "nowhere.invalid" })).toMatchObject({ code: "STATE_UNREACHABLE" });
});

test("a restore that may not make tables says so", async () => {
  const { at, user, database } = await stranger(undefined);
  const source = serverLocation(database.url);
  await (await openState(source, options)).close();
  const file = join(await temporaryDir(cleanup), "backup");
  await backupState(source, options, file);
  await database.query("DROP SCHEMA whosaw CASCADE");
  const refused = {
    code: "STATE_FAILED",
    message: expect.stringContaining("does not allow us to make or use our tables") as string,
  };
  await expect(restoreState(at, { ...options, replace: false }, file)).rejects.toMatchObject(refused);
  await database.query(`CREATE SCHEMA whosaw; GRANT USAGE ON SCHEMA whosaw TO ${user}`);
  await expect(restoreState(at, { ...options, replace: false }, file)).rejects.toMatchObject(refused);
});

test("TLS: taken without a look where it is required, refused where it must be verified and cannot be", async () => {
  const server = await startCluster({ tls: true, tlsOnly: true });
  cleanup.add(() => server.stop());
  await server.query("CREATE ROLE keeper LOGIN PASSWORD 'of the keeper'");
  await server.query("CREATE DATABASE state OWNER keeper");
  const at = serverLocation(server.url({ database: "state", user: "keeper", password: "of the keeper" }));
  expect(await failure(at)).toMatchObject({ code: "STATE_UNREACHABLE" });
  await (await openState({ ...at, sslmode: "require" }, options)).close();
  for (const sslmode of ["verify-ca", "verify-full"] as const)
    expect(await failure({ ...at, sslmode })).toMatchObject({
      code: "STATE_UNREACHABLE",
      says: expect.stringContaining("a certificate that cannot be trusted") as string,
    });
});

test("a server that is too old", () => {
  expect(() => assertVersion(140_000, "the state database")).not.toThrow();
  expect(() => assertVersion(130_020, "the state database")).toThrow(
    "The state database is on PostgreSQL 13, which is too old.",
  );
});
