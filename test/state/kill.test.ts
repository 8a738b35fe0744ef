/** The state's owner killed with SIGKILL: while it works, in the middle of a migration, and together with its guardian. */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { reachableByOthers, type ServerUser, serverUser } from "../../src/embedded-postgres/binaries.ts";
import { openKeptServer, runningServer } from "../../src/embedded-postgres/kept-server.ts";
import type { StateLocation } from "../../src/state/location.ts";
import { backupState } from "../../src/state/backup.ts";
import { restoreState } from "../../src/state/restore.ts";
import { openState } from "../../src/state/state.ts";
import { Cleanup, emptyDatabase, opened, options, temporaryDir } from "../../src/state/testing/places.ts";
import { Owner, PROJECT } from "./owner.ts";

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const LOG = "whosaw.example/test";
type Place = StateLocation;

const PLACES: readonly [string, () => Promise<Place>][] = [
  ["embedded", async () => ({ kind: "embedded", dir: join(await temporaryDir(cleanup), "state") })],
  ["by URL", () => emptyDatabase(cleanup)],
];

/** On the server of a place that nobody owns: an embedded one is started for it. */
async function onItsServer(place: Place, sql: string): Promise<void> {
  const server = place.kind === "embedded" ? await openKeptServer(place.dir) : undefined;
  await query(place.kind === "embedded" ? { ...server?.address } : { ...place, ssl: false }, sql);
  await server?.stop();
}

