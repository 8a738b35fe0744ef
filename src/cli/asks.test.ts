import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../config/load.ts";
import { startControl } from "../control/control.ts";
import { number32 } from "../columns/numbers.ts";
import { openColumns } from "../columns/open.ts";
import type { Entry } from "../ledger/entry.ts";
import { encodeIntKeys } from "../ledger/keys-block.ts";
import { createKeys } from "../ledger/keys-file.ts";
import { openLedger } from "../ledger/log.ts";
import { readEntries } from "../ledger/read.ts";
import { verifyLog } from "../verify/log.ts";
import { cliIn } from "./testing/cli-in.ts";
import { EXIT } from "./exit.ts";

const folder = mkdtempSync(join(tmpdir(), "whosaw-asks-cli-"));
const ALICE = "staff:11111111-2222-3333-4444-555555555555";
const origin = "example.com/gw-1";
const ledgerDir = join(folder, "ledger");
const keysDir = join(folder, "ledger-keys");

const whosaw = cliIn(() => folder);

async function looks(): Promise<Entry[]> {
  const { masterKey } = await createKeys(keysDir);
  const found: Entry[] = [];
  for await (const { entry } of readEntries(join(folder, "ledger-console"), { masterKey })) {
    if (entry?.kind === "look") found.push(entry);
  }
  return found;
}

const vkeyOf = (dir: string): string =>
  (JSON.parse(readFileSync(join(dir, "log.json"), "utf8")) as { vkey: string }).vkey;

