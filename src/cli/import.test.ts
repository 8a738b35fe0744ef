import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRegister } from "../actors/register.ts";
import { verifyLog } from "../verify/log.ts";
import { EXIT } from "./exit.ts";
import { cliIn } from "./testing/cli-in.ts";

const folder = mkdtempSync(join(tmpdir(), "whosaw-import-cli-"));
const at = (...path: string[]): string => join(folder, ...path);
const whosaw = cliIn(() => folder);
const ORIGIN = "example.com/gw-1";

const ROWS = `at,actor,team,subject,fields,grade
2026-03-01T09:00:00Z,alice@example.com,billing,4711,support.customers.email;identity,exact
2026-03-01T09:00:05Z,alice@example.com,billing,4711,support.customers.email;identity,exact
2026-02-01T09:00:00+01:00,alice@example.com,billing,4712,content,page-level
2026-05-01T09:00:00Z,alice@example.com,billing,4711,support.customers.phone,possible
2026-05-01T10:00:00Z,"bob, the second",,"4712",contact,exact
2026-05-01T11:00:00Z,alice@example.com,billing,,,possible
`;

beforeAll(() => {
  writeFileSync(
    at("whosaw.yaml"),
    `upstream: {url: "postgres://gw:pw@127.0.0.1:1/support"}
listen: {postgres: "127.0.0.1:0"}
ledger: {dir: ./ledger, keys: ./ledger-keys, origin: ${ORIGIN}}
subjects: {customer: {tables: {support.customers: {key: {column: id}, fields: {email: contact, phone: contact}}}}}
`,
  );
  writeFileSync(at("access.csv"), ROWS);
});
afterAll(() => rmSync(folder, { recursive: true }));

const QUESTIONS = [
  ["who-saw", "customer", "4711"],
  ["who-saw", "customer", "4712"],
  ["seen-by", "alice@example.com"],
  ["scope", "--actor", "alice@example.com"],
  ["scope", "--actor", "alice@example.com", "--from", "2026-03-01", "--to", "2026-04-01"],
];

async function answers(questions: readonly string[][], ...options: string[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const question of questions) {
    const { exit, stdout } = await whosaw(...question, "--json", ...options);
    expect(exit).toBe(EXIT.ok);
    found.push(JSON.parse(stdout));
  }
  return found;
}

test("a dry run says what would be imported and writes nothing", async () => {
  const { exit, stdout } = await whosaw("import", "access.csv", "--dry-run", "--json");
  expect(exit).toBe(EXIT.ok);
  expect(JSON.parse(stdout)).toEqual({
    dryRun: true,
    already: false,
    import: null,
    format: "csv",
    rows: 6,
    added: null,
    known: null,
    grades: { exact: 3, "page-level": 1, possible: 2 },
    unnamed: 1,
    ignored: 0,
    actors: 2,
    unknownActors: 2,
    first: "2026-02-01T08:00:00.000Z",
    last: "2026-05-01T11:00:00.000Z",
  });
  expect((await readRegister(at("whosaw-actors.json"))).all).toEqual([]);
});

test("rows are imported once; who saw whom is answered by their own times and grades, from ledger and columns alike", async () => {
  const { exit, stdout } = await whosaw("import", "access.csv");
  expect(exit).toBe(EXIT.ok);
  expect(stdout).toContain("Import 1: 6 rows added.");
  const { all } = await readRegister(at("whosaw-actors.json"));
  expect(all).toMatchObject([
    { name: "alice@example.com", role: "imported", disabled: true, team: "billing", verifier: undefined },
    { name: "bob, the second", disabled: true },
  ]);
  const again = await whosaw("import", "access.csv", "--json");
  expect(JSON.parse(again.stdout)).toMatchObject({ import: 1, already: true, added: 0 });

  const fromLedger = await answers(QUESTIONS, "--from-ledger");
  const [saw4711, saw4712, , scope, inMarch] = fromLedger as [
    { at: string; grade: string; fields: string[]; table: string }[],
    { at: string; grade: string; actor: string }[],
    unknown,
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  expect(saw4711.map(({ at: time, grade, table, fields }) => [time, grade, table, fields.join()])).toEqual([
    ["2026-03-01T09:00:00.000Z", "exact", "import", "identity"],
    ["2026-03-01T09:00:00.000Z", "exact", "support.customers", "email"],
    ["2026-03-01T09:00:05.000Z", "exact", "import", "identity"],
    ["2026-03-01T09:00:05.000Z", "exact", "support.customers", "email"],
    ["2026-05-01T09:00:00.000Z", "possible", "support.customers", "phone"],
  ]);
  expect(saw4712.map(({ at: time, grade }) => [time, grade])).toEqual([
    ["2026-02-01T08:00:00.000Z", "page-level"],
    ["2026-05-01T10:00:00.000Z", "exact"],
  ]);
  expect(scope).toMatchObject({ subjects: { min: 1, max: null }, kinds: [{ first: "2026-02-01T08:00:00.000Z" }] });
  expect(inMarch).toMatchObject({ subjects: { min: 1, max: 1 }, reasons: [] });

  expect((await whosaw("ledger", "reindex")).exit).toBe(EXIT.ok);
  expect(await answers(QUESTIONS)).toEqual(fromLedger);
  expect((await whosaw("scope", "--actor", "alice@example.com", "--csv", "-")).stdout).toMatch(
    /4711,.*,opened,sure,import.identity;support.customers.email,,.*\r\n.*4712,.*,possible,import.content,/u,
  );
});

test("no name is in the ledger, and it verifies", async () => {
  const { vkey } = JSON.parse(readFileSync(at("ledger-imports", "log.json"), "utf8")) as { vkey: string };
  expect(await verifyLog(at("ledger-imports"), { vkey })).toMatchObject({ ok: true, findings: [], notes: [] });
});

test("another file adds the rows alone that are new", async () => {
  writeFileSync(at("more.csv"), `${ROWS}2026-05-02T10:00:00Z,alice@example.com,billing,77,identity,exact\n`);
  const { stdout } = await whosaw("import", "more.csv", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ already: false, rows: 7, added: 1, known: 6, unknownActors: 0 });
});

