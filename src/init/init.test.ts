/** `whosaw init` on databases of every kind: odd names, odd keys, none of the names that a helpdesk would have. */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { whosaw } from "../../test/rig/program.ts";
import { sharedServer, supportDatabase } from "../../test/rig/shared.ts";
import { parseConfig } from "../config/load.ts";
import type { TableReport } from "./report.ts";
import { withDatabase } from "./testing/database.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whosaw-init-"));
});

afterEach(() => rm(folder, { recursive: true }));

type Told = Record<string, string>;

/** Table to `verdict kind: key`. */
async function told(url: string, ...options: string[]): Promise<Told> {
  const run = await whosaw(["init", url, "--yes", "--json", "--force", ...options], folder);
  expect(run.stderr.replace(/^\d+ of \d+ tables looked at\n/gmu, "")).toBe("");
  const { tables, yaml } = JSON.parse(run.stdout) as { tables: TableReport[]; yaml: string };
  const config = parseConfig(Buffer.from(yaml), join(folder, "whosaw.yaml"), {
    env: { GW_PASSWORD: "x" },
    shownAs: "whosaw.yaml",
  });
  expect(config.mode).toBe("observe");
  return Object.fromEntries(
    tables.map(({ table, verdict, kind, key, nullable }) => [
      table,
      `${verdict}${kind === null ? "" : ` ${kind}: ${key}`}${nullable ? " nullable" : ""}`,
    ]),
  );
}

test("the demo's support database", async () => {
  const database = await supportDatabase();
  try {
    expect(await told(database.url)).toEqual({
      "support.customers": "protected customer: id",
      "support.tickets": "protected customer: customer_id",
      "support.messages": "protected customer: ticket_id -> support.tickets.customer_id",
      "support.people": "protected person: case when not is_staff then id end nullable",
      "support.group_tickets": "unsure customer: requestors",
      "support.notes": "unsure note: id",
      "support.outbox": "unsure",
      "support.products": "public",
      "support.teams": "public",
    });
  } finally {
    await database.drop();
  }
});

test("another language, uuid and text keys, several kinds, codes as tables' names", async () => {
  const sql = `
    CREATE SCHEMA "Stammdaten 2";
    CREATE TABLE "Stammdaten 2"."Kunden" ("KundenNr" text PRIMARY KEY, "Vorname" text, "Nachname" text, "Straße" text, "PLZ" text, "Telefon" text);
    CREATE TABLE "Stammdaten 2"."Vorgänge" ("Id" uuid PRIMARY KEY, "KundenNr" text NOT NULL REFERENCES "Stammdaten 2"."Kunden", "Betreff" text);
    CREATE TABLE "Stammdaten 2"."Notizen" (id bigserial PRIMARY KEY, vorgang uuid NOT NULL REFERENCES "Stammdaten 2"."Vorgänge", "Inhalt" text);
    CREATE TABLE "Stammdaten 2"."Mitarbeiter" (id serial PRIMARY KEY, "Vorname" text, "Nachname" text, email text);
    CREATE TABLE "Stammdaten 2"."Schichten" (id serial PRIMARY KEY, mitarbeiter_id int NOT NULL REFERENCES "Stammdaten 2"."Mitarbeiter", von timestamptz);
    CREATE TABLE t_0815 (f1 bigint PRIMARY KEY, f2 text, f3 text);
    CREATE TABLE t_0816 (f1 bigint PRIMARY KEY, f2 bigint NOT NULL REFERENCES t_0815, f3 text);
    CREATE TABLE lookup_codes (code text PRIMARY KEY, sort_order int, active boolean);
    INSERT INTO t_0815 SELECT n, 'someone' || n || '@example.org', '+49 30 1234' || n FROM generate_series(100, 120) n;
    ANALYZE;`;
  await withDatabase(sql, async (url) => {
    expect(await told(url)).toEqual({
      "Stammdaten 2.Kunden": "protected kunde: KundenNr",
      "Stammdaten 2.Vorgänge": "protected kunde: KundenNr",
      "Stammdaten 2.Notizen": "protected kunde: vorgang -> Stammdaten 2.Vorgänge.KundenNr",
      "Stammdaten 2.Mitarbeiter": "protected mitarbeiter: id",
      "Stammdaten 2.Schichten": "protected mitarbeiter: mitarbeiter_id",
      "public.t_0815": "unsure t: f1",
      "public.t_0816": "unsure",
      "public.lookup_codes": "public",
    });
    const chosen = await told(url, "--subject", "public.t_0815");
    expect(chosen["public.t_0815"]).toBe("protected t: f1");
    expect(chosen["public.t_0816"]).toBe("protected t: f2");
  });
});

