/** What the gateway's benches run on: a support database, and three ways to it: direct, PgBouncer, whosaw. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import { freePort } from "../../sim/free-port.ts";
import { supportConfig } from "../../sim/support-database/config.ts";
import { createSupportRoles, fillSupportDatabase } from "../../sim/support-database/fill.ts";
import { addActor } from "../../src/actors/register.ts";
import { WhosawError } from "../../src/base/errors.ts";
import { makeVerifier } from "../../src/wire/scram.ts";
import { residentBytes } from "../processes.ts";

const run = promisify(execFile);
const PASSWORD = "bench";
const DATABASE = "support";
const ROLE = "helpdesk_agent";
/** nobody: PgBouncer refuses to run as root. */
const NOBODY_UID = 65_534;
const WATCH_INTERVAL_MS = 50;

/** One way to the database. */
export interface Route {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  /** Process whose memory counts, if it is ours. */
  readonly pid: number | undefined;
}

export interface StandOptions {
  readonly customers: number;
  readonly progress: (text: string) => void;
}

export class Stand {
  readonly #server: EmbeddedPostgres;
  readonly #dir: string;
  readonly #children: ChildProcess[] = [];

  private constructor(server: EmbeddedPostgres, dir: string) {
    this.#server = server;
    this.#dir = dir;
  }

  static async open({ customers, progress }: StandOptions): Promise<Stand> {
    progress(`a support database of ${customers} customers`);
    const server = await startEmbeddedPostgres({ version: 15, settings: { max_connections: "300" } });
    const dir = await mkdtemp(join(tmpdir(), "whosaw-bench-"));
    await createSupportRoles(server.superuserUrl, PASSWORD);
    await server.createDatabase(DATABASE);
    await fillSupportDatabase(server.url({ database: DATABASE }), { customers });
    return new Stand(server, dir);
  }

  get direct(): Route {
    const { host, port, pid } = this.#server;
    return { name: "direct", host, port, user: "whosaw_gw", env: { PGOPTIONS: `-c role=${ROLE}` }, pid };
  }