async function query(config: pg.ClientConfig, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(config);
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

/** Whether somebody's migration hangs there. */
async function migrates(place: Place): Promise<boolean> {
  try {
    const at = place.kind === "embedded" ? await runningServer(place.dir) : { ...place, ssl: false };
    if (at === undefined) return false;
    const sql = `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`;
    return (await query(at, sql)).length > 0;
  } catch {
    return false; // It is starting.
  }
}

/** Makes the migration hang when it has made most of its tables. */
const HANG = `
  CREATE FUNCTION hang() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    IF to_regclass('whosaw.policies') IS NOT NULL THEN PERFORM pg_sleep(1000); END IF;
  END $$;
  CREATE EVENT TRIGGER hang ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION hang()`;

describe.each(PLACES)("%s", (_, makePlace) => {
  test("killed while it has the state: the next one has it at once, with what was kept", async () => {
    const place = await makePlace();
    for (let kill = 0; kill < 3; kill++) {
      const owner = new Owner(place);
      await owner.opened();
      await expect(openState(place, options)).rejects.toMatchObject({ code: "STORE_LOCKED" });
      await owner.kill();
    }
    const state = await opened(place, cleanup);
    expect((await state.logs.list()).map(({ origin }) => origin)).toEqual([LOG]);
  });

  test("killed in the middle of a migration: it has not happened, and happens the next time", async () => {
    const place = await makePlace();
    await onItsServer(place, HANG);
    const owner = new Owner(place);
    await expect.poll(() => migrates(place), { timeout: 20_000 }).toBe(true);
    await owner.kill();
    await onItsServer(place, "DROP EVENT TRIGGER hang; DROP FUNCTION hang()");
    const state = await opened(place, cleanup);
    expect([await state.logs.list(), await state.policies.current()]).toEqual([[], undefined]);
  });

  test("a restore that is broken off half-way leaves what there was", async () => {
    const place = await makePlace();
    const file = join(await temporaryDir(cleanup), "backup");
    await (await openState(place, options)).close();
    await backupState(place, options, file);
    const state = await openState(place, options);
    await state.logs.register(LOG, "vkey");
    await state.close();
    await onItsServer(place, HANG);
    const restoring = restoreState(place, { ...options, replace: true }, file);
    const outcome = restoring.catch((error: unknown) => error);
    await expect.poll(() => migrates(place), { timeout: 20_000 }).toBe(true);
    const kill =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    await query(place.kind === "embedded" ? { ...(await runningServer(place.dir)) } : { ...place, ssl: false }, kill);
    expect(await outcome).toMatchObject({ code: "STATE_UNREACHABLE" });
    await onItsServer(place, "DROP EVENT TRIGGER hang; DROP FUNCTION hang()");
    const after = await opened(place, cleanup);
    expect((await after.logs.list()).map(({ origin }) => origin)).toEqual([LOG]);
  });

  test("tables of a newer program are refused, and left as they are", async () => {
    const place = await makePlace();
    await (await openState(place, options)).close();
    await onItsServer(place, "INSERT INTO whosaw.kysely_migration VALUES ('9999-later', '2030-01-01T00:00:00.000Z')");
    const file = join(await temporaryDir(cleanup), "backup");
    const newer = { code: "STORE_MISMATCH", message: expect.stringContaining("9999-later") as string };
    await expect(openState(place, options)).rejects.toMatchObject(newer);
    await expect(backupState(place, options, file)).rejects.toMatchObject(newer);
  });
});

describe("the embedded server", () => {
  async function dirOf(): Promise<string> {
    return join(await temporaryDir(cleanup), "state");
  }

  /** Another user, and the project where that user can reach it; undefined if we cannot be or help one. */
  async function anotherUser(): Promise<{ user: ServerUser; project: string } | undefined> {
    const user = serverUser();
    if (user === undefined || reachableByOthers(PROJECT)) return user && { user, project: PROJECT };
    const project = await mkdtemp(join(tmpdir(), "whosaw-state-project-"));
    // Never emptied, and not to be written: should the mount be left behind, this is the project itself.
    cleanup.add(() => rmdir(project));
    if (spawnSync("mount", ["-o", "bind,ro", PROJECT, project]).status !== 0) return undefined;
    cleanup.add(async () => spawnSync("umount", ["-l", project]));
    return reachableByOthers(project) ? { user, project } : undefined;
  }

  test("its guardian killed too: the server that is left is stopped by the next owner", async () => {
    const dir = await dirOf();
    const owner = new Owner({ kind: "embedded", dir });
    await owner.opened();
    const postmaster = Number(readFileSync(join(dir, "data/postmaster.pid"), "utf8").split("\n")[0]);
    const guardian = Number(/^PPid:\s+(\d+)$/mu.exec(readFileSync(`/proc/${postmaster}/status`, "utf8"))?.[1]);
    const leash = readFileSync(`/proc/${guardian}/task/${guardian}/children`, "utf8").split(" ").map(Number);
    for (const pid of [owner.pid, ...leash.filter((child) => child > 0 && child !== postmaster), guardian])
      process.kill(pid, "SIGKILL");
    await owner.ended;
    expect(() => process.kill(postmaster, 0)).not.toThrow();
    const state = await opened({ kind: "embedded", dir }, cleanup);
    expect((await state.logs.list()).length).toBe(1);
  });

  test("below a folder that nobody else may enter, as root and as another user", async () => {
    const another = await anotherUser();
    const base = await temporaryDir(cleanup);
    const folder = join(base, "private");
    await mkdir(folder, { mode: 0o700 });
    if (another !== undefined) {
      await chmod(base, 0o755);
      await chown(folder, another.user.uid, another.user.gid);
    }
    // The other user's own folder; then, as ourselves, one below it.
    for (const [dir, who] of [
      [join(folder, "theirs"), another],
      [join(folder, "ours"), undefined],
    ] as const) {
      for (let start = 0; start < 2; start++) {
        const owner = new Owner({ kind: "embedded", dir }, who);
        await owner.opened();
        expect(statSync(join(dir, "password")).mode & 0o777).toBe(0o600);
        expect(statSync(join(dir, "data")).mode & 0o077).toBe(0);
        await owner.close();
      }
    }
  });

  test("a server that died is started again", async () => {
    const dir = await dirOf();
    const state = await opened({ kind: "embedded", dir }, cleanup);
    await state.logs.register(LOG, "vkey");
    process.kill(Number(readFileSync(join(dir, "data/postmaster.pid"), "utf8").split("\n")[0]), "SIGKILL");
    await expect.poll(() => state.logs.list().catch(() => []), { timeout: 20_000 }).toHaveLength(1);
  });

  test("closed while its server is just being started again", async () => {
    const dir = await dirOf();
    for (let start = 0; start < 3; start++) {
      const state = await openState({ kind: "embedded", dir }, options);
      process.kill(Number(readFileSync(join(dir, "data/postmaster.pid"), "utf8").split("\n")[0]), "SIGKILL");
      await state.logs.list().catch(() => []);
      await state.close();
    }
  });

  test("data of another user are refused", async () => {
    const dir = await dirOf();
    await (await openState({ kind: "embedded", dir }, options)).close();
    const user = serverUser();
    if (user === undefined) return;
    await chown(join(dir, "data"), 4_711, 4_711);
    await expect(openState({ kind: "embedded", dir }, options)).rejects.toMatchObject({
      code: "STATE_FAILED",
      message: `${join(dir, "data")} belongs to user 4711, and the state's server runs as user ${user.uid}.`,
    });
    await chmod(join(dir, ".."), 0o755);
    const another = await anotherUser();
    if (another === undefined) return;
    const stranger = new Owner({ kind: "embedded", dir }, another);
    await stranger.ended;
    expect(stranger.complaint).toContain("belongs to another user");
  });

  test("data of another major version are refused, with what to do", async () => {
    const dir = await dirOf();
    await (await openState({ kind: "embedded", dir }, options)).close();
    await writeFile(join(dir, "data/PG_VERSION"), "17\n");
    await expect(openState({ kind: "embedded", dir }, options)).rejects.toMatchObject({
      code: "STORE_MISMATCH",
      hint: expect.stringContaining("whosaw state backup") as string,
    });
  });

  test("a lost password, and damaged data", async () => {
    const dir = await dirOf();
    await (await openState({ kind: "embedded", dir }, options)).close();
    const password = await readFile(join(dir, "password"));
    await rm(join(dir, "password"));
    const failed = { code: "STATE_FAILED", hint: expect.stringContaining("whosaw state restore") as string };
    await expect(openState({ kind: "embedded", dir }, options)).rejects.toMatchObject(failed);
    await writeFile(join(dir, "password"), password);
    await rename(join(dir, "data/global/pg_control"), join(dir, "data/global/pg_control.gone"));
    await expect(openState({ kind: "embedded", dir }, options)).rejects.toMatchObject(failed);
  });

  test("what a killed first start left behind does not matter", async () => {
    const dir = await dirOf();
    await mkdir(join(dir, "data.0badcafe.new", "base"), { recursive: true });
    await writeFile(join(dir, "password"), "of that start");
    await opened({ kind: "embedded", dir }, cleanup);
    expect(() => statSync(join(dir, "data.0badcafe.new"))).toThrow(/ENOENT/u);
  });
});
