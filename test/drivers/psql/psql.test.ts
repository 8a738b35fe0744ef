/** psql: everything that it can do with tables, directly and through the gateway. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Exception, expectSame, missing, type Place, type Places, startPlaces, transcript } from "../places.ts";

const skip = await missing("psql", "postgresql-client-15", ["/usr/bin/psql"]);

let places: Places;

beforeAll(async () => {
  places = await startPlaces();
});

afterAll(async () => {
  await places?.stop();
});

/** Without the process ids of the server, and the lines in its source. */
async function workload(place: Place): Promise<string> {
  const said = await transcript("psql", ["-X", "-f", "psql/workload.sql"], place);
  return said.replaceAll(/(?<=server process with PID )\d+/gu, "(pid)").replaceAll(/^LOCATION:.*\n/gmu, "");
}

const EXCEPTIONS: readonly Exception[] = [
  {
    section: "copy in, and a row that may not be",
    why: "rows are hidden in errors",
    direct: /Failing row contains \(900002, .*\nCONTEXT: {2}COPY notes, line 2/u,
    gateway: /23502: null value in column "body" .*\nDETAIL: {2}Failing row contains \(\[hidden\]\)\./u,
  },
  {
    section: "a function nobody knows",
    why: "functions are allowed by name; others are refused before the server is asked",
    direct: /42883: function nope\(integer\) does not exist/u,
    gateway: /42501: the function nope is not on the list/u,
  },
  {
    section: "an unknown column of an alias",
    why: "the gateway says itself which column there is not, as the server would, with a hint of its own",
    direct: /42703: column c\.nope does not exist\nLINE 1: SELECT 'é', c\.nope .*\n {20}\^\nHINT: {2}Perhaps/u,
    gateway: /42703: column c\.nope does not exist\nLINE 1: SELECT 'é', c\.nope .*\n {20}\^\nHINT: {2}name one/u,
  },
  {
    section: "DO",
    why: "code is for accounts with migrate: true",
    direct: /NOTICE: {2}00000: seen/u,
    gateway: /42501: .*\nHINT: {2}use an account with migrate: true/u,
  },
  {
    section: "hidden in errors",
    why: "stored values are hidden in errors",
    direct: /22P02: invalid input syntax for type integer: "marcia\.oliveira/u,
    gateway: /22P02: invalid input syntax for type integer: "\[hidden\]"/u,
  },
  {
    section: "explain of protected tables",
    why: "EXPLAIN shows counts and values of rows",
    direct: /Index Scan using customers_pkey/u,
    gateway: /42501: EXPLAIN on protected tables/u,
  },
  {
    section: "an unclassified table",
    why: "what is neither protected nor public is refused",
    direct: /\(1 row\)/u,
    gateway: /42501: the table support\.outbox is neither protected nor declared public/u,
  },
  {
    section: "SET ROLE",
    why: "the role is the gateway's to choose",
    direct: /^SET\nRESET\n$/u,
    gateway: /42501: role cannot be changed through the gateway/u,
  },
];

describe.skipIf(skip !== undefined)("psql", () => {
  test("says the same", async () => {
    const [direct, through] = [await workload(places.direct), await workload(places.through)];
    expectSame(direct, through, EXCEPTIONS);
    expect(places.gateway.complaints).toEqual([]);
  }, 120_000);
});
