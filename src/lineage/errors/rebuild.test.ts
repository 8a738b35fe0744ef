import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedServer } from "../../../test/rig/shared.ts";
import type { TestDatabase } from "../../../test/rig/cluster.ts";
import type { Accounting, TextPlan } from "../plan.ts";
import { type ErrorField, rebuildError } from "./rebuild.ts";

const accounting = (errorsFromData: boolean): Accounting => ({
  uses: [],
  companions: [],
  columns: 1,
  hideRows: false,
  scope: false,
  errorsFromData,
  copy: undefined,
});
const plan: TextPlan = {
  text: "",
  statements: [],
  refusal: undefined,
  edits: [],
  originalPosition: (position) => position + 100,
};
const rebuild = (fields: ErrorField[], fromData = true) => new Map(rebuildError(fields, accounting(fromData), plan));

describe.each([14, 18] as const)("PostgreSQL %i", (version) => {
  let database: TestDatabase;
  let client: pg.Client;
  // No value of a row may show, not even in part.
  const SECRET = "tok3n";

  beforeAll(async () => {
    database = await (await sharedServer(version)).createDatabase();
    client = new pg.Client(database.url);
    await client.connect();
    await client.query(`
      CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, tags text, big bigint, CHECK (email <> '${SECRET} never'),
        CHECK (big IS NULL OR big > 5));
      CREATE TABLE tickets (person int REFERENCES people, n text NOT NULL DEFAULT '', EXCLUDE (n WITH =));
      CREATE TABLE parts (k text) PARTITION BY LIST (k);
      CREATE TYPE mood AS ENUM ('calm');
      INSERT INTO people VALUES (7001, '${SECRET}-1', '${SECRET} tags', 70017001700170), (7002, '${SECRET}-2', '[', NULL);
      INSERT INTO tickets VALUES (7001, '${SECRET}-t');
      CREATE FUNCTION raise_it() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'see %', (SELECT email FROM people LIMIT 1)
        USING ERRCODE = '23505', DETAIL = 'Key (a)=(${SECRET}) already exists.', HINT = '${SECRET}'; END $$;
      CREATE FUNCTION read_it() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT email::int FROM people LIMIT 1); END $$`);
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  async function errorOf(sql: string): Promise<ErrorField[]> {
    const error: unknown = await client.query(sql).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof pg.DatabaseError)) throw new Error(`no error from ${sql}`);
    const fields: [string, string | undefined][] = [
      ["S", error.severity],
      ["C", error.code],
      ["M", error.message],
      ["D", error.detail],
      ["H", error.hint],
      ["P", error.position],
      ["p", error.internalPosition],
      ["q", error.internalQuery],
      ["W", error.where],
      ["s", error.schema],
      ["t", error.table],
      ["c", error.column],
      ["d", error.dataType],
      ["n", error.constraint],
      ["F", error.file],
      ["L", error.line],
      ["R", error.routine],
    ];
    return fields.filter((field): field is [string, string] => field[1] !== undefined);
  }

  test.each([
    ["SELECT email::int FROM people", 'invalid input syntax for type integer: "[hidden]"', undefined],
    ["SELECT email::mood FROM people", 'invalid input value for enum mood: "[hidden]"', undefined],
    ["SELECT email::int[] FROM people", 'malformed array literal: "[hidden]"', undefined],
    ["SELECT email::uuid FROM people", 'invalid input syntax for type uuid: "[hidden]"', undefined],
    ["SELECT email::jsonb FROM people", "invalid input syntax for type json", undefined],
    ["SELECT email::date FROM people", 'invalid input syntax for type date: "[hidden]"', undefined],
    [
      "SELECT (big::text || '000000000000000000')::bigint FROM people",
      'value "[hidden]" is out of range for type bigint',
      undefined,
    ],
    ["SELECT big::int FROM people", "integer out of range", undefined],
    ["SELECT 1 / (id - 7001) FROM people", "division by zero", undefined],
    ["SELECT email ~ tags FROM people WHERE id = 7002", "invalid regular expression: [hidden]", undefined],
    ["SELECT email::regclass FROM people", undefined, undefined],
    [
      `SELECT ('a.b.c."' || tags || '"')::regclass FROM people`,
      "improper relation name (too many dotted names): [hidden]",
      undefined,
    ],
    [`SELECT ('"a""' || email || '"')::regclass FROM people`, 'relation "[hidden]" does not exist', undefined],
    [`SELECT current_setting('a"' || email) FROM people`, undefined, undefined],
    ["SELECT ('no.' || tags)::regtype FROM people", undefined, undefined],
    [
      "SELECT (tags || '(int')::regprocedure, ('pg_catalog.' || tags || '(int)')::regprocedure FROM people",
      undefined,
      undefined,
    ],
    ["SELECT ('a.b.' || tags)::regproc FROM people", undefined, undefined],
    ["SELECT ('a.b.c.' || tags)::regcollation FROM people", undefined, undefined],
    ["SELECT (tags || '.+')::regoper FROM people", undefined, undefined],
    ["SELECT ('+' || tags || '(int,int)')::regoperator FROM people", undefined, undefined],
    ["SELECT tags::regrole FROM people", undefined, undefined],
    ["SELECT tags::regconfig FROM people", undefined, undefined],
    ["SELECT ('int4[' || tags || ']')::regtype FROM people", undefined, undefined],
    ["SELECT ('numeric(' || tags || ')')::regtype FROM people", undefined, undefined],
    ["SELECT has_column_privilege('people', tags, 'select') FROM people", undefined, undefined],
    ["SELECT has_function_privilege('pg_catalog.' || tags || '()', 'execute') FROM people", undefined, undefined],
    ["SELECT to_tsvector(tags::regconfig, 'x') FROM people", undefined, undefined],
    ["SELECT pg_get_serial_sequence('people', tags) FROM people", undefined, undefined],
    ["SELECT ts_debug(tags::regconfig, 'x') FROM people", undefined, undefined],
    ["SELECT format('%' || tags, 1) FROM people", undefined, undefined],
    ["SELECT parse_ident('a.' || email) FROM people", undefined, undefined],
    ["SELECT xpath(tags, '<a/>') FROM people", undefined, undefined],
    ["SELECT normalize('a', 'NFC') || convert('a', tags, 'UTF8')::text FROM people", undefined, undefined],
    ["SELECT to_tsquery('simple', '&' || tags) FROM people", undefined, undefined],
    ["SELECT enum_range(null::mood, email::mood) FROM people", undefined, undefined],
    ["SELECT jsonb_path_query('{}', ('$.' || tags || '(')::jsonpath) FROM people", undefined, undefined],
    ["SELECT jsonb_set('[1]', ARRAY[tags], '1') FROM people", undefined, undefined],
    ["SELECT json_populate_record(null::people, json_build_object('id', tags)) FROM people", undefined, undefined],
    ["SELECT setseed(2), makeaclitem(10, 10, tags, false) FROM people", undefined, undefined],
    ["SELECT tags::aclitem FROM people", undefined, undefined],
    ["SELECT ('1/' || tags)::pg_lsn FROM people", undefined, undefined],
    ["SELECT extract(epoch FROM date_trunc(tags, now())) FROM people", undefined, undefined],
    ["SELECT to_timestamp(big::text, 'YYYY-MM-DD') FROM people", undefined, undefined],
    [
      "SELECT to_char(big, tags), has_table_privilege(email, 'people', 'SELECT') FROM people",
      'role "[hidden]" does not exist',
      undefined,
    ],
    [
      "INSERT INTO people SELECT 8, email FROM people LIMIT 1",
      'duplicate key value violates unique constraint "people_email_key"',
      "Key (email)=([hidden]) already exists.",
    ],
    [
      "INSERT INTO people SELECT 8, 'x', email, 3 FROM people LIMIT 1",
      'new row for relation "people" violates check constraint "people_big_check"',
      "Failing row contains ([hidden]).",
    ],
    [
      "INSERT INTO people SELECT NULL, email || 'new' FROM people LIMIT 1",
      'null value in column "id" of relation "people" violates not-null constraint',
      "Failing row contains ([hidden]).",
    ],
    [
      "INSERT INTO tickets SELECT id + 70000, email || id FROM people",
      'insert or update on table "tickets" violates foreign key constraint "tickets_person_fkey"',
      'Key (person)=([hidden]) is not present in table "people".',
    ],
    ["DELETE FROM people", undefined, 'Key (id)=([hidden]) is still referenced from table "tickets".'],
    [
      "INSERT INTO tickets SELECT 7002, email || '' FROM people UNION ALL SELECT 7001, email FROM people",
      undefined,
      "Key [hidden] conflicts with existing key [hidden].",
    ],
    [
      "INSERT INTO parts SELECT email FROM people",
      'no partition of relation "parts" found for row',
      "Partition key of the failing row contains ([hidden]).",
    ],
    ["SELECT raise_it()", "integrity constraint violation", undefined],
    ["SELECT read_it()", 'invalid input syntax for type integer: "[hidden]"', undefined],
    ["SELECT repeat(email, 900000000) FROM people", undefined, undefined],
    ["SELECT (SELECT email FROM people)", "more than one row returned by a subquery used as an expression", undefined],
  ])("%s tells nothing of the rows", async (sql, message, detail) => {
    const fields = await errorOf(sql);
    const rebuilt = rebuild(fields);
    for (const value of rebuilt.values()) expect(value).not.toMatch(/tok3n|700[12]|7001700/);
    if (sql.includes("raise_it")) expect(rebuilt.get("M")).toBe("error [hidden]");
    else if (message !== undefined) expect(rebuilt.get("M")).toBe(message);
    if (detail !== undefined) expect(rebuilt.get("D")).toBe(detail);
    for (const field of ["S", "C", "s", "t", "c", "n", "F", "L", "R"])
      expect(rebuilt.get(field)).toBe(new Map(fields).get(field));
    expect([rebuilt.has("W"), rebuilt.has("q")]).toEqual([false, false]);
  });

  test("an error of analysis is the client's own words, at the client's position", async () => {
    const fields = await errorOf("SELECT 'not a number'::int FROM people");
    expect(rebuild(fields).get("M")).toBe('invalid input syntax for type integer: "not a number"');
    const unknown = await errorOf("SELECT emial FROM people");
    expect(rebuild(unknown).get("M")).toBe('column "emial" does not exist');
    expect(rebuild(unknown).get("H")).toContain("people.email");
    expect(rebuild(unknown).get("P")).toBe(String(Number(new Map(unknown).get("P")) + 100));
  });

  test("where no stored value can flow in, only stored rows and keys are hidden", async () => {
    const fields = await errorOf(`INSERT INTO people VALUES (7001, 'mine')`);
    const rebuilt = rebuild(fields, false);
    expect(rebuilt.get("M")).toBe('duplicate key value violates unique constraint "people_pkey"');
    expect(rebuilt.get("D")).toBe("Key (id)=([hidden]) already exists.");
  });

  test("what a function raises is hidden even then", async () => {
    const rebuilt = rebuild(await errorOf("SELECT raise_it()"), false);
    expect([...rebuilt.values()].join()).not.toContain(SECRET);
  });

  test("resources and privileges keep their words", async () => {
    await client.query("SET statement_timeout = 1");
    const timeout = await errorOf("SELECT pg_sleep(5)");
    await client.query("RESET statement_timeout");
    expect(rebuild(timeout).get("M")).toBe("canceling statement due to statement timeout");
  });
});

