import { EventEmitter, once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { createInterface } from "node:readline";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { supportConfig } from "../../sim/support-database/config.ts";
import { type SupportDatabase, supportDatabase } from "../../test/rig/shared.ts";
import { runCli } from "./run.ts";
import { EXIT, type ExitCode } from "./exit.ts";

let database: SupportDatabase;
let folder: string;

beforeAll(async () => {
  database = await supportDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whosaw-serve-"));
  await writeFile(join(folder, "whosaw.yaml"), supportConfig({ upstreamUrl: database.gatewayUrl, mode: "observe" }));
});

afterEach(() => rm(folder, { recursive: true }));

interface Started {
  readonly signals: EventEmitter;
  readonly exit: Promise<ExitCode>;
  readonly output: () => string;
  /** The next line of the log with that word in it. */
  logged(word: string): Promise<string>;
  /** The first line on stdout, or undefined if it ended without. */
  readonly firstLine: Promise<string | undefined>;
}

function start(args: readonly string[], stdin = ""): Started {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const signals = new EventEmitter();
  const lines: string[] = [];
  const log: string[] = [];
  const waiting: { word: string; resolve: (line: string) => void }[] = [];
  createInterface(stderr).on("line", (line) => {
    log.push(line);
    for (const wait of waiting.splice(0)) {
      if (line.includes(wait.word)) wait.resolve(line);
      else waiting.push(wait);
    }
  });
  const firstLine = new Promise<string | undefined>((resolve) => {
    createInterface(stdout)
      .on("line", (line) => {
        lines.push(line);
        resolve(line);
      })
      .on("close", () => resolve(undefined));
  });
  const context = { stdout, stderr, stdin: Readable.from([Buffer.from(stdin)]), env: {}, cwd: folder, signals };
  const exit = runCli(args, context).finally(() => stdout.end());
  return {
    signals,
    exit,
    firstLine,
    output: () => [...lines, ...log].join("\n"),
    logged: (word) => new Promise((resolve) => waiting.push({ word, resolve })),
  };
}

interface Ready {
  readonly event: string;
  readonly postgres: string;
  readonly mode: string;
  readonly ledger: string;
  readonly vkey: string;
}

async function ready(gateway: Started): Promise<Ready> {
  const line = await gateway.firstLine;
  if (line === undefined) throw new Error(`not ready: ${gateway.output()}`);
  return JSON.parse(line) as Ready;
}

async function stop(gateway: Started): Promise<void> {
  gateway.signals.emit("SIGTERM", "SIGTERM");
  expect(await gateway.exit).toBe(EXIT.ok);
}

async function addAlice(): Promise<void> {
  const added = start(["actor", "add", "alice", "--role", "agent", "--password-stdin"], "correct horse");
  expect(await added.exit).toBe(EXIT.ok);
}

async function signIn(address: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: `postgres://alice:correct%20horse@${address}/${database.name}` });
  await client.connect();
  return client;
}

test("one line says when it is ready; an actor signs in and reads; SIGTERM ends it; the next start goes on with the same keys", async () => {
  await addAlice();
  const gateway = start(["gateway", "--json"]);
  const said = await ready(gateway);
  expect(said).toEqual({
    event: "ready",
    postgres: expect.stringMatching(/^127\.0\.0\.1:\d+$/u) as string,
    mode: "observe",
    ledger: join(folder, "ledger"),
    vkey: expect.stringMatching(/^helpdesk\.example\/gw-1\+[0-9a-f]{8}\+/u) as string,
    witness: expect.stringMatching(/^helpdesk\.example\/gw-1\/witness\+[0-9a-f]{8}\+/u) as string,
  });
  expect(gateway.output()).toContain("Copy them to a safe place now");
  expect((await stat(join(folder, "ledger-keys", "master.key"))).mode & 0o777).toBe(0o600);
  const client = await signIn(said.postgres);
  const { rows } = await client.query("select count(*)::int as teams from support.teams");
  expect(rows[0]).toEqual({ teams: expect.any(Number) as number });
  await client.end();
  await stop(gateway);

  const again = start(["gateway", "--json"]);
  expect((await ready(again)).vkey).toBe(said.vkey);
  expect(again.output()).not.toContain("safe place");
  await stop(again);
});

test("SIGHUP takes the new configuration and actors; a wrong one changes nothing", async () => {
  const gateway = start(["gateway", "--json"]);
  const { postgres } = await ready(gateway);
  await expect(signIn(postgres)).rejects.toMatchObject({ code: "28P01" });
  await addAlice();
  const reloaded = gateway.logged("reloaded");
  gateway.signals.emit("SIGHUP", "SIGHUP");
  await reloaded;
  await (await signIn(postgres)).end();

  const file = join(folder, "whosaw.yaml");
  await writeFile(file, `${await readFile(file, "utf8")}mod: observe\n`);
  const failed = gateway.logged("reload-failed");
  gateway.signals.emit("SIGHUP", "SIGHUP");
  expect(await failed).toContain("Did you mean mode?");
  await (await signIn(postgres)).end();
  await stop(gateway);
});

test("a ledger whose keys are gone is not continued with new ones", async () => {
  const gateway = start(["gateway", "--json"]);
  await ready(gateway);
  await stop(gateway);
  await rm(join(folder, "ledger-keys"), { recursive: true });
  const again = start(["gateway", "--json"]);
  expect(await again.exit).toBe(EXIT.environment);
  expect(again.output()).toContain('"code":"LEDGER_KEY_LOST"');
  await expect(stat(join(folder, "ledger-keys"))).rejects.toThrow("ENOENT");
});

