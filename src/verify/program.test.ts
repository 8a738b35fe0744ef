import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
  expect(await run()).toMatchObject({ exit: 2, stderr: expect.stringMatching(/^A folder is missing\.\nhint: /u) });
  expect(await run(dir)).toMatchObject({ exit: 2, stderr: expect.stringMatching(/^--vkey is missing\.\nhint: /u) });
  expect(await run(dir, "more", "--vkey", log.vkey)).toMatchObject({ exit: 2 });
  expect(await run(dir, "--vkey", log.vkey, "--no-such")).toMatchObject({ exit: 2, stdout: "" });
  expect(await run("--help")).toMatchObject({ exit: 0, stderr: "" });
});

describe("the wrong key", () => {
  const other = naiveKey("acme.example/gw-1").vkey;
  test.each([
    ["a+00000000+AAAA", "--vkey is not NAME+ID+KEY."],
    [log.vkey.slice(0, -4), "--vkey is not NAME+ID+KEY."],
    [log.vkey.replace(/\+[0-9a-f]{8}\+/u, "+00000000+"), "--vkey has an id that does not belong to its name and key."],
    ["", "--vkey is empty."],
    [proof, `${proof}, given as --vkey, is not NAME+ID+KEY.`],
  ])("%j is none: 2", async (key, said) => {
    const { exit, stdout, stderr } = await run(dir, "--vkey", key);
    expect({ exit, stdout, stderr }).toEqual({ exit: 2, stdout: "", stderr: expect.stringMatching(/\nhint: /u) });
    expect(stderr.split("\n")[0]).toBe(said);
  });

  test("a file that is not there, and a folder: 4", async () => {
    const missing = await run(dir, "--vkey", join(root, "none"));
    expect(missing).toMatchObject({ exit: 4, stdout: "" });
    expect(missing.stderr).toBe(
      `There is no file ${join(root, "none")}, and as a key --vkey would be NAME+ID+KEY.\nhint: Copy the whole line that serve printed when it made the log; log.json in its folder has it too.\n`,
    );
    expect((await run(dir, "--vkey", dir)).stderr).toMatch(/ is a folder, not a file\.\nhint: /u);
  });

  test("another log's key: 1, and told that key and folder do not belong together", async () => {
    const { exit, stdout } = await run(dir, "--vkey", naiveKey("acme.example/gw-2").vkey);
    expect(exit).toBe(1);
    expect(stdout).toContain("log.json: it is the log of acme.example/gw-1, the key is of acme.example/gw-2");
    expect(stdout).toContain("note: folder and key do not belong together");
  });

  test("another key of the same log: 1", async () => {
    const { exit, stdout } = await run(dir, "--vkey", other);
    expect(exit).toBe(1);
    expect(stdout).toContain("log.json: it names another key of acme.example/gw-1 than the one given");
    expect(stdout).toContain("note: folder and key do not belong together");
  });
});

describe("not a ledger", () => {
  test("no such folder, and a file: 4", async () => {
    expect(await run(join(root, "nowhere"), "--vkey", log.vkey)).toMatchObject({
      exit: 4,
      stdout: "",
      stderr: `There is no folder ${join(root, "nowhere")}.\nhint: Check the path: ledger.dir in whosaw.yaml names it.\n`,
    });
    expect(await run(keyFile, "--vkey", log.vkey)).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining("is a file, and a ledger is a folder.") as string,
    });
  });

  test("a folder with nothing of a ledger in it: 1, one finding", async () => {
    const empty = join(root, "empty");
    mkdirSync(empty);
    const { exit, stdout } = await run(empty, "--vkey", log.vkey);
    expect(exit).toBe(1);
    expect(stdout).toBe(
      "NOT VERIFIED: 1 finding\n  LOG_MISSING  log.json: there is no ledger in this folder: neither log.json nor checkpoint, tile or wal\n",
    );
  });

  test("a ledger that lost its log.json: 1", async () => {
    const lost = join(root, "lost");
    const files = naiveFiles(log, { size: 290 });
    files.delete("log.json");
    writeFiles(lost, files);
    expect((await run(lost, "--vkey", log.vkey)).stdout).toContain("IDENTITY_MISMATCH  log.json: it is missing");
  });
});
