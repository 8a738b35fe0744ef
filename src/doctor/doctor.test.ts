import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { supportConfig } from "../../sim/support-database/config.ts";
import { startTestGateway, type TestGateway } from "../../test/rig/gateway.ts";
import { whosaw } from "../../test/rig/program.ts";
import { type SupportDatabase, supportDatabase } from "../../test/rig/shared.ts";
import { controlHealth } from "./control.ts";
import type { DoctorFinding } from "./finding.ts";

interface Answer {
  readonly exit: number;
  readonly findings: readonly DoctorFinding[];
  of(check: string): DoctorFinding[];
}

async function doctor(folder: string): Promise<Answer> {
  const { exit, stdout, stderr } = await whosaw(["doctor", "--json"], folder);
  expect(stderr).toBe("");
  const { findings } = JSON.parse(stdout) as { findings: DoctorFinding[] };
  return { exit, findings, of: (check) => findings.filter((finding) => finding.check === check) };
}

async function folderWith(yaml: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "whosaw-doctor-"));
  await writeFile(join(folder, "whosaw.yaml"), yaml, { mode: 0o600 });
  return folder;
}

let database: SupportDatabase;

beforeAll(async () => {
  database = await supportDatabase();
});

afterAll(() => database.drop());

describe("while a gateway runs", () => {
  let gateway: TestGateway;
  let answer: Answer;

  beforeAll(async () => {
    let written = "";
    gateway = await startTestGateway({ database, edit: (yaml) => (written = yaml) });
    await writeFile(join(gateway.dir, "whosaw.yaml"), written, { mode: 0o600 });
    const [alice, app] = [await gateway.client("alice"), await gateway.client("app")];
    await alice.query("SELECT name FROM support.customers ORDER BY id LIMIT 3");
    await app.query("SELECT name FROM support.customers ORDER BY id LIMIT 1");
    await app.end();
    await alice.end();
    // The last entries come under a checkpoint within a second or so.
    const recorded = async (): Promise<void> =>
      expect((await doctor(gateway.dir)).of("attribution")[0]?.message).toContain("of 4 ");
    await vi.waitFor(recorded, { timeout: 10_000, interval: 200 });
    answer = await doctor(gateway.dir);
  });

  afterAll(() => gateway.stop());

  test("it says who saw how much, and that the ledger is written", () => {
    expect(answer.of("attribution")).toMatchObject([
      { severity: "warning", message: expect.stringMatching(/^75 % of 4 /u) as string },
    ]);
    expect(answer.of("ledger.running")).toMatchObject([{ severity: "ok" }]);
    expect(answer.of("ledger.space")).toMatchObject([{ message: expect.stringContaining("grows by about") as string }]);
    expect(answer.of("ledger.witness")).toMatchObject([{ severity: "warning" }]);
    expect(answer.of("clock.database")).toMatchObject([{ severity: "ok" }]);
    expect(answer.of("capacity.connections")).toHaveLength(1);
  });

  test("the table that nobody classified, and a password in the file", () => {
    expect(answer.of("tables.unclassified")[0]?.message).toContain("support.outbox (about ");
    expect(answer.of("files.password")).toMatchObject([{ severity: "critical" }]);
    expect(answer.of("files.permissions")).toMatchObject([{ severity: "ok" }]);
    expect(answer.exit).toBe(1);
  });

  test("what it may not see it asks for, and what it cannot know it asks you", () => {
    expect(answer.of("around.hosts")).toMatchObject([
      { severity: "note", sql: [expect.stringContaining("GRANT"), expect.any(String)] as string[] },
    ]);
    expect(answer.of("copies")).toMatchObject([{ severity: "ask" }]);
    expect(answer.of("ledger.keys")).toMatchObject([{ severity: "ask" }]);
    expect(answer.of("strength.gateway")).toMatchObject([{ severity: "ok" }]);
    expect(answer.of("tls.upstream")).toMatchObject([{ severity: "ok" }]);
    expect(answer.of("strata")).toMatchObject([{ severity: "ok" }]);
  });
});

