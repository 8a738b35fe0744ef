/** A process of its own that has a state open. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { ServerUser } from "../../src/embedded-postgres/binaries.ts";
import type { StateLocation } from "../../src/state/location.ts";

export const PROJECT = join(import.meta.dirname, "../..");
const PROGRAM = "test/state/open.mjs";

export class Owner {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #said: Promise<unknown[]>;
  /** Resolves with exit code and signal once nobody holds its standard error any more: its server's guardian included. */
  readonly ended: Promise<unknown[]>;
  complaint = "";

  /** @param as another user, and the project where that user can reach it */
  constructor(location: StateLocation, as?: { readonly user: ServerUser; readonly project: string }) {
    const program = join(as?.project ?? PROJECT, PROGRAM);
    const child = spawn(process.execPath, [program, JSON.stringify(location)], {
      ...as?.user,
      cwd: "/",
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.complaint += text));
    this.#process = child;
    this.ended = once(child, "close");
    this.#said = Promise.race([once(createInterface(child.stdout), "line"), this.ended.then(() => ["ended"])]);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** It has the state. */
  async opened(): Promise<void> {
    const [word] = await this.#said;
    if (word !== "open") throw new Error(`the state did not open: ${this.complaint}`);
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.ended;
  }

  /** A clean end. */
  async close(): Promise<void> {
    this.#process.stdin.end();
    await this.ended;
  }
}
