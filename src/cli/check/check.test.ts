import { EventEmitter } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { supportConfig } from "../../../sim/support-database/config.ts";
import { type SupportDatabase, supportDatabase } from "../../../test/rig/shared.ts";
import { runCli } from "../run.ts";
import type { CheckFinding } from "./finding.ts";
import { EXIT } from "../exit.ts";

let database: SupportDatabase;
let folder: string;

beforeAll(async () => {
  database = await supportDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whosaw-check-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function check(text: string): Promise<{ exit: number; findings: CheckFinding[] }> {
  await writeFile(join(folder, "whosaw.yaml"), text);
  let stdout = "";
  const exit = await runCli(["check", "--json"], {
    stdout: new Writable({
      write(chunk: Buffer, _encoding, done) {
        stdout += chunk.toString("utf8");
        done();
      },
    }),
    stderr: new PassThrough(),
    stdin: Readable.from([]),
    env: {},
    cwd: folder,
    signals: new EventEmitter(),
  });
  return { exit, findings: (JSON.parse(stdout) as { findings: CheckFinding[] }).findings };
}

function config(): string {
  return supportConfig({ upstreamUrl: database.gatewayUrl });
}

function errors(findings: readonly CheckFinding[]): CheckFinding[] {
  return findings.filter((finding) => finding.severity === "error");
}

test("a configuration that fits, and the table that nobody classified", async () => {
  const { exit, findings } = await check(config());
  expect(errors(findings)).toEqual([]);
  expect(exit).toBe(EXIT.ok);
  expect(findings).toContainEqual({
    severity: "warning",
    subject: "subjects",
    message: "Not classified, so statements on them are refused: support.outbox.",
    hint: "Add each under subjects with its key, or under public.",
    code: null,
  });
});

test("strata that cannot be read are a warning: the gateway starts without them", async () => {
  const { exit, findings } = await check(config().replace("country: country", "country: land"));
  expect(exit).toBe(EXIT.ok);
  expect(findings).toContainEqual({
    severity: "warning",
    subject: "subjects.customer.strata",
    message: "The strata of customer cannot be read: support.customers has no column land.",
    hint: "Correct strata: in whosaw.yaml.",
    code: null,
  });
});

test("a table without the named key", async () => {
  const { exit, findings } = await check(config().replace("key: {column: customer_id}", "key: {column: custmer_id}"));
  expect(exit).toBe(EXIT.configuration);
  expect(errors(findings)).toMatchObject([
    {
      subject: "upstream",
      code: "CATALOG_MISMATCH",
      message: expect.stringMatching(/custmer_id.*did you mean customer_id/u) as string,
    },
  ]);
});

test("a role that does not exist", async () => {
  const { exit, findings } = await check(config().replace("helpdesk_agent", "helpdesk_agnet"));
  expect(exit).toBe(EXIT.configuration);
  expect(errors(findings)[0]?.message).toMatch(/helpdesk_agnet.*did you mean helpdesk_agent/u);
});

test("a role that may read a table, but not whose rows they are", async () => {
  await database.query("REVOKE SELECT ON support.tickets FROM helpdesk_read");
  await database.query("GRANT SELECT (id, number) ON support.tickets TO helpdesk_read");
  try {
    const { exit, findings } = await check(config());
    expect(exit).toBe(EXIT.configuration);
    const message = (table: string): string =>
      `The role helpdesk_read may read ${table}, but not the key's customer_id in support.tickets.`;
    const hint = "Run in the database: GRANT SELECT (customer_id) ON support.tickets TO helpdesk_read.";
    expect(errors(findings)).toMatchObject([
      { subject: "subjects.customer.tables.support.tickets", message: message("support.tickets"), hint },
      { subject: "subjects.customer.tables.support.messages", message: message("support.messages"), hint },
    ]);
  } finally {
    await database.query("GRANT SELECT ON support.tickets TO helpdesk_read");
  }
});

test("a role that the gateway may not take on, and one that may do everything", async () => {
  const { exit, findings } = await check(config().replace("helpdesk_agent", "postgres"));
  expect(exit).toBe(EXIT.configuration);
  expect(errors(findings)).toMatchObject([
    { subject: "roles.agent", hint: "Run in the database: GRANT postgres TO whosaw_gw." },
  ]);
  expect(findings).toContainEqual(
    expect.objectContaining({
      severity: "warning",
      subject: "roles.agent",
      message: expect.stringContaining("is a superuser") as string,
    }) as CheckFinding,
  );
});

test("what cannot be accounted for, whoever asks: said per table, and nothing of what can", async () => {
  await database.query(`
    CREATE VIEW support.contacts AS SELECT id, email FROM support.customers;
    CREATE VIEW support.numbers AS SELECT 1 AS id;
    CREATE MATERIALIZED VIEW support.stored AS SELECT id, email FROM support.customers;
    CREATE TABLE support.parts (id bigint NOT NULL, body text) PARTITION BY LIST (id);
    CREATE TABLE support.part_one PARTITION OF support.parts FOR VALUES IN (1);
    CREATE TABLE support.ruled (id bigint NOT NULL);
    CREATE RULE nothing AS ON INSERT TO support.ruled DO INSTEAD NOTHING;
    GRANT SELECT ON support.contacts, support.numbers, support.stored, support.part_one, support.ruled TO helpdesk_agent`);
  try {
    const names = ["contacts", "numbers", "stored", "part_one", "ruled"];
    const listed = names.map((name) => `      support.${name}: {key: {column: id}}\n`).join("");
    const text = config().replace(/^ +support\.tickets:/mu, (line) => `${listed}${line}`);
    const { exit, findings } = await check(text);
    expect(exit).toBe(EXIT.configuration);
    const hint = "List the tables that it reads in its place.";
    const said = (name: string, rest: object): unknown =>
      expect.objectContaining({ subject: `subjects.customer.tables.support.${name}`, ...rest });
    const view = (name: string): string =>
      `Every statement on support.${name} is refused: support.${name} is a view, which cannot be protected.`;
    expect(errors(findings)).toEqual([
      said("contacts", { message: view("contacts"), hint, code: "CATALOG_MISMATCH" }),
      said("numbers", { message: view("numbers"), hint }),
      said("ruled", { message: expect.stringContaining("rewrite rules") as string }),
    ]);
    const observed = await check(text.replace("mode: enforce", "mode: observe"));
    expect(observed.exit).toBe(EXIT.ok);
    expect(observed.findings).toContainEqual(
      said("contacts", { severity: "warning", message: expect.stringContaining("recorded as opaque") as string }),
    );
  } finally {
    await database.query(
      "DROP VIEW support.contacts, support.numbers; DROP MATERIALIZED VIEW support.stored; DROP TABLE support.parts, support.ruled",
    );
  }
});

test("a wrong password", async () => {
  const { exit, findings } = await check(
    supportConfig({ upstreamUrl: database.gatewayUrl.replace(/:[^:@/]*@/u, ":wrong@") }),
  );
  expect(exit).toBe(EXIT.environment);
  expect(errors(findings)).toMatchObject([{ subject: "upstream", code: "UPSTREAM_UNREACHABLE" }]);
});

test("checking changes nothing on disk", async () => {
  await check(config());
  const { readdir } = await import("node:fs/promises");
  expect(await readdir(folder)).toEqual(["whosaw.yaml"]);
  expect(await readFile(join(folder, "whosaw.yaml"), "utf8")).toBe(config());
});