beforeAll(async () => {
  const table = "support.customers: {key: {column: id}, fields: {email: contact}}";
  writeFileSync(
    join(folder, "whosaw.yaml"),
    `upstream: {url: "postgres://gw:pw@127.0.0.1:1/support"}
listen: {postgres: "127.0.0.1:0"}
ledger: {dir: ./ledger, keys: ./ledger-keys, origin: ${origin}}
subjects: {customer: {tables: {${table}}}}
roles: {agent: {upstream-role: helpdesk_agent}}
`,
  );
  const keys = await createKeys(keysDir);
  const ledger = await openLedger({
    dir: ledgerDir,
    origin,
    logSeed: keys.logSeed,
    masterKey: keys.masterKey,
    clock: { nowMs: () => Date.UTC(2026, 10, 21, 12) },
    witness: undefined,
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: () => undefined,
  });
  const uses = [
    { table: "support.customers", subjectKind: "customer", clear: ["email"], masked: [], predicate: ["phone"] },
  ];
  const common = {
    actor: ALICE,
    session: 0,
    ticket: "T-1",
    reason: undefined,
    policy: Buffer.alloc(1),
    outcome: undefined,
  } as const;
  const form = (await ledger.append({ kind: "form", fingerprint: "00", text: "", uses, scope: false })).firstIndex;
  const opaque = (
    await ledger.append({
      kind: "form",
      fingerprint: "00",
      text: "",
      uses: [{ ...uses[0]!, subjectKind: "" }],
      scope: true,
    })
  ).firstIndex;
  const blocks = [{ use: 0, keys: encodeIntKeys([4711, 4712]) }];
  await ledger.append({ ...common, kind: "statement", form, decision: "accounted", blocks });
  await ledger.append({ ...common, kind: "statement", form: opaque, decision: "opaque", blocks: [] });
  await ledger.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

test("who-saw --json prints the array and nothing else, and the look is on record", async () => {
  const { exit, stdout, stderr } = await whosaw("who-saw", "customer", "4711", "--json");
  expect(exit).toBe(EXIT.ok);
  const items: unknown = JSON.parse(stdout);
  expect(items).toEqual([
    {
      at: "2026-11-21T12:00:00.000Z",
      actor: ALICE,
      table: "support.customers",
      fields: ["email"],
      masked: [],
      reason: null,
      ticket: "T-1",
      statement: `${origin}/3`,
      log: origin,
      index: 3,
      searchedBy: ["phone"],
      grade: "exact",
    },
  ]);
  expect(stderr).toContain("1 opaque statements may also have shown this subject");
  expect((await looks()).at(-1)).toMatchObject({ command: "who-saw", target: "customer:4711", results: 1 });
});

test("before the first start there is no ledger, and no key is called lost", async () => {
  const fresh = join(folder, "fresh.yaml");
  const text = readFileSync(join(folder, "whosaw.yaml"), "utf8");
  writeFileSync(fresh, text.replace("./ledger, keys: ./ledger-keys", "./none, keys: ./none-keys"));
  for (const ask of [
    ["who-saw", "customer", "4711"],
    ["seen-by", ALICE],
  ]) {
    const { exit, stderr } = await whosaw(...ask, "--config", fresh);
    expect(exit).toBe(EXIT.environment);
    expect(stderr).toMatch(/^There is no ledger in .*none yet: no gateway has run with it\.\nhint: .*whosaw serve/u);
  }
});

test("nobody is an answer, and a look too; a kind that is none is not", async () => {
  expect(await whosaw("who-saw", "customer", "1", "--json")).toMatchObject({ exit: EXIT.ok, stdout: "[]\n" });
  expect((await whosaw("who-saw", "customer", "1")).stdout).toContain("Nobody");
  expect((await looks()).at(-1)).toMatchObject({ target: "customer:1", results: 0 });
  expect(await whosaw("who-saw", "custommer", "1")).toMatchObject({ exit: EXIT.usage, stdout: "" });
});

test("nobody for a key or an id that may be a slip of the pen: said so, on stderr", async () => {
  expect((await whosaw("who-saw", "customer", "1")).stderr).not.toContain("as a text");
  const text = await whosaw("who-saw", "customer", "04711", "--json");
  expect(text).toMatchObject({ exit: EXIT.ok, stdout: "[]\n" });
  expect(text.stderr).toContain(
    "the key was looked for as a text: a number has no blanks, plus sign or leading zeroes",
  );
  const unknown = await whosaw("seen-by", ALICE.replace("1111", "2222"));
  expect(unknown).toMatchObject({ exit: EXIT.ok, stdout: "This actor was shown nobody.\n" });
  expect(unknown.stderr).toContain("no actor of this id is in the register");
});

test("seen-by lists subjects and opaque statements", async () => {
  const { exit, stdout } = await whosaw("seen-by", ALICE, "--json");
  expect(exit).toBe(EXIT.ok);
  const subject = (key: string): unknown => ({ subject: { kind: "customer", key }, fields: ["email"], index: 3 });
  expect(JSON.parse(stdout)).toMatchObject([
    subject("4711"),
    subject("4712"),
    { opaque: true, tables: ["support.customers"], index: 4 },
  ]);
  expect((await whosaw("who-saw", "customer", "4711")).stdout).toMatch(/SEARCHED BY.*\n.* email +- +phone /);
  expect((await whosaw("seen-by", ALICE)).stdout).toMatch(
    /SEARCHED BY.*\n(?:.*\n)*.*customer:4712 +support\.customers +email +- +phone/,
  );
  expect((await looks()).at(-1)).toMatchObject({ command: "seen-by", target: ALICE, results: 3 });
});

test("scope counts each subject once, and says by how much it may be larger", async () => {
  const { exit, stdout } = await whosaw("scope", "--actor", ALICE, "--json");
  expect(exit).toBe(EXIT.ok);
  expect(JSON.parse(stdout)).toEqual({
    actors: [ALICE],
    from: null,
    to: null,
    subjects: { min: 2, max: null },
    reasons: ["1 opaque statements: whom they showed could not be accounted for"],
    kinds: [
      {
        kind: "customer",
        subjects: 2,
        opened: 2,
        listed: 0,
        disclosures: 2,
        first: "2026-11-21T12:00:00.000Z",
        last: "2026-11-21T12:00:00.000Z",
        classes: [{ class: "contact", clear: 2, masked: 0 }],
        strata: [],
        breakdowns: [],
      },
    ],
    zeros: [],
    opaque: {
      statements: 1,
      first: "2026-11-21T12:00:00.000Z",
      last: "2026-11-21T12:00:00.000Z",
      tables: ["support.customers"],
    },
  });
  expect((await looks()).at(-1)).toMatchObject({ command: "scope", target: ALICE, results: 2 });
  const table = await whosaw("scope", "--actor", ALICE, "--from", "2026-11-21", "--to", "2026-11-22T00:00:00Z");
  expect(table.stdout).toMatch(/^At least 2 subjects:\n {2}1 opaque .* \(support\.customers\)\n\nKIND +SUBJECTS/u);
  expect((await whosaw("scope", "--actor", ALICE, "--to", "2026-11-21")).stdout).toBe(
    "0 subjects, exactly.\n0 of customer: no disclosure, 0 opaque statements, 0 expired entries, 0 gaps in the record.\n",
  );
  expect((await whosaw("scope", "--actor", ALICE, "--from", "yesterday")).exit).toBe(EXIT.usage);
  expect((await whosaw("scope")).exit).toBe(EXIT.usage);
});

test("scope exports the subjects, to a file or to stdout", async () => {
  const lines = [
    "kind,key,first,last,disclosures,shown,certainty,fields,masked,searched_by",
    ...[4711, 4712].map(
      (key) =>
        `customer,${key},2026-11-21T12:00:00.000Z,2026-11-21T12:00:00.000Z,1,opened,sure,support.customers.email,,support.customers.phone`,
    ),
    "",
  ].join("\r\n");
  expect((await whosaw("scope", "--actor", ALICE, "--csv", "-")).stdout).toBe(lines);
  const { stdout } = await whosaw("scope", "--actor", ALICE, "--csv", "subjects.csv");
  expect(stdout).toContain("At least 2 subjects");
  expect(readFileSync(join(folder, "subjects.csv"), "utf8")).toBe(lines);
  expect(await whosaw("scope", "--actor", ALICE, "--csv", "none/subjects.csv")).toMatchObject({
    exit: EXIT.environment,
    stdout: "",
  });
});

test("ledger reindex fills columns, and every answer stays as it was", async () => {
  const questions = [
    ["who-saw", "customer", "4711"],
    ["seen-by", ALICE],
    ["scope", "--actor", ALICE],
  ];
  const before = [];
  for (const question of questions) before.push(await whosaw(...question, "--json"));
  const { exit, stdout } = await whosaw("ledger", "reindex", "--json");
  expect(exit).toBe(EXIT.ok);
  expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
    event: "reindexed",
    logs: [{ log: origin, entries: 5 }, { log: `${origin}/console` }],
  });
  for (const [i, question] of questions.entries()) {
    expect(await whosaw(...question, "--json")).toEqual(before[i]);
    expect(await whosaw(...question, "--json", "--from-ledger")).toEqual(before[i]);
  }
});

