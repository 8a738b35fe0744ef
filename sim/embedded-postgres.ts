/** A PostgreSQL server of one's own, from npm: for the demo, for tests and for benchmarks. Nothing of it survives its owner. */
import { randomBytes } from "node:crypto";
import { chownSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { WhosawError } from "../src/base/errors.ts";
import {
  DEFAULT_VERSION,
  nativeFolder,
  type PostgresVersion,
  runnableFolder,
  type ServerUser,
  serverUser,
} from "../src/embedded-postgres/binaries.ts";
import { GuardedProcess } from "../src/embedded-postgres/guarded.ts";
import { initdb } from "../src/embedded-postgres/initdb.ts";
import { temporaryFolder } from "../src/embedded-postgres/temporary-folder.ts";
import { freePort } from "./free-port.ts";

export interface EmbeddedPostgresOptions {
  readonly version?: PostgresVersion;
  /** Server settings, added to or replacing the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of pg_hba.conf that stand after the superuser's own. Default: scram-sha-256 for everybody. */
  readonly hba?: readonly string[];
  /** PEM texts; with them the server speaks TLS. `ca` is what client certificates are checked against. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
  /** Given everything that the server writes to its log, as it comes. */
  readonly onLog?: (text: string) => void;
}

const SUPERUSER = "postgres";
const START_ATTEMPTS = 10;
const START_TIMEOUT_MS = 60_000;
const READY = /database system is ready to accept connections/;

/** Started by {@link startEmbeddedPostgres}. Listens on 127.0.0.1 only. */
export class EmbeddedPostgres {
  readonly host = "127.0.0.1";
  readonly version: PostgresVersion;
  readonly superuser: { readonly user: string; readonly password: string };
  readonly #home: Home;
  #run: Run;

  constructor(version: PostgresVersion, password: string, home: Home, run: Run) {
    this.version = version;
    this.superuser = { user: SUPERUSER, password };
    this.#home = home;
    this.#run = run;
  }

  get port(): number {
    return this.#run.port;
  }

  /** The postmaster's process id. */
  get pid(): number {
    return this.#run.process.pid;
  }

  /** What the server wrote to its log in this run, the last 20,000 characters of it. */
  get log(): string {
    return this.#run.process.log;
  }

  get superuserUrl(): string {
    return this.url();
  }

  /** A connection URL; the superuser and the database `postgres` where nothing else is said. */
  url(to: { database?: string; user?: string; password?: string } = {}): string {
    const password = to.password ?? (to.user === undefined ? this.superuser.password : undefined);
    const user =
      encodeURIComponent(to.user ?? SUPERUSER) + (password === undefined ? "" : `:${encodeURIComponent(password)}`);
    return `postgres://${user}@${this.host}:${this.port}/${encodeURIComponent(to.database ?? "postgres")}`;
  }

  /** An empty database. @param name a plain identifier */
  async createDatabase(name: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.superuserUrl });
    await client.connect();
    try {
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
    } finally {
      await client.end();
    }
  }

  /** Stops the server and removes its data. Twice is as good as once. */
  async stop(): Promise<void> {
    await this.#run.process.letGo("QUIT");
    await rm(this.#home.base, { recursive: true, force: true });
  }

  /** The machine's plug pulled: every process of the server killed at once, the data kept for {@link start}. */
  async kill(): Promise<void> {
    // Stopped first, the postmaster can neither fork nor tell its children; dead before them, they would say goodbye.
    send("SIGSTOP", this.pid);
    for (const pid of [...childrenOf(this.pid), this.pid]) send("SIGKILL", pid);
    await this.#run.process.letGo("KILL", { keep: true });
  }

  /** Starts the stopped or killed server again, on the same port. */
  async start(): Promise<void> {
    this.#run = await launch(this.#home, this.port);
  }

  /** A clean stop (sessions are ended) and a start on the same port. */
  async restart(): Promise<void> {
    await this.#run.process.letGo("INT", { keep: true });
    await this.start();
  }
}