test("what is undone leaves answers at once, and can be imported again", async () => {
  const seen = [["seen-by", "alice@example.com"]];
  expect(JSON.stringify(await answers(seen))).toContain('"77"');
  const list = JSON.parse((await whosaw("import", "--list", "--json")).stdout) as { import: number }[];
  const second = String(list.at(-1)?.import);
  expect(await whosaw("import", "--undo", second)).toMatchObject({ exit: EXIT.ok });
  expect((await whosaw("import", "--undo", second)).stdout).toContain("was undone before");
  const after = await answers(seen);
  expect(JSON.stringify(after)).not.toContain('"77"');
  expect(await answers(seen, "--from-ledger")).toEqual(after);
  expect((await whosaw("import", "--undo", "1")).exit).toBe(EXIT.ok);
  expect(await answers(seen)).toEqual([[]]);
  expect(JSON.parse((await whosaw("import", "access.csv", "--json")).stdout)).toMatchObject({ added: 6 });
  expect((await whosaw("import", "--list")).stdout).toMatch(/undone[\s\S]*undone[\s\S]*whole/u);
});

test("rows that two files share survive the undoing of either", async () => {
  const shared = ROWS.trimEnd().split("\n");
  const turned = [shared[0], ...shared.slice(1).toReversed()].join("\n");
  writeFileSync(at("turned.csv"), `${turned}\n`);
  expect(JSON.parse((await whosaw("import", "turned.csv", "--json")).stdout)).toMatchObject({ added: 0, known: 6 });
  const seen = [["seen-by", "alice@example.com"]];
  const before = await answers(seen);
  const list = JSON.parse((await whosaw("import", "--list", "--json")).stdout) as { import: number }[];
  expect((await whosaw("import", "--undo", String(list.at(-2)?.import))).exit).toBe(EXIT.ok);
  expect(await answers(seen)).toEqual([[]]);
  // The other file is there still: importing it again brings back what it shared.
  expect(JSON.parse((await whosaw("import", "turned.csv", "--json")).stdout)).toMatchObject({ added: 6 });
  const rows = (answer: unknown): number => JSON.stringify(answer).split('"subject"').length;
  expect(rows(await answers(seen))).toBe(rows(before));
});

test("the example in docs/importing.md is imported as it stands there; a mapping tells whose tickets were opened, and by whom", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/importing.md"), "utf8");
  writeFileSync(at("example.csv"), /```csv\n([\s\S]*?)```/u.exec(page)?.[1] ?? "");
  const example = await whosaw("import", "example.csv", "--json");
  expect(JSON.parse(example.stdout)).toMatchObject({
    rows: 4,
    added: 4,
    grades: { exact: 1, "page-level": 1, possible: 2 },
  });

  const line = (url: string): string =>
    JSON.stringify({ timestamp: "2026-06-01T09:00:00Z", user_id: 77, method: "GET", url, status: 200 });
  writeFileSync(at("zendesk.jsonl"), ["/api/v2/tickets/5", "/api/v2/tickets", "/api/v2/macros"].map(line).join("\n"));
  writeFileSync(at("tickets.csv"), "id,subject\n5,990\n");
  writeFileSync(at("people.csv"), "id,actor\n77,alice@example.com\n");
  const given = ["--subjects", "tickets.csv", "--actors", "people.csv"];
  const done = await whosaw("import", "zendesk.jsonl", ...given, "--json");
  expect(JSON.parse(done.stdout)).toMatchObject({
    format: "zendesk",
    rows: 2,
    unnamed: 1,
    ignored: 1,
    unknownActors: 0,
  });
  const alice = (await readRegister(at("whosaw-actors.json"))).byName("alice@example.com");
  expect(alice?.aliases).toEqual(["alice@example.com", "zendesk:77"]);
  expect(await answers([["who-saw", "customer", "990"]])).toMatchObject([[{ actor: alice?.id, grade: "exact" }]]);
});

test("a file with wrong lines is refused whole, and each of them named", async () => {
  writeFileSync(at("wrong.csv"), `${ROWS}yesterday,alice,,1,,\n2026-05-02T10:00:00Z,alice,,1,shoe,\n`);
  const { exit, stderr } = await whosaw("import", "wrong.csv");
  expect(exit).toBe(EXIT.environment);
  expect(stderr).toMatch(/^wrong\.csv:8: Its time.*\nwrong\.csv:9: It names a field.*\nhint: Nothing was imported/u);
  expect((await whosaw("import", "none.csv")).exit).toBe(EXIT.environment);
  expect((await whosaw("import")).exit).toBe(EXIT.usage);
  expect((await whosaw("import", "--undo", "0")).exit).toBe(EXIT.negative);
});