describe("everything that may be wrong", () => {
  const role = "doctor_strong_gw";
  let folder: string;
  let answer: Answer;

  beforeAll(async () => {
    await database.query(`
      CREATE ROLE ${role} LOGIN CREATEROLE BYPASSRLS CREATEDB PASSWORD 'x';
      CREATE ROLE doctor_reporter LOGIN PASSWORD 'x';
      CREATE ROLE doctor_partial NOLOGIN;
      GRANT USAGE ON SCHEMA support TO doctor_reporter, doctor_partial;
      GRANT SELECT ON support.customers TO doctor_reporter;
      GRANT SELECT (id, body) ON support.messages TO doctor_partial;
      GRANT doctor_partial, helpdesk_agent, pg_read_all_data TO ${role};
      CREATE EXTENSION dblink;
      CREATE PUBLICATION doctor_all FOR ALL TABLES;
      CREATE FUNCTION support.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM support.customers';
      GRANT SELECT ON pg_catalog.pg_hba_file_rules TO ${role};
      GRANT EXECUTE ON FUNCTION pg_catalog.pg_hba_file_rules() TO ${role};
      DROP INDEX support.tickets_customer_id_idx;
      UPDATE pg_catalog.pg_class SET reltuples = 50000 WHERE oid = 'support.tickets'::regclass`);
    const { server, name } = database;
    const upstreamUrl = server.url({ database: name, user: role, password: "x" });
    folder = await folderWith(
      supportConfig({ upstreamUrl })
        .replace("helpdesk_read", "doctor_partial")
        .replace("helpdesk_app", "helpdesk_agent")
        .replace("country: country", "country: land"),
    );
    await chmod(join(folder, "whosaw.yaml"), 0o644);
    answer = await doctor(folder);
  });

  afterAll(async () => {
    await database.query(`
      DROP PUBLICATION doctor_all; DROP EXTENSION dblink; DROP FUNCTION support.peek();
      DROP OWNED BY ${role}, doctor_reporter, doctor_partial; DROP ROLE ${role}, doctor_reporter, doctor_partial`);
    await rm(folder, { recursive: true });
  });

  test.each([
    ["around.roles", "critical", /doctor_reporter/u, /^ALTER ROLE "doctor_reporter" NOLOGIN;$/mu],
    ["around.superusers", "warning", /postgres/u, /^$/u],
    ["around.hosts", "warning", /lets others in/u, /^$/u],
    ["strata", "warning", /has no column land/u, /^$/u],
    ["strength.gateway", "critical", /BYPASSRLS, CREATEROLE/u, /NOBYPASSRLS NOCREATEROLE;/u],
    ["strength.gateway", "critical", /pg_read_all_data/u, /REVOKE pg_read_all_data/u],
    ["strength.gateway", "warning", /may create databases/u, /NOCREATEDB/u],
    [
      "grants.keys",
      "critical",
      /doctor_partial reads support\.messages, but not/u,
      /GRANT SELECT \(ticket_id\) ON support\.messages TO doctor_partial;/u,
    ],
    ["leaks.extensions", "warning", /dblink/u, /DROP EXTENSION "dblink";/u],
    ["leaks.publications", "warning", /doctor_all/u, /^$/u],
    ["leaks.functions", "note", /support\.peek/u, /^$/u],
    [
      "tables.indexes",
      "note",
      /support\.tickets\.customer_id \(about 50000 rows\)/u,
      /CREATE INDEX CONCURRENTLY ON "support"\."tickets" \("customer_id"\);/u,
    ],
    ["files.permissions", "warning", /whosaw\.yaml/u, /^$/u],
    ["ledger.running", "note", /no gateway has run/u, /^$/u],
  ])("%s is %s", (check, severity, message, sql) => {
    const found = answer.of(check).filter((finding) => finding.severity === severity && message.test(finding.message));
    expect(found).toHaveLength(1);
    expect(found[0]?.sql.join("\n")).toMatch(sql);
  });

  test("every line of SQL that it prints is valid, and cures what it is for", async () => {
    const lines = ["strength.gateway", "grants.keys"].flatMap((check) => answer.of(check).flatMap(({ sql }) => sql));
    for (const line of lines) await database.query(line);
    const after = await doctor(folder);
    expect(after.of("grants.keys")).toMatchObject([{ severity: "ok" }]);
    expect(after.of("strength.gateway").map(({ severity }) => severity)).not.toContain("critical");
  });
});

test("with the database down it says so, and looks at the rest", async () => {
  const folder = await folderWith(supportConfig({ upstreamUrl: "postgres://gw@127.0.0.1:1/support" }));
  try {
    const answer = await doctor(folder);
    expect(answer.exit).toBe(1);
    expect(answer.of("database")).toMatchObject([{ severity: "critical" }]);
    for (const check of [
      "ledger.running",
      "ledger.space",
      "ledger.witness",
      "files.permissions",
      "files.password",
      "copies",
      "control.health",
    ])
      expect(answer.of(check)).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("keys that are gone are critical, and no reason to stop looking", async () => {
  const folder = await folderWith(supportConfig({ upstreamUrl: "postgres://gw@127.0.0.1:1/support" }));
  try {
    await mkdir(join(folder, "ledger"));
    await writeFile(join(folder, "ledger/log.json"), "{}");
    const answer = await doctor(folder);
    expect(answer.of("ledger.running")).toMatchObject([{ severity: "critical" }]);
    expect(answer.of("ledger.space")).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("what a running control plane says of its stores and gateways is told; that none runs, too", () => {
  const columns = { of: "columns", message: "It refuses the password.", hint: "Write the right one." };
  expect(controlHealth({ problems: [columns] })).toMatchObject([
    {
      severity: "warning",
      check: "control.health",
      message: "The control plane says of its columns: It refuses the password.",
      advice: "Write the right one.",
    },
  ]);
  expect(controlHealth({ problems: [] })).toMatchObject([{ severity: "ok", check: "control.health" }]);
  expect(controlHealth(undefined)).toMatchObject([{ severity: "note", check: "control.health" }]);
});

test("in words: one line a finding, the worst first", async () => {
  const folder = await folderWith(supportConfig({ upstreamUrl: database.gatewayUrl }));
  try {
    const { stdout } = await whosaw(["doctor"], folder);
    expect(stdout).toMatch(/^CRITICAL  /u);
    expect(stdout).not.toMatch(/^ok /mu);
    expect(stdout).toMatch(/\d+ critical, \d+ warning, \d+ ask, \d+ note, \d+ ok\.\n$/u);
    expect((await whosaw(["doctor", "--all"], folder)).stdout).toMatch(/^ok +strength\.gateway/mu);
  } finally {
    await rm(folder, { recursive: true });
  }
});
