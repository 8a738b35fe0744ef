/** A process of its own that has a state open. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { ServerUser } from "../../src/embedded-postgres/binaries.ts";
import type { StateLocation } from "../../src/state/location.ts";

const PROGRAM = join(import.meta.dirname, "open.mjs");

export class Owner {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #said: Promise<unknown[]>;
  /** Resolves with exit code and signal once nobody holds its standard error any more: its server's guardian included. */
  readonly ended: Promise<unknown[]>;
  complaint = "";

  /** @param user as whom, if not as we are */
  constructor(location: StateLocation, user?: ServerUser) {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(location)], {
      ...user,
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
