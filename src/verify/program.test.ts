import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runVerifier } from "./program.ts";
import { makeProof } from "./proof.ts";
import { naiveCheckpoint, naiveFiles, naiveKey, naiveLog, writeFiles } from "./testing/naive.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-program-"));
afterAll(() => rmSync(root, { recursive: true }));
const log = naiveLog(
  "acme.example/gw-1",
  Buffer.alloc(32, 7),
  Array.from({ length: 300 }, (_, i) => ({ kind: 1, time: 1_790_000_000_000 + i, payload: [i] })),
);
const dir = join(root, "log");
writeFiles(dir, naiveFiles(log, { size: 290 }));
const file = (name: string, bytes: string | Buffer): string => {
  writeFileSync(join(root, name), bytes);
  return join(root, name);
};
const keyFile = file("key", `${log.vkey}\n`);
const proof = file("proof", makeProof(dir, 77));

async function run(...args: string[]): Promise<{ exit: number; stdout: string; stderr: string }> {
  const out = { stdout: "", stderr: "" };
  const exit = await runVerifier(args, {
    stdout: { write: (text) => (out.stdout += text) },
    stderr: { write: (text) => (out.stderr += text) },
  });
  return { exit, ...out };
}

test("a sound log: 0, and who protects how much", async () => {
  const plain = await run(dir, "--vkey", log.vkey);
  expect(plain).toMatchObject({ exit: 0, stderr: "" });
  expect(plain.stdout).toContain("all 290 rest on the log key");
  expect(plain.stdout).toContain("10 durable entries are not yet under the checkpoint");
  const old = file("old", naiveCheckpoint(log, 200));
  const kept = await run(dir, "--vkey", keyFile, "--checkpoint", old);
  expect(kept.stdout).toContain(`protected up to 200 by ${old}; the last 90 rest on the log key`);
  const json = await run(dir, "--vkey", keyFile, "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, size: 290, findings: [] });
});

test("a bad log: 1, and every place", async () => {
  const files = naiveFiles(log, { size: 290 });
  const at = files.get("tile/entries/000")!.indexOf(log.entries[9]!) + 30;
  files.get("tile/entries/000")![at]! ^= 1;
  const bad = join(root, "bad");
  writeFiles(bad, files);
  const report = await run(bad, "--vkey", log.vkey);
  expect(report.exit).toBe(1);
  expect(report.stdout).toContain("first bad entry: 9");
  expect(report.stdout).toMatch(/ENTRY_CHANGED {2}tile\/entries\/000 at byte \d+: entry 9 /);
});

describe("a proof", () => {
  test("that holds: 0; that does not: 1", async () => {
    const good = await run("proof", proof, "--vkey", log.vkey);
    expect(good).toMatchObject({ exit: 0, stdout: expect.stringContaining("entry 77 of acme.example/gw-1") });
    const entry = file("entry", log.entries[77]!);
    expect(await run("proof", proof, "--vkey", log.vkey, "--entry", entry, "--json")).toMatchObject({ exit: 0 });
    expect(await run("proof", proof, "--vkey", log.vkey, "--entry", file("other", log.entries[78]!))).toMatchObject({
      exit: 1,
    });
    expect(await run("proof", proof, "--vkey", naiveKey("acme.example/gw-1").vkey)).toMatchObject({ exit: 1 });
  });
});

test("what cannot be done: 2 or 4, and why", async () => {
  expect(await run()).toMatchObject({ exit: 2, stderr: expect.stringContaining("Exit codes") });
  expect(await run(dir)).toMatchObject({ exit: 2 });
  expect(await run(dir, "more", "--vkey", log.vkey)).toMatchObject({ exit: 2 });
  expect(await run(dir, "--vkey", log.vkey, "--no-such")).toMatchObject({ exit: 2, stdout: "" });
  expect(await run(dir, "--vkey", "a+00000000+AAAA")).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining("hint: "),
  });
  expect(await run(dir, "--vkey", join(root, "none"))).toMatchObject({ exit: 4 });
  expect(await run("--help")).toMatchObject({ exit: 0, stderr: "" });
  expect(await run(join(root, "nowhere"), "--vkey", log.vkey)).toMatchObject({
    exit: 1,
    stdout: expect.stringContaining("log.json is missing"),
  });
});
