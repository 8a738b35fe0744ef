/** What the gateway's benches run on: a support database, and three ways to it: direct, PgBouncer, whosaw. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, chown, constants, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { EmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import { freePort } from "../../sim/free-port.ts";
import { supportConfig } from "../../sim/support-database/config.ts";
import { addActor } from "../../src/actors/register.ts";
import { WhosawError } from "../../src/base/errors.ts";
import { makeVerifier } from "../../src/wire/scram.ts";
import { residentBytes } from "../processes.ts";
import {
  DATABASE,
  GATEWAY_USER,
  PASSWORD,
  ROLE,
  startSupportServer,
  type SupportServerOptions,
  upstreamUrl,
} from "./support-server.ts";

const run = promisify(execFile);
/** Where Debian installs it. */
const PGBOUNCER = "/usr/sbin/pgbouncer";
const HINT = "on Debian 12: apt-get install --no-install-recommends postgresql-15 pgbouncer";
/** nobody: PgBouncer refuses to run as root. */
const NOBODY_UID = 65_534;
const WATCH_INTERVAL_MS = 50;

/** Names of the ways, as rows compare them. */
export const DIRECT = "direct";
export const PGBOUNCER_ROUTE = "pgbouncer";
export const WHOSAW = "whosaw";
export const WHOSAW_UNSYNCED = "whosaw without fsync";

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

export class Stand {
  readonly #server: EmbeddedPostgres;
  readonly #dir: string;
  readonly #children: ChildProcess[] = [];

  private constructor(server: EmbeddedPostgres, dir: string) {
    this.#server = server;
    this.#dir = dir;
  }

  static async open(options: SupportServerOptions): Promise<Stand> {
    const server = await startSupportServer(options);
    return new Stand(server, await mkdtemp(join(tmpdir(), "whosaw-bench-")));
  }

  get direct(): Route {
    const { host, port, pid } = this.#server;
    return { name: DIRECT, host, port, user: GATEWAY_USER, env: { PGOPTIONS: `-c role=${ROLE}` }, pid };
  }

  /**
   * Debian's PgBouncer in session mode, doing no more than passing on.
   * @throws WhosawError NOT_FOUND when it is not installed
   */
  async pgbouncer(): Promise<Route> {
    await access(PGBOUNCER, constants.X_OK).catch((cause: unknown) => {
      throw new WhosawError("NOT_FOUND", `there is no ${PGBOUNCER}`, { hint: HINT, cause });
    });
    const port = await freePort();
    const dir = join(this.#dir, "pgbouncer");
    await mkdir(dir, { mode: 0o755 });
    const { host, port: serverPort } = this.#server;
    await writeFile(join(dir, "users.txt"), `"${GATEWAY_USER}" "${PASSWORD}"\n`);
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
    const root = process.getuid?.() === 0;
    if (root) await chown(this.#dir, NOBODY_UID, NOBODY_UID);
    const child = spawn(PGBOUNCER, [join(dir, "pgbouncer.ini")], {
      stdio: ["ignore", "ignore", "pipe"],
      ...(root && { uid: NOBODY_UID, gid: NOBODY_UID }),
    });
    this.#children.push(child);
    await lineOf(child, "stderr", /process up/);
    return { name: PGBOUNCER_ROUTE, host: "127.0.0.1", port, user: GATEWAY_USER, env: {}, pid: child.pid };
  }

  /** The gateway in enforce, as the agent's role. @param sync false to measure what durability costs */
  async whosaw(sync: boolean): Promise<Route> {
    const name = sync ? WHOSAW : WHOSAW_UNSYNCED;
    const dir = join(this.#dir, sync ? "durable" : "nosync");
    await mkdir(dir);
    const file = join(dir, "whosaw.yaml");
    await writeFile(file, supportConfig({ upstreamUrl: upstreamUrl(this.#server) }));
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

  /**
   * Runs a script by psql, throwing its output away, and watches the memory of the route's process meanwhile.
   * @throws WhosawError NOT_FOUND when psql fails, or is not installed
   */
  async peakWhile(route: Route, script: string): Promise<{ peakBytes: number; receivedBytes: number }> {
    const pid = route.pid;
    if (pid === undefined) throw new WhosawError("INTERNAL", `${route.name} has no process to watch`);
    const env = { ...process.env, PGPASSWORD: PASSWORD, ...route.env };
    const args = ["-h", route.host, "-p", `${route.port}`, "-U", route.user, "-X", "-q", "-v", "ON_ERROR_STOP=1"];
    const psql = spawn("psql", [...args, "-f", script, DATABASE], { env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(psql, "close");
    let receivedBytes = 0;
    psql.stdout.on("data", (chunk: Buffer) => (receivedBytes += chunk.length));
    let peakBytes = 0;
    const look = async (): Promise<void> => {
      peakBytes = Math.max(peakBytes, await residentBytes(pid));
    };
    // A process that has ended is noticed by the last look.
    const watch = setInterval(() => void look().catch(() => {}), WATCH_INTERVAL_MS);
    try {
      const [code] = (await ended) as [number | null];
      if (code !== 0) throw new WhosawError("NOT_FOUND", `psql failed against ${route.name}`, { hint: HINT });
      await look();
    } finally {
      clearInterval(watch);
    }
    return { peakBytes, receivedBytes };
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
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
      hint: HINT,
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
