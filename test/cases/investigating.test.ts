/** docs/investigating.md, line by line, on a simulated company; and what must be true of its answers. */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT } from "../../src/cli/exit.ts";
import { type CliRun, cliIn } from "../../src/cli/testing/cli-in.ts";
import type { Entry } from "../../src/ledger/entry.ts";
import { createKeys } from "../../src/ledger/keys-file.ts";
import { readEntries } from "../../src/ledger/read.ts";
import { sharedServer } from "../rig/shared.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/investigating.md"), "utf8");
const home = mkdtempSync(join(tmpdir(), "whosaw-investigating-"));
let folder = home;
const run = cliIn(() => folder);
let dropDatabase: () => Promise<unknown>;

/** What the page says to type, in order. */
const LINES = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gmu)]
  .flatMap((block) => (block[1] ?? "").trim().split("\n"))
  .filter((line) => line !== "cd company");

function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/gu)].map(([, quoted, plain]) => quoted ?? plain ?? "").slice(1);
}

const said = new Map<string, CliRun>();

beforeAll(async () => {
  const database = await (await sharedServer()).createDatabase();
  dropDatabase = () => database.drop();
  const [first = "", ...rest] = LINES;
  said.set(first, await run(...words(first)));
  folder = join(home, "company");
  appendFileSync(join(folder, "whosaw.yaml"), `state: "${database.url}?sslmode=disable"\n`);
  let report = "";
  for (const line of rest) {
    const answer = await run(...words(line.replace("r-0123456789abcdef", report)));
    said.set(line, answer);
    report = /r-[0-9a-f]{16}/u.exec(answer.stdout)?.[0] ?? report;
  }
}, 120_000);
afterAll(async () => {
  await dropDatabase();
  rmSync(home, { recursive: true });
});

/** What the first line that begins so has printed. */
function answered(begins: string): CliRun {
  const line = LINES.find((one) => one.startsWith(begins)) ?? "";
  return said.get(line) ?? { exit: -1, stdout: "", stderr: `the page has no line ${begins}` };
}

async function looks(): Promise<Extract<Entry, { kind: "look" }>[]> {
  const { masterKey } = await createKeys(join(folder, "ledger-keys"));
  const found: Extract<Entry, { kind: "look" }>[] = [];
  for await (const { entry } of readEntries(join(folder, "ledger-console"), { masterKey }))
    if (entry?.kind === "look") found.push(entry);
  return found;
}

test("every line of the page does what it says", () => {
  expect(LINES.length).toBeGreaterThan(12);
  for (const line of LINES)
    expect([line, said.get(line)?.stderr, said.get(line)?.exit]).toEqual([line, said.get(line)?.stderr, EXIT.ok]);
});

test("the trace finds who it was, in sentences that accuse nobody by a number alone", async () => {
  const { stdout } = answered("whosaw trace --case");
  const truth = readFileSync(join(folder, "truth.json"), "utf8");
  const first = /(staff:[0-9a-f-]{36})/u.exec(stdout.slice(stdout.indexOf("SUSPECT")))?.[1] ?? "none";
  expect(truth).toContain(first);
  expect(stdout).toMatch(/no action against (?:a person|any of them) on this alone|for people to decide/u);
  expect(stdout).toMatch(/^ *(?:< )?[\d.]+ % +nobody inside, or somebody outside +-$/mu);
  expect(stdout).toMatch(/10\^[\d.-]+ of 10\^3\.5/u);
  expect(stdout).toContain("not the probability of guilt");
  expect(stdout).not.toContain("100.0 %");
  const look = (await looks()).find(({ command }) => command === "trace");
  expect(look?.target).toMatch(/^case:1 3\d reports [0-9a-f]{16} staff:/u);
  expect(look?.target).toContain(first);
  // Whoever stands anywhere in the result has been looked at.
  const kept = JSON.parse(readFileSync(join(folder, "case-1.trace"), "utf8")) as { readonly result: object };
  const named = JSON.stringify(kept.result).match(/staff:[0-9a-f-]{36}/gu) ?? [];
  expect(new Set(named).size).toBeGreaterThan(10);
  for (const staff of named) expect(look?.target).toContain(staff);
});

test("the file of a result replays, and says what has changed when something has", async () => {
  expect(answered("whosaw trace --replay").stdout).toMatch(/^The same: /u);
  const file = join(folder, "case-1.trace");
  const [report] = (JSON.parse(readFileSync(file, "utf8")) as { reports: string[] }).reports;
  await run("report", "withdraw", report ?? "", "--because", "told twice");
  const days = readdirSync(join(folder, "ledger", "keys")).toSorted();
  rmSync(join(folder, "ledger", "keys", days.at(-20) ?? ""));
  const changed = await run("trace", "--replay", "case-1.trace");
  expect(changed).toMatchObject({ exit: EXIT.negative, stdout: expect.stringMatching(/^Not the same/u) as string });
  expect(changed.stdout).toContain("withdrawn since");
  expect(changed.stdout).toContain("1 days of simulated.example/gw-1 have expired since");
  expect((await run("trace", "--replay", "reports.csv")).exit).toBe(EXIT.usage);
  expect((await run("trace", "--replay", "none")).exit).toBe(EXIT.environment);
});

test("the scope of the case is that of whom it points to, with grounds for nobody", () => {
  const { stdout } = answered("whosaw scope --case");
  expect(stdout).toMatch(/^Case 1, .*staff:/u);
  expect(stdout).toMatch(/^\d+ subjects, exactly\.$/mu);
  expect(stdout).toMatch(
    /^0 of caller: no disclosure, 0 opaque statements, 0 expired entries, 0 gaps in the record\.$/mu,
  );
  const subjects = Number(/^(\d+) subjects, exactly/mu.exec(stdout)?.[1]);
  expect(readFileSync(join(folder, "affected.csv"), "utf8").trim().split("\r\n")).toHaveLength(subjects + 1);
});

test("from the ledger alone the same person comes first; without a case, a copy or a file there is nothing to trace", async () => {
  const [columns, ledger] = [
    answered("whosaw trace --case"),
    await run("trace", "--case", "1", "--from-ledger", "--json"),
  ];
  const first = (JSON.parse(ledger.stdout) as { result: { suspects: { staff: string }[] } }).result.suspects[0]?.staff;
  expect(columns.stdout.slice(columns.stdout.indexOf("SUSPECT"))).toMatch(new RegExp(`\\n${first} `, "u"));
  expect((await run("trace")).exit).toBe(EXIT.usage);
  expect((await run("trace", "--case", "1", "--replay", "x")).exit).toBe(EXIT.usage);
  expect((await run("trace", "--case", "1", "--unmask", "grant")).stderr).toContain("two people would have to agree");
  expect(await run("trace", "--case", "1", "--before", "2026-01-01")).toMatchObject({
    exit: EXIT.usage,
    stderr: expect.stringContaining("--before goes with --found") as string,
  });
  expect((await run("trace", "--found", "none.csv")).stderr).toContain("none.csv cannot be read");
  expect((await run("scope", "--actor", "svc:slip")).stderr).toContain("no actor of this id is in the register");
  expect((await run("trace", "--case", "99")).exit).toBe(EXIT.negative);
  expect((await run("scope", "--case", "1", "--actor", "svc:a")).exit).toBe(EXIT.usage);
});
