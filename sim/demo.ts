/**
 * `npm start`: a support database with invented customers, the gateway in front of it, staff at work, and lines to try.
 * Everything lives in temporary folders and on free ports, so that several demos run side by side; everything goes when
 * the demo ends.
 */
import { mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WhosawError } from "../src/base/errors.ts";
import { loadConfig } from "../src/config/load.ts";
import { loadKeys } from "../src/ledger/keys-file.ts";
import { introduction } from "./demo/introduction.ts";
import { type Options, readOptions } from "./demo/options.ts";
import { Pulse } from "./demo/pulse.ts";
import { Screen } from "./demo/screen.ts";
import { ready, serve } from "./demo/serving.ts";
import { addSignIns, randomPassword } from "./demo/sign-ins.ts";
import { showStatus } from "./demo/status.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded-postgres.ts";
import type { GuardedProcess } from "../src/embedded-postgres/guarded.ts";
import { Department } from "./staff/department.ts";
import { signInOf } from "./staff/roster.ts";
import { supportConfig } from "./support-database/config.ts";
import { createSupportRoles, fillSupportDatabase } from "./support-database/fill.ts";

const DATABASE = "support";
/** Between lines of progress where they stay. */
const PROGRESS_INTERVAL_MS = 2_000;
const INTERRUPTED = 130;

const screen = new Screen(process.stdout);

/** What has to go when the demo ends, last things first. */
class Remains {
  readonly #endings: (() => Promise<void>)[] = [];

  add(ending: () => Promise<void>): void {
    this.#endings.unshift(ending);
  }

  async clear(): Promise<void> {
    for (const ending of this.#endings) await ending();
  }
}

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const { signal } = interruption();
  const remains = new Remains();
  try {
    await run(options, remains, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (signal.aborted) screen.say("Stopping");
    await remains.clear();
  }
  screen.say("Nothing is left of it.");
}

/** Ctrl-C and its kin. */
function interruption(): AbortController {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // The second time somebody is in a hurry: the guardians clean up without us.
    process.once(name, () => {
      controller.abort();
      process.once(name, () => process.exit(INTERRUPTED));
    });
  }
  return controller;
}

/** Runs until it is interrupted. @throws WhosawError for whatever keeps it from running */
async function run(options: Options, remains: Remains, signal: AbortSignal): Promise<void> {
  const startedMs = Date.now();
  const { database, upstreamUrl } = await startDatabase(options, remains, signal);

  const folder = realpathSync(mkdtempSync(join(tmpdir(), "whosaw-demo-")));
  remains.add(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "whosaw.yaml");
  writeFileSync(file, supportConfig({ upstreamUrl, http: "127.0.0.1:0", origin: "demo.example/gw-1" }), {
    mode: 0o600,
  });
  const config = await loadConfig(file);
  const signIns = await addSignIns(config.actors.file);
  signal.throwIfAborted();

  progress("Starting the control plane and the gateway");
  const serving = serve(folder, file);
  remains.add(() => serving.letGo("INT"));
  const served = await ready(serving);
  signal.throwIfAborted();

  const department = new Department({
    seed: options.seed,
    customers: { seed: options.seed, count: options.customers },
    url: (person) => `postgres://${signInOf(person)}:${signIns.get(signInOf(person))}@${served.postgres}/${DATABASE}`,
  });
  remains.add(() => department.stop());
  const startedInMs = Date.now() - startedMs;
  screen.say(
    introduction({
      database,
      databaseName: DATABASE,
      folder,
      config: file,
      signIns,
      ready: served,
      options,
      startedInMs,
    }),
  );
  const pulse = new Pulse(config.ledger.dir, (await loadKeys(config.ledger.keys)).masterKey);
  await Promise.race([showStatus({ screen, department, pulse }, signal), endOf(serving)]);
}

/** PostgreSQL with the support database in it. */
async function startDatabase(
  { seed, customers }: Options,
  remains: Remains,
  signal: AbortSignal,
): Promise<{ database: EmbeddedPostgres; upstreamUrl: string }> {
  progress("Starting PostgreSQL");
  const database = await startEmbeddedPostgres();
  remains.add(() => database.stop());
  const password = randomPassword();
  await createSupportRoles(database.superuserUrl, password);
  await database.createDatabase(DATABASE);
  await fillSupportDatabase(database.url({ database: DATABASE }), {
    seed,
    customers,
    signal,
    progress: (n) =>
      progress(
        n < customers
          ? `Inventing customers, their tickets and messages: ${n} of ${customers}`
          : `Invented ${n} customers; making the keys of their tables`,
      ),
  });
  signal.throwIfAborted();
  return { database, upstreamUrl: database.url({ database: DATABASE, user: "whosaw_gw", password }) };
}

function progress(text: string): void {
  screen.update(text, PROGRESS_INTERVAL_MS, Date.now());
}

/** @throws WhosawError INTERNAL when the process ends by itself */
async function endOf(serving: GuardedProcess): Promise<never> {
  await serving.gone;
  throw new WhosawError("INTERNAL", "`whosaw serve` ended by itself", { hint: serving.log.trim() });
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
