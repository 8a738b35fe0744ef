/**
 * The same program in two places: at the database, and through the gateway, as the same database role. What it prints
 * is compared section by section; a section begins with a line `== its name`.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { issueServer, makeAuthority } from "../rig/certs.ts";
import { AGENT_PASSWORD, startTestGateway, type TestGateway, type TestGatewayOptions } from "../rig/gateway.ts";
import { LENT_GATEWAY_PASSWORD } from "../rig/global-setup.ts";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";

const run = promisify(execFile);
const OUTPUT_BYTES_MAX = 1 << 26;

/** Where a driver connects to. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Startup option, so that both places have the same role; the gateway brings its own. */
  readonly options: string | undefined;
}

/** A difference that stands by design: what the section says in each place, and why. */
export interface Exception {
  readonly section: string;
  readonly why: string;
  readonly direct: RegExp;
  readonly gateway: RegExp;
}

export interface Places {
  readonly database: SupportDatabase;
  readonly gateway: TestGateway;
  readonly direct: Place;
  readonly through: Place;
  stop(): Promise<void>;
}

/** A support database and a gateway before it; both places are helpdesk_app. */
export async function startPlaces(options: Omit<TestGatewayOptions, "database"> = {}): Promise<Places> {
  const database = await supportDatabase(15);
  const gateway = await startTestGateway({ ...options, database });
  const { host, port } = database.server;
  return {
    database,
    gateway,
    direct: {
      host,
      port,
      user: "whosaw_gw",
      password: LENT_GATEWAY_PASSWORD,
      database: database.name,
      options: "-c role=helpdesk_app",
    },
    through: {
      host: gateway.host,
      port: gateway.port,
      user: "helpdesk",
      password: AGENT_PASSWORD,
      database: database.name,
      options: undefined,
    },
    stop: async () => {
      await gateway.stop();
      await database.drop();
    },
  };
}

/** Places as {@link startPlaces}, the gateway speaking TLS with a certificate for localhost. */
export interface TlsPlaces extends Places {
  /** File with the authority that signed the gateway's certificate, and with one that did not. */
  readonly ca: string;
  readonly otherCa: string;
}

export async function startTlsPlaces(): Promise<TlsPlaces> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-tls-"));
  const [authority, other] = await Promise.all([makeAuthority(), makeAuthority("somebody else")]);
  const server = await issueServer(authority);
  const pems = { "ca.pem": authority.cert, "other-ca.pem": other.cert, "cert.pem": server.cert, "key.pem": server.key };
  for (const [name, pem] of Object.entries(pems)) await writeFile(join(dir, name), pem);
  const tls = `tls: {cert: ${join(dir, "cert.pem")}, key: ${join(dir, "key.pem")}}`;
  const places = await startPlaces({
    edit: (yaml) => yaml.replace('listen: {postgres: "127.0.0.1:0"}', `listen: {postgres: "127.0.0.1:0", ${tls}}`),
  });
  return {
    ...places,
    ca: join(dir, "ca.pem"),
    otherCa: join(dir, "other-ca.pem"),
    stop: async () => {
      await places.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** libpq's environment variables for a place; the JDBC program reads them too. */
export function environment(place: Place): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    LC_ALL: "C.UTF-8",
    PGHOST: place.host,
    PGPORT: String(place.port),
    PGUSER: place.user,
    PGPASSWORD: place.password,
    PGDATABASE: place.database,
    ...(place.options !== undefined && { PGOPTIONS: place.options }),
    PGCONNECT_TIMEOUT: "20",
  };
}

/** Runs a program with that environment; its output and its errors, as one text, with its exit code at the end. */
export async function transcript(
  program: string,
  args: readonly string[],
  place: Place,
  more: NodeJS.ProcessEnv = {},
): Promise<string> {
  // One pipe for both, so that their order stays.
  const command = `exec "$0" "$@" 2>&1`;
  const env = { ...environment(place), ...more };
  const options = { env, maxBuffer: OUTPUT_BYTES_MAX, cwd: import.meta.dirname };
  try {
    return (await run("/bin/sh", ["-c", command, program, ...args], options)).stdout;
  } catch (error) {
    const { stdout, code } = error as { stdout?: string; code?: unknown };
    return `${stdout ?? ""}\nexit ${String(code)}`;
  }
}

/** Fails unless both say the same in every section, or what an exception says. Every exception must be needed. */
export function expectSame(direct: string, through: string, exceptions: readonly Exception[] = []): void {
  const [there, here] = [sections(direct), sections(through)];
  // One of them ended early: the whole texts say why.
  if (here.size !== there.size) expect(through).toBe(direct);
  const plain = [...there.keys()].filter((name) => !exceptions.some(({ section }) => section === name));
  const told = (found: Map<string, string>): string => plain.map((name) => `== ${name}\n${found.get(name)}`).join("");
  expect(told(here)).toBe(told(there));
  for (const exception of exceptions) expect(heldBy(exception, there, here)).toEqual(exception);
}

/** The exception itself if both places say what it claims, and not the same. */
function heldBy(exception: Exception, there: Map<string, string>, here: Map<string, string>): unknown {
  const { section, direct, gateway } = exception;
  const [expected, got] = [there.get(section) ?? "", here.get(section) ?? ""];
  const holds = direct.test(expected) && gateway.test(got) && expected !== got;
  return holds ? exception : { section, direct: expected, gateway: got };
}

function sections(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const [head = "", ...rest] = text.split(/^== /mu);
  found.set("before the first section", head);
  for (const section of rest) {
    const end = section.indexOf("\n");
    found.set(end === -1 ? section : section.slice(0, end), end === -1 ? "" : section.slice(end + 1));
  }
  return found;
}

/** @returns why the driver's tests are skipped, said aloud, or undefined if everything that it needs is there */
export async function missing(
  driver: string,
  installs: string,
  files: readonly string[],
  check?: string[],
): Promise<string | undefined> {
  const absent = files.filter((file) => !existsSync(file));
  if (absent.length === 0 && check !== undefined) {
    const [program = "", ...args] = check;
    await run(program, args).catch(() => absent.push(check.join(" ")));
  }
  if (absent.length === 0) return undefined;
  const why = `NOT TESTED: ${driver}, since ${absent.join(", ")} is missing (apt-get install ${installs})`;
  process.stderr.write(`\n${why}\n`);
  return why;
}
