/** `npm start` as its user sees it: what it prints is tried, line by line. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const noPsql = spawnSync("psql", ["--version"]).error !== undefined;

interface Demo {
  /** Everything that it printed so far. */
  readonly text: () => string;
  /** Waits until it has printed that. */
  readonly says: (pattern: RegExp) => Promise<void>;
  /** Of its own; what it leaves there is what it leaves. */
  readonly temporary: string;
  /** Ctrl-C. @returns the exit code */
  readonly interrupt: () => Promise<number>;
}

function startDemo(customers: number): Demo {
  const temporary = mkdtempSync(join(tmpdir(), "whosaw-demo-test-"));
  // The database's server may be another user.
  chmodSync(temporary, 0o755);
  const demo = spawn(process.execPath, ["scripts/start.mjs", "--customers", String(customers)], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: temporary },
  });
  const ended = once(demo, "exit");
  let text = "";
  for (const stream of [demo.stdout, demo.stderr])
    stream.setEncoding("utf8").on("data", (more: string) => (text += more));
  return {
    text: () => text,
    says: (pattern) => expect.poll(() => text, { timeout: 60_000 }).toMatch(pattern),
    temporary,
    interrupt: async () => {
      demo.kill("SIGINT");
      return Number((await ended)[0]);
    },
  };
}

/** The lines to try. */
function linesOf(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => /^ {3}(?:psql|npx) /u.test(line))
    .map((line) => line.trim());
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

async function nothingIsLeft({ text, temporary }: Demo): Promise<void> {
  expect(readdirSync(temporary)).toEqual([]);
  rmSync(temporary, { recursive: true });
  const ports = [...text().matchAll(/127\.0\.0\.1:(\d+)/gu)].map((match) => Number(match[1]));
  for (const port of new Set(ports)) expect(await refusesConnections(port)).toBe(true);
}

/** Tries each line as printed. */
async function tryEverything(demo: Demo): Promise<void> {
  const lines = linesOf(demo.text());
  expect(lines).toHaveLength(5);
  const [read, whoSaw, seenBy, verify, refused] = lines as [string, string, string, string, string];
  const config = /--config (\S+)/u.exec(whoSaw)?.[1];
  const actors = JSON.parse((await shell(`npx whosaw actor list --json --config ${config}`)).stdout) as Actor[];
  const alice = actors.find(({ name }) => name === "alice")?.id;

  expect((await shell(read)).stdout).toContain("4711@example");
  expect((await shell(whoSaw)).stdout).toContain(alice);
  const seen = JSON.parse((await shell(`${whoSaw} --json`)).stdout) as { actor: string }[];
  // The staff may have seen that customer too; and one demo does not know what was read in the other.
  expect(seen.filter(({ actor }) => actor === alice)).toMatchObject([
    { table: "support.customers", fields: ["email", "name", "phone"], masked: [] },
  ]);
  await expect.poll(async () => (await shell(seenBy)).stdout, { timeout: 30_000 }).toContain("customer:");
  expect((await shell(verify)).stdout).toMatch(/entries verified/);
  await expect(shell(refused)).rejects.toThrow(/HINT/);
}

interface Actor {
  readonly id: string;
  readonly name: string;
}

test.skipIf(noPsql)(
  "two demos side by side: what alice reads is what the ledger says, the staff is at work, and nothing is left of them",
  { timeout: 180_000 },
  async () => {
    const demos = [startDemo(720), startDemo(720)];
    for (const demo of demos) {
      await demo.says(/support\.outbox/);
      await tryEverything(demo);
      await demo.says(/[1-9]\d* disclosures a minute/);
      expect(demo.text()).not.toMatch(/undefined|NaN|Error|[1-9]\d* errors|[Ww]arning/);
    }
    for (const demo of demos) {
      expect(await demo.interrupt()).toBe(0);
      await nothingIsLeft(demo);
    }
  },
);

test("Ctrl-C while customers are still being invented leaves nothing either", { timeout: 60_000 }, async () => {
  const demo = startDemo(2_000_000);
  await demo.says(/Inventing customers.*: [1-9]/);
  expect(await demo.interrupt()).toBe(0);
  expect(demo.text()).toMatch(/Nothing is left/);
  await nothingIsLeft(demo);
});

test.each([
  ["--customers", "many", /--customers is not a whole number/],
  ["--seeds", "7", /Unknown option '--seeds'/],
])("options that make no sense are told in one sentence: %s %s", async (option, value, sentence) => {
  const attempt = promisify(execFile)(process.execPath, ["scripts/start.mjs", option, value], { cwd: root });
  await expect(attempt).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(sentence) });
});