test("a database that refuses: one sentence, a hint, and the exit code", async () => {
  const wrong = database.gatewayUrl.replace(/:[^:@/]*@/u, ":wrong@");
  await writeFile(join(folder, "whosaw.yaml"), supportConfig({ upstreamUrl: wrong }));
  const gateway = start(["gateway"]);
  expect(await gateway.exit).toBe(EXIT.environment);
  expect(gateway.output()).toMatch(/hint: check upstream\.url/u);
  expect(gateway.output()).not.toContain("wrong");
  expect(await readdir(folder)).toEqual(["whosaw.yaml"]);
});

test.each<[string, (yaml: string) => string, ExitCode, RegExp]>([
  [
    "a key that whosaw.yaml does not know",
    (yaml) => `${yaml}mod: observe\n`,
    EXIT.configuration,
    /^whosaw\.yaml:\d+:1: mod: is not a known key\. Did you mean mode\?\n$/u,
  ],
  ["a file that is not YAML", () => "upstream: {url: [\n", EXIT.configuration, /^(?:whosaw\.yaml:\d+:\d+: .+\n)+$/u],
  [
    "a database that is not there",
    (yaml) => yaml.replace(/127\.0\.0\.1:\d+/u, "127.0.0.1:1"),
    EXIT.environment,
    /^no connection to the database at 127\.0\.0\.1:1: .*ECONNREFUSED.*\nhint: check upstream\.url, and that the database runs/u,
  ],
  [
    "a database of another name",
    (yaml) => yaml.replace(/\/test_\w+/u, "/nonesuch"),
    EXIT.environment,
    /^the database refused the connection: database "nonesuch" does not exist\nhint: check upstream\.url/u,
  ],
  [
    "a table without the named key",
    (yaml) => yaml.replace("key: {column: customer_id}", "key: {column: custmer_id}"),
    EXIT.configuration,
    /^the configuration does not fit the database: .*the key column custmer_id does not exist in support\.tickets; did you mean customer_id\?.*\nhint: .+\n$/u,
  ],
  [
    "a host that has no address",
    (yaml) => yaml.replace(/@127\.0\.0\.1:\d+\/(\w+)/u, "@nowhere.invalid:5432/$1?sslmode=disable"),
    EXIT.environment,
    /^no connection to the database at nowhere\.invalid:5432: .+\nhint: check upstream\.url/u,
  ],
  [
    "a certificate authority that is not there",
    (yaml) =>
      yaml
        .replace(/upstream: \{?/u, (line) => `${line}ca: none.pem, `)
        .replace(/(\/test_\w+)/u, "$1?sslmode=verify-ca"),
    EXIT.environment,
    /^none\.pem cannot be read\.\nhint: See that .*none\.pem exists/u,
  ],
  [
    "an address of another machine to listen on",
    (yaml) => yaml.replace(/postgres: "?127\.0\.0\.1:0"?/u, 'postgres: "203.0.113.7:6432"'),
    EXIT.environment,
    /^203\.0\.113\.7 is not an address of this machine\.\nhint: Write 127\.0\.0\.1/u,
  ],
  ...["/proc/x", "/proc/x/ledger", "/dev/null/ledger"].map(
    (dir): [string, (yaml: string) => string, ExitCode, RegExp] => [
      `a ledger in ${dir}`,
      (yaml) => yaml.replace(/dir: \S+?,/u, `dir: ${dir}, keys: ./keys, witness: ./witness, console: ./console,`),
      EXIT.environment,
      /^The directory \/\S+ cannot be made \(E[A-Z]+\)\.\nhint: .+ in the configuration/u,
    ],
  ),
  [
    "a table that is not there",
    (yaml) => yaml.replace("support.customers:", "support.customer:"),
    EXIT.configuration,
    /support\.customer does not exist; did you mean support\.customers\?.*\nhint: .+\n$/u,
  ],
])("no start with %s: a sentence, what to do, and the exit code", async (_name, edit, exit, said) => {
  const file = join(folder, "whosaw.yaml");
  const right = await readFile(file, "utf8");
  await writeFile(file, edit(right));
  const refused = start(["gateway"]);
  expect(await refused.exit).toBe(exit);
  expect(
    refused
      .output()
      .replaceAll(/^\{.*\n?/gmu, "")
      .concat("\n"),
  ).toMatch(said);
  expect(await readdir(folder)).toEqual(["whosaw.yaml"]);
  await writeFile(file, right);
  const gateway = start(["gateway", "--json"]);
  await ready(gateway);
  await stop(gateway);
});

test("a port in use: a sentence, what to do, and nothing left on disk", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as { port: number };
  const listen = `127.0.0.1:${port}`;
  await writeFile(join(folder, "whosaw.yaml"), supportConfig({ upstreamUrl: database.gatewayUrl, listen }));
  const refused = start(["gateway"]);
  expect(await refused.exit).toBe(EXIT.environment);
  expect(refused.output()).toContain(
    `Port ${port} of 127.0.0.1 is in use.\nhint: If that is this gateway, it runs already; otherwise stop the other program, or choose another port in listen.postgres.`,
  );
  expect(await readdir(folder)).toEqual(["whosaw.yaml"]);
  holder.close();
  await once(holder, "close");
  const gateway = start(["gateway", "--json"]);
  expect((await ready(gateway)).postgres).toBe(listen);
  await stop(gateway);
});

test("two gateways on one ledger: the second does not start", async () => {
  const first = start(["gateway", "--json"]);
  await ready(first);
  const second = start(["gateway"]);
  expect(await second.exit).toBe(EXIT.environment);
  expect(second.output()).toMatch(/^The ledger is held by process \d+.*\nhint: Stop that process first,/mu);
  await stop(first);
});