/**
 * Makes an empty cluster in a temporary directory and starts it on a free port of 127.0.0.1.
 * As root the server runs as `postgres` or `nobody`. It stops, and its files go, when this process ends, however it ends.
 * @throws WhosawError NOT_FOUND when that version is not installed, UPSTREAM_UNREACHABLE when it does not start
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const version = options.version ?? DEFAULT_VERSION;
  const user = serverUser();
  const base = mkdtempSync(join(temporaryFolder(user), "whosaw-postgres-"));
  try {
    if (user !== undefined) chownSync(base, user.uid, user.gid);
    const home = {
      base,
      user,
      data: join(base, "data"),
      native: runnableFolder(nativeFolder(version), join(base, "native"), user),
      onLog: options.onLog,
    };
    const password = randomBytes(12).toString("base64url");
    await initialise(home, password);
    configure(home, options);
    return new EmbeddedPostgres(version, password, home, await launch(home));
  } catch (error) {
    await rm(base, { recursive: true, force: true });
    throw error;
  }
}

interface Home {
  readonly base: string;
  readonly data: string;
  readonly native: string;
  readonly user: ServerUser | undefined;
  readonly onLog: ((text: string) => void) | undefined;
}

async function initialise(home: Home, password: string): Promise<void> {
  const passwordFile = join(home.base, "password");
  writeFor(home, passwordFile, password);
  await initdb({ ...home, cwd: home.base, superuser: SUPERUSER, passwordFile, sync: false });
  await rm(passwordFile);
}

const DEFAULT_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  lc_messages: "C",
  logging_collector: "off",
  log_destination: "stderr",
  // Its data are thrown away with it: nothing has to survive a power cut.
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "200",
  shared_buffers: "64MB",
  password_encryption: "scram-sha-256",
};

function configure(home: Home, options: EmbeddedPostgresOptions): void {
  const settings: Record<string, string> = { ...DEFAULT_SETTINGS };
  if (options.tls !== undefined) {
    for (const [part, pem] of Object.entries(options.tls)) {
      writeFor(home, join(home.base, `${part}.pem`), pem);
      settings[`ssl_${part}_file`] = join(home.base, `${part}.pem`);
    }
    settings["ssl"] = "on";
  }
  Object.assign(settings, options.settings);
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
  writeFor(home, join(home.data, "postgresql.auto.conf"), `${lines.join("\n")}\n`);
  const hba = [
    `host all ${SUPERUSER} 127.0.0.1/32 scram-sha-256`,
    ...(options.hba ?? ["host all all 127.0.0.1/32 scram-sha-256"]),
  ];
  writeFor(home, join(home.data, "pg_hba.conf"), `${hba.join("\n")}\n`);
}

function writeFor(home: Home, path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  if (home.user !== undefined) chownSync(path, home.user.uid, home.user.gid);
}

/** One life of the server, from start to exit. */
interface Run {
  readonly port: number;
  readonly process: GuardedProcess;
}

function launchOnce(home: Home, port: number): Run {
  const server = new GuardedProcess({
    base: home.base,
    program: join(home.native, "bin", "postgres"),
    args: ["-D", home.data, "-p", String(port)],
    cwd: home.base,
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
    user: home.user,
    onLog: home.onLog,
  });
  return { port, process: server };
}

async function launch(home: Home, samePort?: number): Promise<Run> {
  let log = "";
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const attempted = launchOnce(home, samePort ?? (await freePort()));
    if ((await attempted.process.says(READY, START_TIMEOUT_MS)) !== undefined) return attempted;
    await attempted.process.letGo("KILL", { keep: true });
    log = attempted.process.log;
    // Somebody else took the port between our look and the server's; or, after kill(), a backend is still dying.
    if (!/could not bind|pre-existing shared memory|another server/.test(log)) break;
  }
  throw new WhosawError("UPSTREAM_UNREACHABLE", "the embedded PostgreSQL did not start", {
    hint: log.trim().split("\n").slice(-3).join(" "),
  });
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // Not Linux: the children notice that the postmaster is gone, and leave.
  }
}

function send(signal: NodeJS.Signals, pid: number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
