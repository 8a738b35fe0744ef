/**
 * An installation on disk and the compiled command line that runs its gateway: a process that can be killed, and started
 * again. The control plane that grants its leases runs in the test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { supportConfig } from "../../sim/support-database/config.ts";
import type { Actor } from "../../src/actors/actor.ts";
import { addActor } from "../../src/actors/register.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { type RunningControl, startControl } from "../../src/control/control.ts";
import { witnessSigner } from "../../src/ledger/checkpoint.ts";
import { type LedgerKeys, loadKeys } from "../../src/ledger/keys-file.ts";
import { verifyLog } from "../../src/verify/log.ts";
import type { VerifyReport } from "../../src/verify/report.ts";
import { makeVerifier } from "../../src/wire/scram.ts";
import { RawClient } from "../rig/raw-client.ts";
import { AGENT_PASSWORD } from "../rig/gateway.ts";
import type { SupportDatabase } from "../rig/shared.ts";

const CLI = join(import.meta.dirname, "../../dist/src/cli/main.js");
/** Loaded before the command line; see there. */
const FAULTS = join(import.meta.dirname, "faulty-disk.mjs");

export interface InstallationOptions {
  readonly database: SupportDatabase;
  /** Where the ledger's directory is to be; default: in the installation's own folder. */
  readonly ledgerDir?: string;
  /** Changes the configuration's text before it is written. */
  readonly edit?: (yaml: string) => string;
  /** A control plane in the test grants leases; true unless given. */
  readonly controlled?: boolean;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Installation {
  readonly dir: string;
  readonly config: Config;
  readonly database: SupportDatabase;
  readonly actors: { readonly alice: Actor; readonly helpdesk: Actor };
  readonly #control: RunningControl | undefined;
  #last: ServedGateway | undefined;

  private constructor(
    made: Pick<Installation, "dir" | "config" | "database" | "actors">,
    control: RunningControl | undefined,
  ) {
    this.dir = made.dir;
    this.config = made.config;
    this.database = made.database;
    this.actors = made.actors;
    this.#control = control;
  }

  static async create({ database, ledgerDir, edit, controlled }: InstallationOptions): Promise<Installation> {
    const dir = await mkdtemp(join(tmpdir(), "whosaw-faults-"));
    const yaml = supportConfig({ upstreamUrl: database.gatewayUrl, ledgerDir: ledgerDir ?? join(dir, "ledger") });
    const file = join(dir, "whosaw.yaml");
    await writeFile(file, edit?.(yaml) ?? yaml);
    const config = await loadConfig(file, { env: {} });
    const verifier = await makeVerifier(AGENT_PASSWORD);
    const add = (name: string, role: string, service: boolean): Promise<Actor> =>
      addActor(config.actors.file, { name, role, verifier, service });
    const alice = await add("alice", "agent", false);
    const helpdesk = await add("helpdesk", "application", true);
    const silent = (): void => undefined;
    const log = { info: silent, warn: silent, error: silent };
    const made = { dir, config, database, actors: { alice, helpdesk } };
    if (controlled === false) return new Installation(made, undefined);
    const control = await startControl({ config, loadConfig: () => Promise.resolve(config), log });
    return new Installation(made, control);
  }

  /**
   * `whosaw gateway --json`. Does not wait for it to be ready.
   * @param faults file that says what the disk does instead of its work; see faulty-disk.mjs
   */
  serve(faults?: string): ServedGateway {
    const preload = faults === undefined ? [] : ["--import", FAULTS];
    const args = [...preload, CLI, "gateway", "--json", "--config", join(this.dir, "whosaw.yaml")];
    const env = { ...process.env, ...(faults === undefined ? {} : { WHOSAW_FAULTS: faults }) };
    this.#last = new ServedGateway(spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] }));
    return this.#last;
  }

  /** Serves, and waits until clients may come. */
  async ready(faults?: string): Promise<ServedGateway> {
    const gateway = this.serve(faults);
    await gateway.address;
    return gateway;
  }

  keys(): Promise<LedgerKeys> {
    return loadKeys(this.config.ledger.keys);
  }

  /** What the verifier says, its key and its witness's key taken from the installation, not from the log. */
  async verify(older?: Buffer): Promise<VerifyReport> {
    const keys = await this.keys();
    const { origin, dir } = this.config.ledger;
    const { vkey } = JSON.parse(readFileSync(join(dir, "log.json"), "utf8")) as { vkey: string };
    return verifyLog(dir, {
      vkey,
      witnesses: [witnessSigner(`${origin}/witness`, keys.witnessSeed).vkey],
      ...(older && { checkpoint: { name: "older", bytes: older } }),
    });
  }

  /** Kills what still runs, and removes everything. */
  async remove(): Promise<void> {
    await this.#last?.kill();
    await this.#control?.close();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export class ServedGateway {
  /** Host and port; rejects if the process ends before it is ready. */
  readonly address: Promise<{ readonly host: string; readonly port: number }>;
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<{ readonly word: string; readonly resolve: (line: string) => void }>();
  #output = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    // A test run that is broken off leaves no gateway behind.
    const leash = (): boolean => child.kill("SIGKILL");
    process.once("exit", leash);
    this.exit = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        process.off("exit", leash);
        resolve({ code, signal });
      });
    });
    this.address = new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        if (stream === null) continue;
        createInterface(stream).on("line", (line) => {
          this.#take(line);
          if (stream === child.stdout && line.startsWith('{"event":"ready"')) resolve(addressOf(line));
        });
      }
      void this.exit.then(() => reject(new Error(`the gateway ended before it was ready: ${this.#output}`)));
    });
    this.address.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it printed so far, both streams. */
  get output(): string {
    return this.#output;
  }

  /** The first line from now on that contains the word. */
  says(word: string): Promise<string> {
    return new Promise((resolve) => this.#waiting.add({ word, resolve }));
  }

  /** Resident memory, in bytes. */
  residentBytes(): number {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1];
    return Number(kilobytes) * 1024;
  }

  /** Sends the signal at once; resolves when the process has gone. */
  kill(signal: NodeJS.Signals = "SIGKILL"): Promise<Exit> {
    this.#child.kill(signal);
    return this.exit;
  }

  async url(actor: "alice" | "helpdesk", database: SupportDatabase): Promise<string> {
    const { host, port } = await this.address;
    return `postgres://${actor}:${encodeURIComponent(AGENT_PASSWORD)}@${host}:${port}/${database.name}`;
  }

  async client(actor: "alice" | "helpdesk", database: SupportDatabase): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: await this.url(actor, database) });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }

  async rawClient(actor: "alice" | "helpdesk", database: SupportDatabase): Promise<RawClient> {
    return RawClient.signedIn(await this.address, actor, database.name);
  }

  #take(line: string): void {
    this.#output += `${line}\n`;
    for (const wait of this.#waiting) {
      if (!line.includes(wait.word)) continue;
      this.#waiting.delete(wait);
      wait.resolve(line);
    }
  }
}

function addressOf(ready: string): { host: string; port: number } {
  const { postgres } = JSON.parse(ready) as { postgres: string };
  const at = postgres.lastIndexOf(":");
  return { host: postgres.slice(0, at), port: Number(postgres.slice(at + 1)) };
}
