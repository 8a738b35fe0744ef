/** A process that cannot outlive us: on Ctrl-C it stops when we say so, and when we are killed it goes with its files. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { LIMITS } from "../base/limits.ts";
import { GUARDIAN_SCRIPT } from "./guardian.ts";

export interface GuardedOptions {
  /** Removed with the process, unless {@link GuardedProcess.letGo} says otherwise. */
  readonly base: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Run as another user. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Given everything that the program writes, as it comes: {@link GuardedProcess.log} keeps its end only. */
  readonly onLog?: ((text: string) => void) | undefined;
}

export class GuardedProcess {
  readonly #guardian: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #started: Promise<void>;
  readonly #programGone: Promise<void>;
  readonly #guardianGone: Promise<void>;
  #pid = 0;
  #log = "";

  constructor(options: GuardedOptions) {
    const { base, program, args, cwd, env, user, onLog } = options;
    // Detached: Ctrl-C in a terminal reaches a whole process group, and would stop a database before its gateway.
    this.#guardian = spawn("/bin/sh", ["-c", GUARDIAN_SCRIPT, "guardian", base, program, ...args], {
      ...user,
      cwd,
      env: { ...env },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#guardian.stdin.on("error", () => {}); // The guardian is gone, which is what was asked for.
    this.#guardian.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#log = (this.#log + text).slice(-LIMITS.serverLogCharsMax);
      onLog?.(text);
    });
    this.#guardianGone = new Promise((resolve) => {
      this.#guardian.once("close", resolve).once("error", resolve);
    });
    const words = createInterface(this.#guardian.stdout);
    this.#started = new Promise((resolve) => {
      words.on("line", (line) => {
        if (!line.startsWith("started ")) return;
        this.#pid = Number(line.slice("started ".length));
        resolve();
      });
    });
    this.#programGone = new Promise((resolve) => {
      words.on("line", (line) => {
        if (line.startsWith("exited ")) resolve();
      });
      void this.#guardianGone.then(resolve);
    });
  }

  /** The program's process id, once {@link says} has resolved. */
  get pid(): number {
    return this.#pid;
  }

  /** What the program wrote, the last 20,000 characters of it. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when the program has ended, whatever the reason. */
  get gone(): Promise<void> {
    return this.#programGone;
  }

  /**
   * Waits until the program has written something.
   * @returns the match, or undefined when the program ended without, or `timeoutMs` passed
   */
  async says(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    const said = new Promise<RegExpExecArray>((resolve) => {
      const look = (): void => {
        const match = pattern.exec(this.#log);
        if (match !== null) resolve(match);
      };
      look();
      this.#guardian.stderr.on("data", look);
    });
    const both = this.#started.then(() => said);
    return Promise.race([both, this.#programGone.then(() => undefined), late]).finally(() => clearTimeout(timer));
  }

  /** Sends the signal, waits for the program's end, then lets go of the leash. With `keep` its files stay. */
  async letGo(signal: "INT" | "TERM" | "QUIT" | "KILL", { keep = false } = {}): Promise<void> {
    this.#guardian.stdin.write(`${keep ? "keep\n" : ""}${signal}\n`);
    await this.#programGone;
    this.#guardian.stdin.end();
    await this.#guardianGone;
  }
}
