/** Signing in: TLS, channel binding, wrong passwords, wrong names; as each driver sees it. */
import { readFile } from "node:fs/promises";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing, type Place, startTlsPlaces, type TlsPlaces, transcript } from "./places.ts";

const PYTHON = "/usr/bin/python3";
const noPsql = await missing("psql", "postgresql-client-15", ["/usr/bin/psql"]);
const noPython = await missing("psycopg2", "python3-psycopg2", [PYTHON], [PYTHON, "-c", "import psycopg2"]);

let places: TlsPlaces;

beforeAll(async () => {
  places = await startTlsPlaces();
});

afterAll(async () => {
  await places?.stop();
});

describe.skipIf(noPsql !== undefined)("libpq", () => {
  const LOOKUP = "SELECT name FROM support.customers WHERE id = 4711";
  const psql = (place: Place, more: NodeJS.ProcessEnv): Promise<string> =>
    transcript("psql", ["-X", "-At", "-c", LOOKUP], place, more);

  test.each([
    ["sslmode=disable", { PGSSLMODE: "disable" }],
    ["sslmode=require", { PGSSLMODE: "require" }],
    ["sslmode=require, channel binding required", { PGSSLMODE: "require", PGCHANNELBINDING: "require" }],
    ["sslmode=verify-full", { PGSSLMODE: "verify-full", PGHOST: "localhost" }],
    [
      "sslmode=verify-full, channel binding required",
      { PGSSLMODE: "verify-full", PGCHANNELBINDING: "require", PGHOST: "localhost" },
    ],
    ["sslmode=require, channel binding off", { PGSSLMODE: "require", PGCHANNELBINDING: "disable" }],
  ])("%s: gets in", async (_name, more) => {
    expect(await psql(places.through, { PGSSLROOTCERT: places.ca, ...more })).toBe("Márcia Oliveira\n");
  });

  test.each([
    ["an authority that did not sign", { PGSSLMODE: "verify-full" }, /certificate verify failed/u],
    ["channel binding without TLS", { PGSSLMODE: "disable", PGCHANNELBINDING: "require" }, /channel binding required/u],
  ])("%s: does not get in", async (_name, more, reason) => {
    expect(await psql(places.through, { PGSSLROOTCERT: places.otherCa, ...more })).toMatch(reason);
  });

  test.each([
    ["a wrong password", { PGPASSWORD: "wrong" }],
    ["an unknown user", { PGUSER: "nobody_here" }],
    ["an unknown database", { PGDATABASE: "nothing_here" }],
    ["a setting that does not exist", { PGOPTIONS: "-c nothing.here.at.all=1 -c nope=1" }],
  ])("%s: the same message", async (_name, more) => {
    const said = async (place: Place): Promise<string> =>
      (await psql(place, { PGSSLMODE: "disable", ...more }))
        .replaceAll(/port \d+/gu, "port")
        .replaceAll(`user "${place.user}"`, "user (me)")
        .replaceAll(/^HINT: {2}this gateway serves the database .*\n/gmu, "");
    expect(await said(places.through)).toBe(await said(places.direct));
  });
});

/** The SQLSTATE that a driver reports for a failed connection, or that it got in. */
const DRIVERS: Record<string, (place: Place) => Promise<unknown>> = {
  "node-postgres": async ({ options, ...place }) => {
    const client = new pg.Client({ ...place, ...(options !== undefined && { options }) });
    try {
      await client.connect();
      await client.end();
      return "in";
    } catch (error) {
      return (error as pg.DatabaseError).code;
    }
  },
  "postgres.js": async ({ options, ...place }) => {
    const sql = postgres({ ...place, max: 1, connection: options === undefined ? {} : { options } });
    try {
      await sql`SELECT 1`;
      return "in";
    } catch (error) {
      return (error as postgres.PostgresError).code;
    } finally {
      await sql.end();
    }
  },
};

describe.each(Object.entries(DRIVERS))("%s", (_name, connect) => {
  test.each([
    ["everything right", {}, "in"],
    ["a wrong password", { password: "wrong" }, "28P01"],
    ["an unknown user", { user: "nobody_here" }, "28P01"],
    ["an unknown database", { database: "nothing_here" }, "3D000"],
  ])("%s", async (_case, wrong, code) => {
    expect(await connect({ ...places.direct, ...wrong })).toBe(code);
    expect(await connect({ ...places.through, ...wrong })).toBe(code);
  });
});

describe("node-postgres over TLS", () => {
  test.each([false, true])("verified, channel binding %s", async (enableChannelBinding) => {
    const { options: _options, ...place } = places.through;
    const ssl = { ca: await readFile(places.ca, "utf8"), servername: "localhost" };
    const client = new pg.Client({ ...place, ssl, enableChannelBinding });
    await client.connect();
    const { rows } = await client.query("SELECT name FROM support.customers WHERE id = 4711");
    expect(rows).toEqual([{ name: "Márcia Oliveira" }]);
    await client.end();
  });
});

describe.skipIf(noPython !== undefined)("psycopg2", () => {
  const connect = `
import psycopg2
try:
    psycopg2.connect("").close()
    print("in")
except psycopg2.OperationalError as error:
    print(str(error).split("FATAL:")[1])
`;
  test.each([
    ["everything right", {}],
    ["a wrong password", { PGPASSWORD: "wrong" }],
    ["an unknown database", { PGDATABASE: "nothing_here" }],
  ])("%s: the same message", async (_name, more) => {
    const said = async (place: Place): Promise<string> =>
      (await transcript(PYTHON, ["-c", connect], place, { PGSSLMODE: "disable", ...more }))
        .replaceAll(`user "${place.user}"`, "user (me)")
        .replaceAll(/^HINT: {2}this gateway serves the database .*\n/gmu, "");
    expect(await said(places.through)).toBe(await said(places.direct));
  });
});
