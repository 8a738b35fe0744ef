/** A demo, started as its user starts it, and what it leaves behind. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";

export const root = join(import.meta.dirname, "../..");

export interface Demo {
  /** Everything that it printed so far. */
  readonly text: () => string;
  /** Waits until it has printed that. */
  readonly says: (pattern: RegExp) => Promise<void>;
  /** Of its own; what it leaves there is what it leaves. */
  readonly temporary: string;
  /** Ctrl-C, or worse. @returns the exit code; null if the signal itself ended it */
  readonly end: (signal?: "SIGINT" | "SIGKILL") => Promise<number | null>;
}

export interface DemoOptions {
  readonly customers: number;
  /** Where the project is. Default: here. */
  readonly folder?: string;
  /** A program that becomes the one named by its further arguments. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of its temporary folder. Default: as /tmp, where every user removes their own. */
  readonly mode?: number;
}

const START_TIMEOUT_MS = 90_000;

export function startDemo({ customers, folder = root, wrapper = [], env, mode = 0o1777 }: DemoOptions): Demo {
  const temporary = mkdtempSync(join(tmpdir(), "whosaw-demo-test-"));
  chmodSync(temporary, mode);
  const line = [...wrapper, process.execPath, "scripts/start.mjs", "--customers", String(customers)];
  const demo = spawn(line[0] ?? "", line.slice(1), {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: temporary, ...env },
  });
  const ended = once(demo, "exit");
  let text = "";
  for (const stream of [demo.stdout, demo.stderr])
    stream.setEncoding("utf8").on("data", (more: string) => (text += more));
  return {
    text: () => text,
    says: (pattern) => expect.poll(() => text, { timeout: START_TIMEOUT_MS }).toMatch(pattern),
    temporary,
    end: async (signal = "SIGINT") => {
      demo.kill(signal);
      return (await ended)[0] as number | null;
    },
  };
}

/** The lines to try. */
export function linesOf(demo: Demo): string[] {
  return demo
    .text()
    .split("\n")
    .filter((line) => /^ {3}(?:psql|npx) /u.test(line))
    .map((line) => line.trim());
}

export const shell = (line: string, cwd = root): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)("/bin/sh", ["-c", line], { cwd });

/** No file, no process, no port. After a kill -9 that takes a moment. */
export async function nothingIsLeft({ text, temporary }: Demo): Promise<void> {
  await expect.poll(() => processesNaming(temporary), { timeout: 20_000 }).toEqual([]);
  await expect.poll(() => readdirSync(temporary), { timeout: 20_000 }).toEqual([]);
  rmSync(temporary, { recursive: true });
  const ports = [...text().matchAll(/127\.0\.0\.1:(\d+)/gu)].map((match) => Number(match[1]));
  for (const port of new Set(ports)) expect(await refusesConnections(port)).toBe(true);
}

/** Command lines of processes in which the folder occurs. */
function processesNaming(folder: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .map((pid) => commandLine(pid))
    .filter((line) => line.includes(folder));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // It ended while we looked.
  }
}

async function refusesConnections(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const outcome = await Promise.race([
    once(socket, "connect").then(() => false),
    once(socket, "error").then(() => true),
  ]).catch(() => true);
  socket.destroy();
  return outcome;
}
