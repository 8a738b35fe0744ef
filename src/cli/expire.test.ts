/** `ledger expire` on a log of three days, with columns filled from it: alone, and through a control plane. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openColumns } from "../columns/open.ts";
import type { Columns } from "../columns/columns.ts";
import { loadConfig } from "../config/load.ts";
import { startControl } from "../control/control.ts";
import { encodeIntKeys } from "../ledger/keys-block.ts";
import { createKeys } from "../ledger/keys-file.ts";
import { openLedger } from "../ledger/log.ts";
import { readEntries } from "../ledger/read.ts";
import { verifyLog } from "../verify/log.ts";
import { cliIn } from "./testing/cli-in.ts";
import { EXIT } from "./exit.ts";

const ALICE = "staff:11111111-2222-3333-4444-555555555555";
const ORIGIN = "example.com/gw-1";
const DAYS = ["2026-10-01", "2026-10-02", "2026-10-03"];

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

const whosaw = cliIn(() => folder);

/** One statement a day, each about a customer of its own: 4711, 4712, 4713. */
async function writeDays(): Promise<void> {
  const keys = await createKeys(at("ledger-keys"));
  const clock = { ms: 0, nowMs: () => clock.ms };
  clock.ms = Date.parse(DAYS[0]!);
  const ledger = await openLedger({
    dir: at("ledger"),
    origin: ORIGIN,
    logSeed: keys.logSeed,
    masterKey: keys.masterKey,
    clock,
    witness: undefined,
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: () => undefined,
  });
  for (const [index, day] of DAYS.entries()) {
    clock.ms = Date.parse(day) + 1_000;
    const uses = [{ table: "support.customers", subjectKind: "customer", clear: ["email"], masked: [], predicate: [] }];
    const form = (await ledger.append({ kind: "form", fingerprint: "00", text: "", uses, scope: false })).firstIndex;
    await ledger.append({
      kind: "statement",
      actor: ALICE,
      session: 0,
      form,
      decision: "accounted",
      ticket: undefined,
      reason: undefined,
      policy: Buffer.alloc(1),
      blocks: [{ use: 0, keys: encodeIntKeys([4711 + index]) }],
      outcome: undefined,
    });
  }
  await ledger.close();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "whosaw-expire-"));
  writeFileSync(
    at("whosaw.yaml"),
    `upstream: {url: "postgres://gw:pw@127.0.0.1:1/support"}
listen: {postgres: "127.0.0.1:0"}
ledger: {dir: ./ledger, keys: ./ledger-keys, origin: ${ORIGIN}}
subjects: {customer: {tables: {support.customers: {key: {column: id}, fields: {email: contact}}}}}
`,
  );
  await writeDays();
});
afterEach(() => rmSync(folder, { recursive: true }));

async function seen(...options: string[]): Promise<string[]> {
  const { stdout } = await whosaw("seen-by", ALICE, "--json", ...options);
  return (JSON.parse(stdout) as { subject: { key: string } }[]).map(({ subject }) => subject.key);
}

/** Customers in columns, once nothing is being deleted any more. */
async function inColumns(): Promise<string[]> {
  const columns: Columns = await openColumns({ kind: "embedded", dir: at("whosaw-data", "columns") });
  try {
    while (Number((await columns.select("SELECT count() FROM system.mutations WHERE is_done = 0"))[0]?.[0]) > 0);
    const rows = await columns.select("SELECT DISTINCT toString(subject) AS s FROM disclosures ORDER BY s");
    return rows.map(([subject]) => String(subject));
  } finally {
    await columns.close();
  }
}

async function alerts(): Promise<string[]> {
  const { masterKey } = await createKeys(at("ledger-keys"));
  const found: string[] = [];
  for await (const { entry } of readEntries(at("ledger-console"), { masterKey }))
    if (entry?.kind === "alert") found.push(`${entry.code} ${entry.detail}`);
  return found;
}

