/** `whosaw serve` and commands beside it, as processes. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemProcesses } from "../../src/ledger/lock.ts";
import type { Installation } from "./installation.ts";

export const CLI = join(import.meta.dirname, "../../dist/src/cli/main.js");

export interface Told {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of the installation to its end. */
export function run({ dir }: Pick<Installation, "dir">, ...args: string[]): Promise<Told> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: dir }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

/** The pid in a ledger's lock; undefined when nobody holds it. */
export function holderOf(dir: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(join(dir, "lock"), "utf8")) as { pid: number }).pid;
  } catch {
    return undefined;
  }
}

/** Whether the process still does something: an orphan that nobody has buried does not. */
export function runs(pid: number | undefined): boolean {
  return pid !== undefined && systemProcesses().startedOf(pid) !== undefined;
}

/** One request over a Unix socket or a port; the answer whole. */
export function ask(
  at: { readonly socketPath: string } | { readonly host: string; readonly port: number },
  method: string,
  path: string,
  body = "",
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const asking = request({ ...at, method, path, agent: false, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asking.on("error", reject);
    asking.end(body);
  });
}

/** A long-running command of the installation: `serve`, `gateway`. */
export class Serving {
  /** What its one line on stdout says; rejects if it ends before. */
  readonly ready: Promise<Readonly<Record<string, string | null>>>;
  /** Its exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  #output = "";

  constructor({ dir }: Pick<Installation, "dir">, ...args: string[]) {
    this.#child = spawn(process.execPath, [CLI, ...args, "--json"], { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
    const { stdout, stderr } = this.#child;
    // Not `close`: a gateway that outlives its control plane keeps the stream.
    this.exit = new Promise((resolve) => this.#child.once("exit", (code, signal) => resolve(signal ?? code ?? -1)));
    stderr?.on("data", (text: Buffer) => (this.#output += text.toString()));
    this.ready = new Promise((resolve, reject) => {
      let said = "";
      stdout?.on("data", (text: Buffer) => {
        said += text.toString();
        if (said.includes("\n")) resolve(JSON.parse(said) as Record<string, string | null>);
      });
      void this.exit.then((code) => reject(new Error(`ended with ${code} before it was ready: ${this.#output}`)));
    });
    this.ready.catch(() => undefined);
  }

  /** Its log so far. */
  get output(): string {
    return this.#output;
  }

  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    this.#child.kill(signal);
    return this.exit;
  }
}

/** Asks until the answer is right, or the test's own time is over. */
export async function until<T>(look: () => Promise<T>, right: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (right(value)) return value;
    await delay(50);
  }
}
