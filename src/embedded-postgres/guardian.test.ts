import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { GUARDIAN_SCRIPT } from "./guardian.ts";

/** Stands for the server: leaves on SIGQUIT, as PostgreSQL does (a shell starts background programs with it ignored). */
const SERVER = `process.on("SIGQUIT", () => process.exit(3)); setInterval(() => {}, 1000); console.log("ready");`;

/** An owner that starts the server under a guardian, and passes lines from its own standard input on to it. */
const OWNER = `
  const [script, base, server] = process.argv.slice(1);
  const guardian = require("node:child_process").spawn("/bin/sh", ["-c", script, "guardian", base, process.execPath, "-e", server], {
    detached: true, stdio: ["pipe", "pipe", "inherit"],
  });
  guardian.stdout.pipe(process.stdout);
  require("node:readline").createInterface(process.stdin).on("line", (line) => guardian.stdin.write(line + "\\n"));
`;

function startOwner() {
  const base = mkdtempSync(join(tmpdir(), "whosaw-guardian-"));
  writeFileSync(join(base, "some-data"), "");
  const owner = spawn(process.execPath, ["-e", OWNER, GUARDIAN_SCRIPT, base, SERVER], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  // The guardian and the server hold the other end of this pipe too: it ends when the last of the three has.
  const allGone = once(owner.stderr, "end");
  const ready = once(owner.stderr, "data");
  return { base, owner, allGone, ready, words: createInterface(owner.stdout) };
}

test("an owner that is killed takes the server and its files along", async () => {
  const { base, owner, allGone, ready, words } = startOwner();
  const [line] = await once(words, "line");
  const pid = Number(String(line).replace("started ", ""));
  await ready;
  owner.kill("SIGKILL");
  await allGone;
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  expect(existsSync(base)).toBe(false);
});

test("an owner that said keep finds its files, and the server gone", async () => {
  const { base, owner, allGone, words } = startOwner();
  await once(words, "line");
  owner.stdin.write("keep\nKILL\n");
  expect((await once(words, "line"))[0]).toBe("exited 137");
  owner.kill("SIGKILL");
  await allGone;
  expect(existsSync(join(base, "some-data"))).toBe(true);
  rmSync(base, { recursive: true });
});
