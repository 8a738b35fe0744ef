/**
 * `npm start`: a support database with invented customers, the gateway in front of it, and lines to try.
 * Everything lives in temporary folders and on free ports, so that several demos run side by side; everything goes when
 * the demo ends.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { WhosawError } from "../src/base/errors.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded-postgres.ts";
import { GuardedProcess } from "../src/embedded-postgres/guarded.ts";
import { supportConfig } from "./support-database/config.ts";
import { createSupportRoles, DEFAULT_CUSTOMERS, DEFAULT_SEED, fillSupportDatabase } from "./support-database/fill.ts";
import { FIRST_CUSTOMER } from "./support-database/rows.ts";

const DATABASE = "support";
const GATEWAY_TIMEOUT_MS = 60_000;
/** The compiled command line, from dist/sim. */
const CLI = join(import.meta.dirname, "..", "src", "cli", "main.js");
const SHOWN_CLI = "npx whosaw";

interface SignIn {
  readonly name: string;
  readonly role: string;
  readonly service: boolean;
  readonly password: string;
}

const SIGN_INS: readonly Omit<SignIn, "password">[] = [
  { name: "alice", role: "agent", service: false },
  { name: "dora", role: "auditor", service: false },
  { name: "helpdesk", role: "application", service: true },
];

interface Options {
  readonly seed: number;
  readonly customers: number;
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: "string" }, customers: { type: "string" } },
  });
  const whole = (name: "seed" | "customers", otherwise: number): number => {
    const value = values[name] === undefined ? otherwise : Number(values[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new WhosawError("USAGE", `--${name} is not a whole number above zero.`, { hint: `npm start -- --${name} 7` });
  };
  return { seed: whole("seed", DEFAULT_SEED), customers: whole("customers", DEFAULT_CUSTOMERS) };
}

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const interrupted = new Promise<"interrupted">((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      // The second time somebody is in a hurry: the guardians clean up without us.
      process.once(signal, () => {
        resolve("interrupted");
        process.once(signal, () => process.exit(130));
      });
    }
  });

  say(`Starting PostgreSQL and inventing ${options.customers} customers`);
  const database = await startEmbeddedPostgres();
  let gateway: GuardedProcess | undefined;
  try {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "whosaw-demo-")));
    const config = await prepare(database, folder, options);
    const signIns = await addActors(config);
    say("Starting the gateway");
    gateway = serve(folder, config);
    introduce({ database, folder, config, signIns, gateway: await ready(gateway), options });
    const outcome = await Promise.race([interrupted, gateway.gone]);
    if (outcome !== "interrupted")
      throw new WhosawError("INTERNAL", "the gateway ended by itself", { hint: gateway.log.trim() });
    say("\nStopping");
  } finally {
    await gateway?.letGo("INT");
    await database.stop();
  }
  say("Nothing is left of it.");
}

/** Database, roles, whosaw.yaml. @returns the path of the latter */
async function prepare(database: EmbeddedPostgres, folder: string, { seed, customers }: Options): Promise<string> {
  const gatewayPassword = randomPassword();
  await createSupportRoles(database.superuserUrl, gatewayPassword);
  await database.createDatabase(DATABASE);
  await fillSupportDatabase(database.url({ database: DATABASE }), {
    seed,
    customers,
    progress: (n) => n > 0 && say(`  ${n} customers`),
  });
  const config = join(folder, "whosaw.yaml");
  const upstreamUrl = database.url({ database: DATABASE, user: "whosaw_gw", password: gatewayPassword });
  writeFileSync(config, supportConfig({ upstreamUrl, origin: "demo.example/gw-1" }), { mode: 0o600 });
  return config;
}

async function addActors(config: string): Promise<SignIn[]> {
  const signIns = SIGN_INS.map((signIn) => ({ ...signIn, password: randomPassword() }));
  for (const { name, role, service, password } of signIns) {
    const kind = service ? ["--service"] : ["--role", role];
    const added = promisify(execFile)(process.execPath, [
      CLI,
      "actor",
      "add",
      name,
      ...kind,
      "--password-stdin",
      "--config",
      config,
    ]);
    added.child.stdin?.end(password);
    await added;
  }
  return signIns;
}

function serve(folder: string, config: string): GuardedProcess {
  return new GuardedProcess({
    base: folder,
    program: process.execPath,
    args: [CLI, "serve", "--json", "--config", config],
    cwd: folder,
    env: process.env,
  });
}

/** What `whosaw serve --json` says when clients may come. */
interface Ready {
  /** Host and port. */
  readonly postgres: string;
  /** The ledger's directory. */
  readonly ledger: string;
  /** The ledger's public key. */
  readonly vkey: string;
  /** Its witness's public key. */
  readonly witness: string;
}

async function ready(gateway: GuardedProcess): Promise<Ready> {
  const line = await gateway.says(/^\{"event":"ready".*\}$/m, GATEWAY_TIMEOUT_MS);
  if (line !== undefined) return JSON.parse(line[0]) as Ready;
  throw new WhosawError("UPSTREAM_UNREACHABLE", "The gateway did not start.", { hint: gateway.log.trim() });
}

interface Introduction {
  readonly database: EmbeddedPostgres;
  readonly folder: string;
  readonly config: string;
  readonly signIns: readonly SignIn[];
  readonly gateway: Ready;
  readonly options: Options;
}

function introduce({ database, folder, config, signIns, gateway, options }: Introduction): void {
  const known = 4711;
  const customer = known < FIRST_CUSTOMER + options.customers ? known : FIRST_CUSTOMER;
  const psql = (sql: string): string =>
    `psql "postgres://alice:${signIns[0]?.password}@${gateway.postgres}/${DATABASE}" -c "${sql}"`;
  say(`
The demo runs, until you press Ctrl-C.

  PostgreSQL ${database.version}   ${database.host}:${database.port}, ${options.customers} invented customers, numbers from ${FIRST_CUSTOMER}
  Gateway         ${gateway.postgres}
  Folder          ${folder}, with whosaw.yaml and the ledger

  Sign-ins        ${signIns.map(({ name, role, password }) => `${name.padEnd(9)} ${password}   ${role}`).join("\n                  ")}

1. Read a customer, as alice, in another terminal:

   ${psql(`select name, email, phone from support.customers where id = ${customer}`)}

2. Ask who has seen that customer:

   ${SHOWN_CLI} who-saw customer ${customer} --config ${config}

3. Make sure that nobody has changed the record:

   ${SHOWN_CLI} verify ${gateway.ledger} --vkey ${gateway.vkey} --witness ${gateway.witness}

4. Try a table that nobody has classified; it is refused, with what to do instead:

   ${psql("select * from support.outbox")}
`);
}

function randomPassword(): string {
  return randomBytes(12).toString("base64url");
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.stdout.on("error", () => {}); // The reader left; the demo goes on until it is stopped.
try {
  await main(process.argv.slice(2));
} catch (error) {
  const known = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`${known.message}\n`);
  if (known instanceof WhosawError && known.hint !== undefined) process.stderr.write(`hint: ${known.hint}\n`);
  process.exitCode = 1;
}
