import { EventEmitter } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { createInterface } from "node:readline";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { supportConfig } from "../../sim/support-database/config.ts";
import { type SupportDatabase, supportDatabase } from "../../test/rig/shared.ts";
import { EXIT, type ExitCode } from "./command.ts";
import { runCli } from "./run.ts";

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
  const gateway = start(["serve", "--json"]);
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

  const again = start(["serve", "--json"]);
  expect((await ready(again)).vkey).toBe(said.vkey);
  expect(again.output()).not.toContain("safe place");
  await stop(again);
});

test("SIGHUP takes the new configuration and actors; a wrong one changes nothing", async () => {
  const gateway = start(["serve", "--json"]);
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
  const gateway = start(["serve", "--json"]);
  await ready(gateway);
  await stop(gateway);
  await rm(join(folder, "ledger-keys"), { recursive: true });
  const again = start(["serve", "--json"]);
  expect(await again.exit).toBe(EXIT.environment);
  expect(again.output()).toContain('"code":"LEDGER_KEY_LOST"');
  await expect(stat(join(folder, "ledger-keys"))).rejects.toThrow("ENOENT");
});

test("a database that refuses: one sentence, a hint, and the exit code", async () => {
  const wrong = database.gatewayUrl.replace(/:[^:@/]*@/u, ":wrong@");
  await writeFile(join(folder, "whosaw.yaml"), supportConfig({ upstreamUrl: wrong }));
  const gateway = start(["serve"]);
  expect(await gateway.exit).toBe(EXIT.environment);
  expect(gateway.output()).toMatch(/hint: check upstream\.url/u);
  expect(gateway.output()).not.toContain("wrong");
});
