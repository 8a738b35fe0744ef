/** `npm start` as its user sees it: what it prints is tried, line by line. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const noPsql = spawnSync("psql", ["--version"]).error !== undefined;

interface Demo {
  /** Everything that it printed until it was ready. */
  readonly text: string;
  /** The lines to try. */
  readonly lines: readonly string[];
  /** Ctrl-C. @returns the exit code */
  readonly interrupt: () => Promise<number>;
}

async function startDemo(): Promise<Demo> {
  const demo = spawn(process.execPath, ["scripts/start.mjs", "--customers", "720"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(demo, "exit");
  let text = "";
  for await (const line of createInterface(demo.stdout)) {
    text += `${line}\n`;
    if (line.includes("support.outbox")) break; // The last line to try.
  }
  demo.stdout.resume();
  return {
    text,
    lines: text
      .split("\n")
      .filter((line) => /^ {3}(?:psql|npx) /u.test(line))
      .map((line) => line.trim()),
    interrupt: async () => {
      demo.kill("SIGINT");
      return Number((await ended)[0]);
    },
  };
}

const shell = (line: string) => promisify(execFile)("/bin/sh", ["-c", line], { cwd: root });

async function refusesConnections(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const outcome = await Promise.race([
    once(socket, "connect").then(() => false),
    once(socket, "error").then(() => true),
  ]).catch(() => true);
  socket.destroy();
  return outcome;
}

test.skipIf(noPsql)(
  "two demos side by side: what alice reads is what the ledger says, and nothing is left of them",
  { timeout: 120_000 },
  async () => {
    const demos = await Promise.all([startDemo(), startDemo()]);
    for (const { lines, text } of demos) {
      expect(lines).toHaveLength(4);
      const [read, whoSaw, verify, refused] = lines as [string, string, string, string];
      expect((await shell(read)).stdout).toContain("4711@example");
      const seen: unknown = JSON.parse((await shell(`${whoSaw} --json`)).stdout);
      // One demo does not know what was read in the other.
      expect(seen).toMatchObject([{ table: "support.customers", fields: ["email", "name", "phone"], masked: [] }]);
      expect((await shell(verify)).stdout).toMatch(/entries verified/);
      await expect(shell(refused)).rejects.toThrow(/HINT/);
      expect(text).not.toMatch(/undefined|NaN/);
    }
    for (const { text, interrupt } of demos) {
      const folder = /\/\S+\/whosaw-demo-\w+/u.exec(text)?.[0] ?? "";
      const ports = [...text.matchAll(/127\.0\.0\.1:(\d+)/gu)].map((match) => Number(match[1]));
      expect(existsSync(folder)).toBe(true);
      expect(await interrupt()).toBe(0);
      expect(existsSync(folder)).toBe(false);
      for (const port of new Set(ports)) expect(await refusesConnections(port)).toBe(true);
    }
  },
);

test("options that make no sense are told in one sentence", async () => {
  const attempt = promisify(execFile)(process.execPath, ["scripts/start.mjs", "--customers", "many"], { cwd: root });
  await expect(attempt).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/--customers is not a whole number/),
  });
});
