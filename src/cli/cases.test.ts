/** Cases and reports on the command line, alone and through a control plane. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { loadConfig } from "../config/load.ts";
import { ControlClient } from "../control/client.ts";
import { type RunningControl, startControl } from "../control/control.ts";
import type { Entry } from "../ledger/entry.ts";
import { createKeys } from "../ledger/keys-file.ts";
import { openLedger } from "../ledger/log.ts";
import { readEntries } from "../ledger/read.ts";
import { sharedServer } from "../../test/rig/shared.ts";
import { EXIT } from "./exit.ts";
import { cliIn } from "./testing/cli-in.ts";

const folder = mkdtempSync(join(tmpdir(), "whosaw-cases-cli-"));
const whosaw = cliIn(() => folder);
let dropDatabase: () => Promise<unknown>;

beforeAll(async () => {
  const database = await (await sharedServer()).createDatabase();
  dropDatabase = () => database.drop();
  writeFileSync(
    join(folder, "whosaw.yaml"),
    `upstream: {url: "postgres://gw:pw@127.0.0.1:1/support"}
listen: {postgres: "127.0.0.1:0"}
state: "${database.url}?sslmode=disable"
ledger: {dir: ./ledger, keys: ./keys, origin: example.com/gw-1}
subjects: {customer: {tables: {support.customers: {key: {column: id}, fields: {email: contact}}}}}
roles: {agent: {upstream-role: helpdesk_agent}}
`,
  );
  const keys = await createKeys(join(folder, "keys"));
  const ledger = await openLedger({
    dir: join(folder, "ledger"),
    origin: "example.com/gw-1",
    logSeed: keys.logSeed,
    masterKey: keys.masterKey,
    clock: { nowMs: () => Date.now() },
    witness: undefined,
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: () => undefined,
  });
  await ledger.close();
});
afterAll(async () => {
  await dropDatabase();
  rmSync(folder, { recursive: true });
});

async function entries(): Promise<Entry[]> {
  const { masterKey } = await createKeys(join(folder, "keys"));
  const found: Entry[] = [];
  for await (const { entry } of readEntries(join(folder, "ledger-console"), { masterKey }))
    if (entry?.kind === "look") found.push(entry);
  return found;
}

async function told(...args: string[]): Promise<unknown> {
  const { exit, stdout, stderr } = await whosaw(...args, "--json");
  expect(stderr).toBe("");
  expect(exit).toBe(EXIT.ok);
  return JSON.parse(stdout);
}

const running = async (): Promise<RunningControl> => {
  const here = () => loadConfig("whosaw.yaml", { env: {}, cwd: folder });
  const silent = (): void => undefined;
  const control = await startControl({
    config: await here(),
    loadConfig: here,
    log: { info: silent, warn: silent, error: silent },
  });
  await control.wake();
  await vi.waitUntil(() => control.health().warnings.length === 0, { timeout: 20_000 });
  return control;
};

const WAYS: readonly [string, () => Promise<RunningControl | undefined>][] = [
  ["alone", () => Promise.resolve(undefined)],
  ["through the control plane", running],
];

describe.each(WAYS)("%s", (_, start) => {
  let control: RunningControl | undefined;
  let id: string;
  beforeAll(async () => {
    control = await start();
    id = String(((await told("case", "open", "Callers know ticket numbers")) as { id: number }).id);
  });
  afterAll(() => control?.close());

  test("a case is opened with sealed settings, which are on record, and listed", async () => {
    const shown = await told("case", "show", id);
    expect(shown).toMatchObject({
      title: "Callers know ticket numbers",
      closed: null,
      settings: { alpha: 0.01, leadPosterior: 0.99, memoryDays: 150 },
      reports: { standing: 0, withdrawn: 0 },
    });
    expect((await whosaw("case", "list")).stdout).toContain("Callers know ticket numbers");
    const opening = (await entries()).findLast((entry) => entry.kind === "look" && entry.command === "case open");
    expect(opening).toMatchObject({
      target: expect.stringMatching(new RegExp(`^case:${id} alpha=0.01 leadPosterior=0.99 `, "u")) as string,
    });
    expect((await whosaw("case", "show", "999")).exit).toBe(EXIT.negative);
    expect((await whosaw("case", "show", "one")).exit).toBe(EXIT.usage);
    expect((await whosaw("case", "open", "x", "--alpha", "2")).exit).toBe(EXIT.usage);
    expect((await whosaw("case", "open", "x\u001B[2J")).exit).toBe(EXIT.usage);
  });

  test("a complaint gets the same answer whoever it is about; nothing of its texts is kept", async () => {
    const add = ["report", "add", "--case", id, "--from", "2026-08-03", "--knew", "name,ticket"];
    const whose = [...add, "--reporter", "alice-phone", "--caller", "+44 20 7946 0000", "--json"];
    const answers = [];
    for (const subject of ["customer:4711", "4711", "customer:no such customer", "customer:no such customer"])
      answers.push(await whosaw(...whose, subject));
    for (const { stdout } of answers) expect(stdout).toMatch(/^\{"id":"r-[0-9a-f]{16}"\}\n$/u);
    expect(new Set(answers.map(({ exit, stderr }) => `${exit}${stderr}`))).toEqual(new Set(["0"]));
    const listed = (await told("report", "list", "--case", id)) as Record<string, unknown>[];
    expect(listed).toMatchObject([
      { subject: { kind: "customer", key: "4711" }, from: "2026-08-03T00:00:00.000Z", knew: ["identity", "ticket"] },
      { to: "2026-08-03T23:59:59.999Z" },
      {},
      {},
    ]);
    expect(JSON.stringify(listed)).not.toMatch(/no such|alice|7946/u);
    expect(new Set(listed.map(({ reporter }) => reporter)).size).toBe(1);
    const looks = await entries();
    expect(looks.at(-1)).toMatchObject({ command: "report list", target: `case:${id} reports`, results: 4 });
    expect(JSON.stringify(looks)).not.toContain("4711");
    expect(await whosaw("report", "add", "person:1", "--from", "yesterday")).toMatchObject({ exit: EXIT.usage });
  });

  test("a file comes whole or not at all, and a second time brings nothing", async () => {
    const rows = Array.from({ length: 1_500 }, (__, i) => `customer:${i},2026-08-0${1 + (i % 9)},,phone,,0044 1`);
    const file = join(folder, "reports.csv");
    const head = "subject,from,to,fields,reporter,caller";
    writeFileSync(file, [head, ...rows, "customer:1,never", rows[0]].join("\n"));
    const refused = await whosaw("report", "import", "reports.csv", "--case", id);
    expect(refused).toMatchObject({
      exit: EXIT.negative,
      stdout: expect.stringMatching(/^line 1502: From is no time\. .*nothing was imported\.\n$/isu) as string,
    });
    writeFileSync(file, [head, ...rows, rows[0]].join("\n"));
    const dry = await whosaw("report", "import", "reports.csv", "--case", id, "--dry-run");
    expect(dry.stdout).toBe(
      "lines 1502 (as 2) repeat another and are left out\n1500 reports could be imported; nothing was.\n",
    );
    const before = ((await told("case", "show", id)) as { reports: { standing: number } }).reports.standing;
    const imported = await told("report", "import", "reports.csv", "--case", id);
    expect(imported).toMatchObject({ imported: 1_500, known: [], duplicates: [{ line: 1502, of: 2 }] });
    expect(await told("report", "import", "reports.csv", "--case", id)).toMatchObject({ imported: 0, ids: [] });
    expect(await told("case", "show", id)).toMatchObject({ reports: { standing: before + 1_500 } });
    expect((await whosaw("report", "import", "none.csv")).exit).toBe(EXIT.environment);
  });

  test("a report without a case is put into one, withdrawn with a reason, and stays on file", async () => {
    const { id: report } = (await told("report", "add", "7", "--from", "1754200000000")) as { id: string };
    expect((await told("report", "list")) as object[]).toContainEqual(
      expect.objectContaining({ id: report, case: null, knew: [] }) as unknown,
    );
    await told("report", "assign", report, "--case", id);
    const why = ["--because", "our own survey"];
    expect(await told("report", "withdraw", report, ...why)).toMatchObject({
      withdrawn: { because: "our own survey" },
    });
    expect((await entries()).at(-1)).toMatchObject({
      command: "report withdraw",
      target: `case:${id} report:${report}`,
    });
    expect(await told("case", "show", id)).toMatchObject({ reports: { withdrawn: 1 } });
    expect((await whosaw("report", "withdraw", "r-0000000000000000", ...why)).exit).toBe(EXIT.negative);
    expect((await whosaw("report", "withdraw", "7", ...why)).exit).toBe(EXIT.usage);
    expect((await whosaw("report", "withdraw", report)).exit).toBe(EXIT.usage);
  });

  test("a trace of customers whom nobody was shown points to nobody, and says so; it is on record", async () => {
    const { exit, stdout } = await whosaw("trace", "--case", id);
    expect(exit).toBe(EXIT.ok);
    expect(stdout).toContain("Nothing here points to a person yet");
    expect(stdout).toMatch(/^ *\d[\d.]* % +nobody inside, or somebody outside +-$/mu);
    expect((await entries()).at(-1)).toMatchObject({ command: "trace", results: 0 });
    expect(await whosaw("scope", "--case", id)).toMatchObject({
      exit: EXIT.negative,
      stderr: expect.stringContaining("point to nobody yet") as string,
    });
    const empty = String(((await told("case", "open", "Nothing yet")) as { id: number }).id);
    expect((await whosaw("trace", "--case", empty)).exit).toBe(EXIT.usage);
  });

  test("what no trace could weigh is not taken from the socket either: it would end every trace of the case", async () => {
    if (control === undefined) return;
    const { control: where } = await loadConfig("whosaw.yaml", { env: {}, cwd: folder });
    const client = await ControlClient.find(where.socket);
    const report = { kind: "customer", key: "1", fromMs: Date.UTC(2026, 7, 3), toMs: Date.UTC(2026, 7, 4), fields: 1 };
    for (const wrong of [
      { toMs: 1 },
      { fromMs: 8.64e15, toMs: 8.64e15 },
      { toMs: 8.64e15 },
      { mark: { value: 3, ways: 3 } },
    ]) {
      const ask = { caseId: Number(id), reports: [report, { ...report, ...wrong }] };
      const answer = client?.stream("/v1/report-import", { by: "someone", ask }).batches;
      await expect(answer?.[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "USAGE" });
    }
    expect((await whosaw("trace", "--case", id)).exit).toBe(EXIT.ok);
  });

  test("a file imported four times at once is imported once", async () => {
    if (control === undefined) return;
    const { control: where } = await loadConfig("whosaw.yaml", { env: {}, cwd: folder });
    const client = await ControlClient.find(where.socket);
    const { id: fresh } = (await told("case", "open", "At once")) as { id: number };
    const at = { kind: "customer", fromMs: Date.UTC(2026, 7, 3), toMs: Date.UTC(2026, 7, 4), fields: 1 };
    const reports = [...Array(200).keys()].map((key) => ({ ...at, key: String(key) }));
    const importing = async (): Promise<void> => {
      const { batches } = client?.stream("/v1/report-import", { by: "someone", ask: { caseId: fresh, reports } }) ?? {};
      for await (const batch of batches ?? []) expect(batch).toBeDefined();
    };
    await Promise.all([importing(), importing(), importing(), importing()]);
    expect(await told("case", "show", String(fresh))).toMatchObject({ reports: { standing: 200 } });
  });

  test("a closed case takes no more", async () => {
    expect(await told("case", "close", id)).toMatchObject({ closed: { by: expect.any(String) as string } });
    const late = await whosaw("report", "add", "7", "--from", "2026-08-03", "--case", id);
    expect(late).toMatchObject({ exit: EXIT.usage, stderr: expect.stringContaining("closed") as string });
  });
});

test("nobody but the owner can ask: the socket is for one user alone", async () => {
  const control = await running();
  try {
    const { control: where } = await loadConfig("whosaw.yaml", { env: {}, cwd: folder });
    expect(existsSync(where.socket)).toBe(true);
    expect(statSync(where.socket).mode & 0o777).toBe(0o600);
  } finally {
    await control.close();
  }
});

test("the console log holds no subject of any report", async () => {
  const looks = (await entries()).map((entry) => JSON.stringify(entry)).join("\n");
  expect(looks).toContain("report import");
  expect(looks).not.toMatch(/customer/u);
  expect(readFileSync(join(folder, "whosaw.yaml"), "utf8")).toContain("customer");
});