test("alone: what would go is said; it goes on record, then the keys, then the rows; the ledger still verifies", async () => {
  expect((await whosaw("ledger", "reindex", "--json")).exit).toBe(EXIT.ok);
  expect(await inColumns()).toEqual(["4711", "4712", "4713"]);

  const dry = await whosaw("ledger", "expire", "--before", "2026-10-03", "--dry-run", "--json");
  const logs = [{ log: ORIGIN, days: DAYS.slice(0, 2) }];
  expect(dry).toMatchObject({ exit: EXIT.ok, stderr: "" });
  expect(JSON.parse(dry.stdout)).toEqual({ before: "2026-10-03", destroyed: false, logs });
  expect(readdirSync(at("ledger", "keys"))).toEqual(DAYS);

  const unasked = await whosaw("ledger", "expire", "--before", "2026-10-03");
  expect(unasked).toMatchObject({ exit: EXIT.usage, stderr: expect.stringContaining("--yes") });
  expect(readdirSync(at("ledger", "keys"))).toEqual(DAYS);

  const done = await whosaw("ledger", "expire", "--before", "2026-10-03", "--yes");
  expect(done).toMatchObject({ exit: EXIT.ok, stderr: "" });
  expect(done.stdout).toBe(`${ORIGIN}: 2 days, from 2026-10-01 to 2026-10-02\nTheir keys are destroyed.\n`);
  expect(readdirSync(at("ledger", "keys"))).toEqual(["2026-10-03"]);
  expect(await seen("--from-ledger")).toEqual(["4713"]);
  expect(await seen()).toEqual(["4713"]);
  expect(await inColumns()).toEqual(["4713"]);
  expect(await alerts()).toEqual([
    expect.stringMatching(
      /^DAYS_EXPIRED example.com\/gw-1: 2 days before 2026-10-03, from 2026-10-01 on, by uid:\d+$/u,
    ),
  ]);
  const { vkey } = JSON.parse(readFileSync(at("ledger", "log.json"), "utf8")) as { vkey: string };
  // Of the record's own making: nobody wrote a heartbeat for a day.
  const { findings } = await verifyLog(at("ledger"), { vkey });
  expect(findings.filter(({ code }) => code !== "HEARTBEAT_SILENCE")).toEqual([]);

  const again = await whosaw("ledger", "expire", "--before", "2026-10-03", "--yes");
  expect(again).toMatchObject({ exit: EXIT.ok, stdout: expect.stringContaining("Nothing before 2026-10-03") });
});

test("rows of a run that was broken off after the keys were gone leave columns with the next", async () => {
  expect((await whosaw("ledger", "reindex", "--json")).exit).toBe(EXIT.ok);
  for (const day of DAYS.slice(0, 2)) rmSync(at("ledger", "keys", day));
  const dry = await whosaw("ledger", "expire", "--before", "2026-10-03", "--dry-run");
  expect(dry).toMatchObject({ exit: EXIT.ok, stdout: expect.stringContaining("Nothing before 2026-10-03") });
  expect(await inColumns()).toEqual(["4711", "4712", "4713"]);
  const next = await whosaw("ledger", "expire", "--before", "2026-10-03");
  expect(next).toMatchObject({
    exit: EXIT.ok,
    stderr: "",
    stdout: expect.stringContaining("Nothing before 2026-10-03"),
  });
  expect(await inColumns()).toEqual(["4713"]);
  expect(await alerts()).toEqual([]);
});

test("through a control plane", async () => {
  expect((await whosaw("ledger", "reindex", "--json")).exit).toBe(EXIT.ok);
  const silent = (): void => undefined;
  const load = () => loadConfig(at("whosaw.yaml"));
  const control = await startControl({
    config: await load(),
    loadConfig: load,
    log: { info: silent, warn: silent, error: silent },
  });
  try {
    await control.wake();
    // Until its columns are open.
    let done = await whosaw("ledger", "expire", "--before", "2026-10-02", "--yes", "--json");
    while (done.exit === EXIT.environment)
      done = await whosaw("ledger", "expire", "--before", "2026-10-02", "--yes", "--json");
    expect(done).toMatchObject({ exit: EXIT.ok, stderr: "" });
    expect(await seen()).toEqual(["4712", "4713"]);
  } finally {
    await control.close();
  }
  expect(await inColumns()).toEqual(["4712", "4713"]);
  expect(await alerts()).toHaveLength(1);
});

test.each([
  ["today or later", "2999-01-01", "The day that is being written cannot expire."],
  ["no date", "yesterday", "--before is not a date."],
  ["a day that is none", "2026-02-31x", "--before is not a date."],
])("%s is refused", async (_name, before, said) => {
  const { exit, stderr } = await whosaw("ledger", "expire", "--before", before, "--yes");
  expect(exit).toBe(EXIT.usage);
  expect(stderr).toContain(said);
  expect(readdirSync(at("ledger", "keys"))).toEqual(DAYS);
});
