/**
 * A PostgreSQL server whose data are kept from one start to the next, private to one process at a time. In its directory:
 *
 * | name       | what |
 * |------------|------|
 * | `data`     | PostgreSQL's own; as root it belongs to `postgres` or `nobody`, else to whoever runs this |
 * | `password` | the superuser's, random, mode 0600 |
 * | `lock`     | which process holds it (ledger/lock.ts) |
 *
 * It listens on a Unix socket alone, in a temporary folder that nobody else may enter.
 */
import { chownSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LIMITS } from "../base/limits.ts";
import { nodeDisk } from "../ledger/disk.ts";
import { makeDirectoryDurably } from "../ledger/durable-file.ts";
import { type HeldLock, takeLock } from "../ledger/lock.ts";
import { DEFAULT_VERSION, nativeFolder, runnableFolder, serverUser } from "./binaries.ts";
import { cannotUse, didNotStart } from "./failures.ts";
import { GuardedProcess } from "./guarded.ts";
import { type Home, makeCluster, readPassword, SUPERUSER, wherePostgresFinds } from "./home.ts";
import { readPidFile, stopLeftover } from "./leftover.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** How to reach a server, as `pg` wants it. */
export interface ServerAddress {
  /** Folder of its Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const PORT = 5432;
const DATABASE = "postgres";
const READY = /database system is ready to accept connections/u;
/** Said while processes of a killed server are still dying. */
const STILL_DYING = /pre-existing shared memory|lock file "[^"]+" already exists/u;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "",
  lc_messages: "C",
  logging_collector: "off",
  log_destination: "stderr",
  max_connections: "20",
  shared_buffers: "32MB",
  password_encryption: "scram-sha-256",
  timezone: "UTC",
};

/** Started by {@link openKeptServer}. One that ends by itself (its disk was full, the system had no memory) is started again. */
export class KeptServer {
  readonly address: ServerAddress;
  readonly #home: Home;
  readonly #lock: HeldLock;
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;
  #process: GuardedProcess;

  constructor(home: Home, password: string, process: GuardedProcess, lock: HeldLock) {
    this.address = { host: home.run, port: PORT, user: SUPERUSER, password, database: DATABASE };
    this.#home = home;
    this.#process = process;
    this.#lock = lock;
    this.#watching = this.#keepRunning();
  }

  /** Sessions are ended, data are on disk, the directory is free for the next. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const first = this.#process;
    // The folder of this run is still wanted by a server that is just being started again.
    await first.letGo("INT", { keep: true });
    await this.#watching;
    if (this.#process !== first) await this.#process.letGo("INT", { keep: true });
    await rm(this.#home.run, { recursive: true, force: true });
    await this.#lock.release();
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#process.gone;
      if (signal.aborted) return;
      await this.#process.letGo("QUIT", { keep: true });
      while (!(await this.#startAgain())) {
        await delay(LIMITS.serverRestartMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
      }
    }
  }

  async #startAgain(): Promise<boolean> {
    try {
      await stopLeftover(this.#home.data);
      this.#process = await launch(this.#home);
      return true;
    } catch {
      return false; // Whoever asks the state meanwhile is told that it cannot be reached.
    }
  }
}

/**
 * Starts the server of a directory, which the first start makes. When this process ends, however it ends, the server stops.
 * @param dir absolute; nobody but us need be able to look into the folders above
 * @throws {WhosawError} STORE_LOCKED (another process has it), STORE_MISMATCH (data of another major version),
 *   STATE_FAILED (not ours, disk full, damaged), NOT_FOUND (no PostgreSQL for this platform)
 */
export async function openKeptServer(dir: string): Promise<KeptServer> {
  const disk = nodeDisk();
  let lock: HeldLock;
  try {
    await makeDirectoryDurably(disk, dir);
    lock = await takeLock(disk, join(dir, "lock"), { subject: "The embedded state", code: "STORE_LOCKED" });
  } catch (error) {
    throw cannotUse(dir, error);
  }
  try {
    return await startHeld(dir, lock);
  } catch (error) {
    await lock.release();
    throw cannotUse(dir, error);
  }
}

async function startHeld(dir: string, lock: HeldLock): Promise<KeptServer> {
  await stopLeftover(join(dir, "data"));
  const user = serverUser();
  const run = mkdtempSync(join(temporaryFolder(user), "whosaw-state-"));
  try {
    if (user !== undefined) chownSync(run, user.uid, user.gid);
    const native = runnableFolder(nativeFolder(DEFAULT_VERSION), join(run, "native"), user);
    const home: Home = { dir, data: join(dir, "data"), run, native, user };
    const password = await makeCluster(home);
    return new KeptServer(home, password, await launch(home), lock);
  } catch (error) {
    await rm(run, { recursive: true, force: true });
    throw error;
  }
}

async function launch(home: Home): Promise<GuardedProcess> {
  const settings = { ...SETTINGS, unix_socket_directories: home.run };
  const deadline = performance.now() + LIMITS.serverStopMs;
  for (;;) {
    const server = new GuardedProcess({
      base: home.run,
      program: join(home.native, "bin", "postgres"),
      args: [
        "-D",
        wherePostgresFinds(home.data, home.user),
        "-p",
        String(PORT),
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      cwd: home.data,
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
      user: home.user,
    });
    if ((await server.says(READY, LIMITS.serverStartMs)) !== undefined) return server;
    await server.letGo("QUIT", { keep: true });
    if (!STILL_DYING.test(server.log) || performance.now() > deadline) throw didNotStart(home.data, server.log);
  }
}

/**
 * Where the server of a directory listens, if another process runs it.
 * @throws {WhosawError} STATE_FAILED when it may not be asked
 */
export async function runningServer(dir: string): Promise<ServerAddress | undefined> {
  try {
    const found = await readPidFile(join(dir, "data"));
    if (found?.socketFolder === undefined) return undefined;
    const password = await readPassword(dir);
    return { host: found.socketFolder, port: PORT, user: SUPERUSER, password, database: DATABASE };
  } catch (error) {
    throw cannotUse(dir, error);
  }
}
