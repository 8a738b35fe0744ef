/** psycopg2, directly and through the gateway. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Exception, expectSame, missing, type Place, type Places, startPlaces, transcript } from "../places.ts";

const PYTHON = "/usr/bin/python3";
const skip = await missing("psycopg2", "python3-psycopg2", [PYTHON], [PYTHON, "-c", "import psycopg2"]);

let places: Places;

beforeAll(async () => {
  places = await startPlaces();
});

afterAll(async () => {
  await places?.stop();
});

const workload = (place: Place): Promise<string> => transcript(PYTHON, ["psycopg2/workload.py"], place);

const EXCEPTIONS: readonly Exception[] = [
  {
    section: "scrolling back over protected rows",
    why: "rows that are skipped or read again could not be accounted for",
    direct: /^\(4002,\)$/mu,
    gateway: /^42501 ERROR: {2}a cursor over protected rows is moved, or read backward/mu,
  },
  {
    section: "hidden values",
    why: "stored values are hidden in errors",
    direct: /InvalidTextRepresentation 22P02 .*type integer: \\"\S+@\S+\\"/u,
    gateway: /InvalidTextRepresentation 22P02 .*type integer: \\"\[hidden\]\\"/u,
  },
  {
    section: "duplicate key of a protected table",
    why: "stored values are hidden in errors",
    direct: /UniqueViolation 23505 .*Key \(id\)=\(4711\) already exists\..*"constraint_name": "customers_pkey"/su,
    gateway:
      /UniqueViolation 23505 .*Key \(id\)=\(\[hidden\]\) already exists\..*"constraint_name": "customers_pkey"/su,
  },
  {
    section: "another role",
    why: "the role is the gateway's to choose",
    direct: /^SET -1$/mu,
    gateway: /InsufficientPrivilege 42501 .*role cannot be changed/u,
  },
  {
    section: "an unclassified table",
    why: "what is neither protected nor public is refused",
    direct: /^SELECT 1 1$/mu,
    gateway: /InsufficientPrivilege 42501 .*support\.outbox is neither protected nor declared public/u,
  },
];

describe.skipIf(skip !== undefined)("psycopg2", () => {
  test("sees the same", async () => {
    const [direct, through] = [await workload(places.direct), await workload(places.through)];
    expectSame(direct, through, EXCEPTIONS);
    expect(places.gateway.complaints).toEqual([]);
  }, 120_000);
});
