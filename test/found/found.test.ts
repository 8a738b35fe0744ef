/** A thief's bulk statement, made into a messy file and found again: whose it is, and what was said about it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { cliIn } from "../../src/cli/testing/cli-in.ts";
import type { FoundReport } from "../../src/cli/found-report.ts";
import type { Actor } from "../../src/actors/actor.ts";
import { startControl } from "../../src/control/control.ts";
import { readEntries } from "../../src/ledger/read.ts";
import { setScene } from "../rig/scene.ts";

let yaml = "";
const scene = setScene({ edit: (text) => (yaml = text) });
const whosaw = cliIn(() => scene.gateway.dir);
let mallory: Actor;
let stolen: { id: string; name: string; email: string; phone: string | null }[] = [];

beforeAll(async () => {
  const { gateway } = scene;
  writeFileSync(join(gateway.dir, "whosaw.yaml"), yaml);
  mallory = await gateway.signUp("mallory", "agent");
  await gateway.signUp("bob", "agent");
  const as = async (name: string, sql: string): Promise<typeof stolen> => {
    const client = await gateway.client("alice", {
      user: name,
      connectionString: gateway.url().replace("alice", name),
    });
    const { rows } = await client.query<(typeof stolen)[number]>(sql);
    await client.end();
    return rows;
  };
  await as("alice", "SELECT * FROM support.customers WHERE id < 4300");
  await as("bob", "SELECT id, name FROM support.customers WHERE id % 3 = 0");
  stolen = await as("mallory", "SELECT id, name, email, phone FROM support.customers WHERE id % 2 = 0 ORDER BY name");
  await as("mallory", "SELECT * FROM support.tickets WHERE customer_id % 7 = 0");
  writeFileSync(join(gateway.dir, "ids.csv"), `id\n${stolen.map(({ id }) => id).join("\n")}\n`);
  // Since then some have changed their addresses.
  await scene.database.query("UPDATE support.customers SET email = 'new.' || email WHERE id % 20 = 0");
  // Entries are under a checkpoint within a second, and shipped only then.
  await vi.waitFor(async () => expect(await shownToMallory()).toBe(stolen.length), { timeout: 20_000 });
});

/** So many customers stand in columns as shown by her statement. */
async function shownToMallory(): Promise<number> {
  const { exit } = await whosaw("ledger", "reindex");
  const { stdout } = await whosaw("trace", "--found", "ids.csv", "--json");
  return exit === 0 ? ((JSON.parse(stdout) as FoundReport).candidates[0]?.covered ?? 0) : 0;
}

function messy(rows: typeof stolen): string {
  const lines = rows.map(({ name, email, phone }, i) => {
    const [first, ...rest] = name.split(" ");
    const spelt = i % 3 === 0 ? `"${rest.join(" ")}, ${first}"` : name;
    return `${spelt};${i % 2 === 0 ? email.toUpperCase() : ` ${email}`};${(phone ?? "").replace("+", i % 2 === 0 ? "00" : "+").replaceAll(" ", "-")}`;
  });
  return `\ufeffFull Name;Mail;Tel\r\n${lines.join("\r\n")}\r\nNo Body;nobody@nowhere.example;\r\n`;
}

async function trace(...args: string[]): Promise<FoundReport> {
  const { exit, stdout } = await whosaw("trace", ...args, "--json");
  expect(exit).toBe(0);
  return JSON.parse(stdout) as FoundReport;
}

test("the one whose statement it was is named, and the file's values are nowhere", async () => {
  const { gateway } = scene;
  writeFileSync(join(gateway.dir, "leak.csv"), messy(stolen), "utf16le");
  const report = await trace("--found", "leak.csv");
  expect(report.rows).toMatchObject({ read: stolen.length + 1, unmatched: 1 });
  expect(report.rows.matched).toBe(stolen.length);
  expect(report.columns.map(({ column, holds }) => [column, holds])).toEqual([
    ["Full Name", "support.customers.name"],
    ["Mail", "support.customers.email"],
    ["Tel", "support.customers.phone"],
  ]);
  expect(report.candidates[0]).toMatchObject({ actor: mallory.id, covered: stolen.length, verdict: "evidence" });
  expect(report.candidates[0]?.statements[0]).toMatchObject({ covered: stolen.length, subjects: stolen.length });
  expect(report.candidates[0]?.statements[0]).toMatchObject({
    session: expect.stringMatching(/^helpdesk\.example\/gw-1\/\d+$/u) as string,
    fields: ["email", "id", "name", "phone"].map((column) => `support.customers.${column}`),
  });
  expect(report.findings[1]).toContain("It showed every field that the copy is known to hold.");
  expect(report.candidates.slice(1).every(({ verdict }) => verdict === "none")).toBe(true);
  const text = await whosaw("trace", "--found", "leak.csv");
  expect(text.stdout).toContain(`${mallory.id} was shown 100.0 % of it`);
  for (const { name, email } of stolen)
    for (const value of [name, email]) expect(text.stdout + JSON.stringify(report)).not.toContain(value);
  const looks = [];
  for await (const { entry } of readEntries(gateway.config.ledger.console, { masterKey: gateway.keys.masterKey }))
    if (entry?.kind === "look") looks.push(entry);
  const [look, again, ...others] = looks.filter(({ target }) => target.startsWith(`file:sha256:${report.sha256} `));
  expect([again?.command, others]).toEqual(["trace --found", []]);
  expect(look).toMatchObject({ command: "trace --found", results: stolen.length });
  expect(look?.target).toContain(`file:sha256:${report.sha256} customer:${stolen.length} shown:${mallory.id}`);
  expect(readFileSync(join(gateway.dir, "leak.csv")).length).toBeGreaterThan(0);
});

