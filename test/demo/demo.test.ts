/** `npm start` as its user sees it: what it prints is tried, line by line. */
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { type Demo, linesOf, nothingIsLeft, root, shell, startDemo } from "./running.ts";

const noPsql = spawnSync("psql", ["--version"]).error !== undefined;

/** Tries each line as printed. */
async function tryEverything(demo: Demo): Promise<void> {
  const lines = linesOf(demo);
  expect(lines).toHaveLength(7);
  const [read = "", whoSaw = "", seenBy = "", scope = "", verify = "", doctor = "", refused = ""] = lines;
  expect(JSON.parse((await shell(`${scope} --json`)).stdout)).toMatchObject({
    actors: [expect.stringMatching(/^staff:/u)],
  });
  expect(JSON.parse((await shell(`${doctor} --json || true`)).stdout)).toMatchObject({ counts: { critical: 1 } });
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
  await expect
    .poll(async () => (await shell(scope)).stdout, { timeout: 30_000 })
    .toMatch(/^customer, country=[A-Z]{2}, language=[a-z]{2}: [1-9]/mu);
  expect((await shell(verify)).stdout).toMatch(/entries verified/);
  await expect(shell(refused)).rejects.toThrow(/HINT/);
  const health = /http:\/\/\S+\/health/u.exec(demo.text())?.[0] ?? "";
  expect((await fetch(health)).status).toBe(200);
}

interface Actor {
  readonly id: string;
  readonly name: string;
}

test.skipIf(noPsql)(
  "two demos side by side: what alice reads is what the ledger says, the staff is at work, and nothing is left of them",
  { timeout: 180_000 },
  async () => {
    const demos = [startDemo({ customers: 720 }), startDemo({ customers: 720 })];
    for (const demo of demos) {
      await demo.says(/support\.outbox/);
      await tryEverything(demo);
      await demo.says(/[1-9]\d* disclosures a minute/);
      expect(demo.text()).not.toMatch(/undefined|NaN|Error|[1-9]\d* errors|[Ww]arning/);
    }
    for (const demo of demos) {
      expect(await demo.end()).toBe(0);
      await nothingIsLeft(demo);
    }
  },
);

test("Ctrl-C while customers are still being invented leaves nothing either", { timeout: 60_000 }, async () => {
  const demo = startDemo({ customers: 2_000_000 });
  await demo.says(/Inventing customers.*: [1-9]/);
  expect(await demo.end()).toBe(0);
  expect(demo.text()).toMatch(/Nothing is left/);
  await nothingIsLeft(demo);
});

test("killed while it runs, it leaves nothing either", { timeout: 90_000 }, async () => {
  const demo = startDemo({ customers: 720 });
  await demo.says(/[1-9]\d* disclosures a minute/);
  expect(await demo.end("SIGKILL")).toBe(null);
  await nothingIsLeft(demo);
});

test.each([
  ["--customers", "many", /--customers is not a whole number/],
  ["--seeds", "7", /Unknown option '--seeds'/],
])("options that make no sense are told in one sentence: %s %s", async (option, value, sentence) => {
  const attempt = promisify(execFile)(process.execPath, ["scripts/start.mjs", option, value], { cwd: root });
  await expect(attempt).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(sentence) });
});