  /** Debian's PgBouncer in session mode, doing no more than passing on. */
  async pgbouncer(): Promise<Route> {
    const port = await freePort();
    const dir = join(this.#dir, "pgbouncer");
    await mkdir(dir, { mode: 0o755 });
    const { host, port: serverPort } = this.#server;
    await writeFile(join(dir, "users.txt"), `"whosaw_gw" "${PASSWORD}"\n`);
    await writeFile(
      join(dir, "pgbouncer.ini"),
      `[databases]
${DATABASE} = host=${host} port=${serverPort} dbname=${DATABASE} connect_query='set role ${ROLE}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(dir, "users.txt")}
pool_mode = session
server_reset_query =
max_client_conn = 300
default_pool_size = 200
ignore_startup_parameters = extra_float_digits,options
`,
    );
    await chown(this.#dir, NOBODY_UID, NOBODY_UID);
    const child = spawn("/usr/sbin/pgbouncer", [join(dir, "pgbouncer.ini")], {
      stdio: ["ignore", "ignore", "pipe"],
      ...(process.getuid?.() === 0 && { uid: NOBODY_UID, gid: NOBODY_UID }),
    });
    this.#children.push(child);
    await lineOf(child, "stderr", /process up/);
    return { name: "pgbouncer", host: "127.0.0.1", port, user: "whosaw_gw", env: {}, pid: child.pid };
  }

  /** The gateway in enforce, as the agent's role. @param sync false to measure what durability costs */
  async whosaw(sync: boolean): Promise<Route> {
    const name = sync ? "whosaw" : "whosaw without fsync";
    const dir = join(this.#dir, sync ? "durable" : "nosync");
    await mkdir(dir);
    const upstreamUrl = this.#server.url({ database: DATABASE, user: "whosaw_gw", password: PASSWORD });
    const file = join(dir, "whosaw.yaml");
    await writeFile(file, supportConfig({ upstreamUrl }));
    const verifier = await makeVerifier(PASSWORD);
    await addActor(join(dir, "whosaw-actors.json"), { name: "agent", role: "agent", service: false, verifier });
    const program = await this.#program("./gateway-process.js", [file, ...(sync ? [] : ["nosync"])]);
    return { name, user: "agent", env: {}, ...program };
  }

  /** A proxy in Node that only copies: the floor under everything that a gateway in Node can reach. */
  async copy(): Promise<Route> {
    const { user, env } = this.direct;
    return {
      name: "copying proxy",
      user,
      env,
      ...(await this.#program("./copy-process.js", [`${this.#server.port}`])),
    };
  }

  /** Starts a program of this folder, which prints its address when it is ready. */
  async #program(file: string, args: readonly string[]): Promise<Pick<Route, "host" | "port" | "pid">> {
    const child = spawn(process.execPath, [new URL(file, import.meta.url).pathname, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#children.push(child);
    const line = JSON.parse(await lineOf(child, "stdout", /./)) as { address: string };
    const [host = "", port] = line.address.split(":");
    return { host, port: Number(port), pid: child.pid };
  }

  /** Writes a pgbench script. @returns its path */
  async script(name: string, text: string): Promise<string> {
    const path = join(this.#dir, name);
    await writeFile(path, text);
    return path;
  }

  /** Runs a script by psql, throwing its output away, and watches the memory of the route's process meanwhile. */
  async peakWhile(route: Route, script: string): Promise<{ peakBytes: number; receivedBytes: number }> {
    const pid = route.pid;
    if (pid === undefined) throw new WhosawError("INTERNAL", `${route.name} has no process to watch`);
    const env = { ...process.env, PGPASSWORD: PASSWORD, ...route.env };
    const args = ["-h", route.host, "-p", `${route.port}`, "-U", route.user, "-X", "-q", "-f", script, DATABASE];
    const psql = spawn("psql", args, { env, stdio: ["ignore", "pipe", "inherit"] });
    let receivedBytes = 0;
    psql.stdout.on("data", (chunk: Buffer) => (receivedBytes += chunk.length));
    let peakBytes = 0;
    const watch = setInterval(() => {
      void residentBytes(pid).then((bytes) => (peakBytes = Math.max(peakBytes, bytes)));
    }, WATCH_INTERVAL_MS);
    await once(psql, "close");
    clearInterval(watch);
    return { peakBytes: Math.max(peakBytes, await residentBytes(pid)), receivedBytes };
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await this.#server.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

export interface PgbenchOptions {
  readonly script: string;
  readonly clients: number;
  readonly seconds: number;
  readonly protocol: "prepared" | "simple" | "extended";
}

export interface PgbenchResult {
  readonly perSecond: number;
  readonly latencyMs: number;
}

/** One run of pgbench. @throws WhosawError when it fails, or is not installed */
export async function pgbench(route: Route, options: PgbenchOptions): Promise<PgbenchResult> {
  const args = ["-n", "-h", route.host, "-p", `${route.port}`, "-U", route.user, "-f", options.script];
  args.push("-M", options.protocol, "-c", `${options.clients}`, "-j", options.clients > 8 ? "2" : "1");
  args.push("-T", `${options.seconds}`, DATABASE);
  const env = { ...process.env, PGPASSWORD: PASSWORD, ...route.env };
  const { stdout } = await run("pgbench", args, { env }).catch((cause: Error) => {
    throw new WhosawError("NOT_FOUND", `pgbench failed against ${route.name}: ${cause.message.slice(0, 500)}`, {
      hint: "install Debian's postgresql-15 and pgbouncer",
      cause,
    });
  });
  return { perSecond: figure(stdout, /tps = ([\d.]+)/), latencyMs: figure(stdout, /latency average = ([\d.]+) ms/) };
}

function figure(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new WhosawError("INTERNAL", `no figure ${pattern.source} in: ${text.slice(0, 300)}`);
  return Number(found);
}

async function lineOf(child: ChildProcess, from: "stdout" | "stderr", wanted: RegExp): Promise<string> {
  const stream = child[from];
  if (stream === null) throw new WhosawError("INTERNAL", "a child without output");
  for await (const line of createInterface(stream)) {
    if (!wanted.test(line)) continue;
    stream.resume();
    return line;
  }
  throw new WhosawError("INTERNAL", `${child.spawnfile} ended before it was ready`);
}