test("through a running control plane the answer is the same, and the look is its entry", async () => {
  const { gateway } = scene;
  const alone = await trace("--found", "leak.csv");
  const { config } = gateway;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const control = await startControl({ config, loadConfig: () => Promise.resolve(config), log });
  try {
    await control.wake();
    const asked = async (): Promise<number> => (await whosaw("trace", "--found", "leak.csv")).exit;
    await expect.poll(asked, { timeout: 30_000 }).toBe(0);
    const { behind, ...told } = await trace("--found", "leak.csv");
    expect(told).toEqual((({ behind: _behind, ...rest }) => rest)(alone));
    expect(behind).toBeGreaterThanOrEqual(0);
  } finally {
    await control.close();
  }
});

test("JSON with ids, masked addresses and last digits; rows that name nobody, two people, or were made up", async () => {
  const { gateway } = scene;
  const [a, b, c] = stolen.filter(({ phone }) => phone !== null);
  if (a === undefined || b === undefined || c === undefined) throw new Error("customers with telephones were stolen");
  const masked = (email: string): string => `${email.slice(0, 2)}***@${email.split("@")[1] ?? ""}`;
  const records = stolen
    .filter(({ id }) => Number(id) % 20 !== 0)
    .slice(0, 60)
    .map(({ id, email, phone }) => ({ ref: { uid: Number(id) }, mail: masked(email), end: phone?.slice(-4) }));
  const lines = [
    ...records,
    { ref: { uid: 999_999 }, mail: "x***@nowhere.example", end: "0000" },
    { ref: { uid: Number(a.id) }, mail: "zz***@nowhere.example", end: "" },
  ];
  writeFileSync(join(gateway.dir, "leak.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
  const report = await trace("--found", "leak.jsonl");
  expect(report.columns.map(({ column, holds }) => [column, holds])).toEqual([
    ["ref.uid", "customer key"],
    ["mail", "support.customers.email"],
    ["end", "support.customers.phone"],
  ]);
  expect(report.rows).toEqual({ read: 62, matched: 60, ambiguous: 0, invented: 1, unmatched: 1 });
  expect(report.candidates[0]?.actor).toBe(mallory.id);
  const two = `email;phone\n${stolen
    .slice(0, 40)
    .map(({ email }) => `${email};\n`)
    .join("")}${b.email};${c.phone ?? ""}\n`;
  writeFileSync(join(gateway.dir, "two.csv"), two);
  expect((await trace("--found", "two.csv")).rows).toMatchObject({ matched: 40, ambiguous: 1 });
});

test("decoys are said first, teams are read from a file, and nobody is an answer", async () => {
  const { gateway } = scene;
  const decoy = stolen[0]?.id ?? "";
  writeFileSync(join(gateway.dir, "decoys.txt"), `${decoy}\n`);
  writeFileSync(join(gateway.dir, "teams.csv"), `actor,team\n${mallory.id},one\n${gateway.actors.alice.id},one\n`);
  const report = await trace("--found", "leak.csv", "--decoys", "decoys.txt", "--teams", "teams.csv");
  expect(report).toMatchObject({ subjects: stolen.length - 1, decoys: 1 });
  expect(report.findings[0]).toContain("It holds 1 decoy");
  expect(report.decoysShownTo.map(({ actor }) => actor)).toContain(mallory.id);
  writeFileSync(join(gateway.dir, "none.csv"), "email\nnobody@nowhere.example\nnoone@nowhere.example\n");
  const none = await trace("--found", "none.csv");
  expect(none).toMatchObject({ subjects: 0, candidates: [] });
  expect(none.findings).toEqual(["No row is about anybody in the database: there is nothing to compare."]);
  const before = await trace("--found", "leak.csv", "--before", "2001-01-01");
  expect(before.candidates).toEqual([]);
});