test("a running control plane answers the same, and builds its columns anew itself", async () => {
  const questions = [
    ["who-saw", "customer", "4711"],
    ["seen-by", ALICE],
    ["scope", "--actor", ALICE],
  ];
  const before = [];
  for (const question of questions) before.push(await whosaw(...question, "--json"));
  const loadConfigHere = () => loadConfig("whosaw.yaml", { env: {}, cwd: folder });
  const silent = (): void => undefined;
  const control = await startControl({
    config: await loadConfigHere(),
    loadConfig: loadConfigHere,
    log: { info: silent, warn: silent, error: silent },
  });
  try {
    await control.wake();
    await expect
      .poll(async () => (await whosaw("ledger", "reindex", "--json")).exit, { timeout: 30_000 })
      .toBe(EXIT.ok);
    for (const [i, question] of questions.entries()) expect(await whosaw(...question, "--json")).toEqual(before[i]);
  } finally {
    await control.close();
  }
});

test("columns of another log: the ledger answers, and says why", async () => {
  const columns = await openColumns({ kind: "embedded", dir: join(folder, "whosaw-data/columns") });
  await columns.insert("shipped", Buffer.from(`${number32(origin)}\t99\t1\n`));
  await columns.close();
  const { exit, stdout, stderr } = await whosaw("who-saw", "customer", "4711", "--json");
  expect(exit).toBe(EXIT.ok);
  expect(JSON.parse(stdout)).toMatchObject([{ index: 3 }]);
  expect(stderr).toContain(`answered from the ledger, which takes longer: Columns hold 99 entries of ${origin}`);
});

test("verify and ledger prove work on both logs", async () => {
  for (const dir of [ledgerDir, join(folder, "ledger-console")]) {
    expect(await whosaw("verify", dir, "--vkey", vkeyOf(dir))).toMatchObject({ exit: EXIT.ok });
  }
  const report = JSON.parse((await whosaw("verify", ledgerDir, "--vkey", vkeyOf(ledgerDir), "--json")).stdout) as {
    size: number;
  };
  expect(report.size).toBe(5);
  expect(await whosaw("ledger", "prove", "3", "--out", "three.tlog-proof")).toMatchObject({ exit: EXIT.ok });
  expect(readFileSync(join(folder, "three.tlog-proof"), "utf8")).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
  expect(await whosaw("ledger", "prove", "5")).toMatchObject({ exit: EXIT.negative });
  expect(await whosaw("ledger", "prove", "03")).toMatchObject({ exit: EXIT.usage });
});

// Last: it damages the console log.
test("no look on record, no answer", async () => {
  const report = await verifyLog(join(folder, "ledger-console"), { vkey: vkeyOf(join(folder, "ledger-console")) });
  expect(report.ok).toBe(true);
  appendFileSync(join(folder, "ledger-console", "log.json"), "x");
  const refused = await whosaw("who-saw", "customer", "4711", "--json");
  expect(refused.stdout).toBe("");
  expect(refused.exit).not.toBe(EXIT.ok);
});