test("any fields: no crash, order kept, nothing added, and no value in a message that is not known", () => {
  const field = fc.tuple(fc.constantFrom(..."SVCMDHPpqWstcdnFLRXZ".split("")), fc.string({ unit: "grapheme" }));
  const value = fc.stringMatching(/^[a-z]{8}\d{4}$/);
  fc.assert(
    fc.property(fc.uniqueArray(field, { selector: ([letter]) => letter }), fc.boolean(), (fields, fromData) => {
      const rebuilt = rebuildError(fields, accounting(fromData), plan);
      const order = fields.map(([letter]) => letter);
      expect(rebuilt.map(([letter]) => letter)).toEqual(
        order.filter((letter) => rebuilt.some(([kept]) => kept === letter)),
      );
      expect(rebuilt.some(([letter]) => letter === "M")).toBe(order.includes("M"));
    }),
  );
  fc.assert(
    fc.property(
      value,
      fc.constantFrom("22P02", "22003", "22XXX", "XX000", "P0001", "01000", "38000", "99999"),
      fc.string(),
      (secret, code, noise) => {
        const fields: ErrorField[] = [
          ["C", code],
          ["M", `${noise} ${secret}`],
          ["D", secret],
          ["H", secret],
          ["W", secret],
          ["q", secret],
        ];
        for (const [, kept] of rebuildError(fields, accounting(true), plan)) expect(kept).not.toContain(secret);
      },
    ),
  );
});