test("names with dots, quotes and reserved words; views, partitions, inheritance, row security", async () => {
  const sql = `
    CREATE SCHEMA "a.b"; CREATE SCHEMA "select";
    CREATE TABLE "a.b"."user" (id serial PRIMARY KEY, email text NOT NULL, "first name" text, "\${HOME}" text);
    CREATE TABLE "select"."order ""x""" (id serial PRIMARY KEY, "user" int NOT NULL REFERENCES "a.b"."user", "group" text);
    CREATE TABLE "select"."*" (id serial PRIMARY KEY, label text);
    CREATE TABLE "select"."line.item" (id serial PRIMARY KEY, "order.id" int NOT NULL REFERENCES "select"."order ""x""", n int);
    CREATE TABLE events (id bigint, user_id int NOT NULL REFERENCES "a.b"."user", at timestamptz NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE TABLE base (id serial PRIMARY KEY, code text); CREATE TABLE heir (user_id int NOT NULL REFERENCES "a.b"."user") INHERITS (base);
    CREATE TABLE guarded (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES "a.b"."user"); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
    CREATE TABLE behind (id serial PRIMARY KEY, guarded_id int NOT NULL REFERENCES guarded, body text);
    CREATE VIEW everyone AS SELECT email FROM "a.b"."user"; CREATE VIEW harmless AS SELECT code FROM base;
    CREATE TABLE empty_one ();`;
  await withDatabase(sql, async (url) => {
    expect(await told(url)).toEqual({
      '"a.b".user': "protected user: id",
      'select."order ""x"""': "protected user: user",
      "select.*": "unsure",
      'select."line.item"': expect.stringMatching(/^(?:protected|unsure)/u) as string,
      "public.events": "protected user: user_id",
      "public.base": "unsure",
      "public.heir": "protected user: user_id",
      "public.guarded": "protected user: user_id",
      "public.behind": "unsure",
      "public.empty_one": "unsure",
    });
  });
});

test("a writer that is there is not overwritten, a forced one is kept, and undone", async () => {
  const file = join(folder, "whosaw.yaml");
  await withDatabase("CREATE TABLE customers (id serial PRIMARY KEY, email text)", async (url) => {
    await writeFile(file, "mine");
    const refused = await whosaw(["init", url, "--yes"], folder);
    expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining("is there already")]);
    expect(await readFile(file, "utf8")).toBe("mine");
    expect((await whosaw(["init", url, "--yes", "--force"], folder)).exit).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(`${file}.bak`, "utf8")).toBe("mine");
    expect((await whosaw(["init", "--undo"], folder)).exit).toBe(0);
    expect(await readFile(file, "utf8")).toBe("mine");
    expect((await whosaw(["init", "--undo"], folder)).exit).toBe(1);
    const silent = await whosaw(["init", url, "--json"], folder);
    expect(JSON.parse(silent.stdout)).toMatchObject({ file: null });
    expect(await readFile(file, "utf8")).toBe("mine");
  });
});

describe("what goes wrong is told in a sentence", () => {
  test.each([
    ["no URL", [], 2, /URL of a database is missing/u],
    ["not a URL", ["mysql://x", "--yes"], 2, /is not a PostgreSQL URL/u],
    ["no such variable", ["postgres://me:${NOT_SET}@localhost/x", "--yes"], 2, /NOT_SET, which is not set/u],
    ["nobody answers", ["postgres://me@127.0.0.1:1/x", "--yes"], 4, /127\.0\.0\.1:1/u],
    ["no terminal", ["postgres://me@127.0.0.1:1/x"], 2, /no terminal/u],
  ])("%s", async (_name, args, exit, message) => {
    const run = await whosaw(["init", ...args], folder);
    expect([run.exit, run.stderr]).toEqual([exit, expect.stringMatching(message)]);
    expect(run.stderr).toContain("hint: ");
  });

  test("a wrong password, an empty database, and no rights on any table", async () => {
    const server = await sharedServer();
    await withDatabase("", async (url) => {
      const database = new URL(url).pathname.slice(1);
      const wrong = await whosaw(
        ["init", server.url({ database, user: "nobody_here", password: "wrong-one" }), "--yes"],
        folder,
      );
      expect([wrong.exit, wrong.stderr]).toEqual([4, expect.stringMatching(/authentication failed/u)]);
      expect(wrong.stderr).not.toContain("wrong-one");
      const empty = await whosaw(["init", url, "--yes"], folder);
      expect([empty.exit, empty.stderr]).toEqual([1, expect.stringMatching(/has no tables/u)]);
      await server.query(
        "CREATE TABLE customers (id serial PRIMARY KEY, email text); CREATE TABLE orders (id serial PRIMARY KEY, customer_id int REFERENCES customers)",
        undefined,
        database,
      );
      await server.query("CREATE ROLE init_poor LOGIN PASSWORD 'p'");
      try {
        const poor = await whosaw(
          ["init", server.url({ database, user: "init_poor", password: "p" }), "--yes"],
          folder,
        );
        expect(poor.exit).toBe(0);
        expect(poor.stdout).toContain("2 tables may not be read by this user");
        expect(poor.stdout).toContain("[customer: customer_id]");
      } finally {
        await server.query("DROP ROLE init_poor");
      }
    });
  });
});

test("two thousand tables", async () => {
  const sql = `DO $$ BEGIN
    CREATE TABLE customers (id serial PRIMARY KEY, email text, name text);
    INSERT INTO customers (email) SELECT 'c' || n || '@example.com' FROM generate_series(1, 50) n;
    FOR n IN 1..2000 LOOP
      EXECUTE format('CREATE TABLE part_%s (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, body text, created_at timestamptz)', n);
    END LOOP;
  END $$;`;
  await withDatabase(sql, async (url) => {
    const before = performance.now();
    const tables = await told(url);
    if (process.env["SHOW"] !== undefined)
      console.log("init", performance.now() - before, (await stat(join(folder, "whosaw.yaml"))).size);
    expect(Object.values(tables).filter((verdict) => verdict === "protected customer: customer_id")).toHaveLength(2000);
  });
}, 60_000);
