/** The JDBC driver, directly and through the gateway. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Exception,
  expectSame,
  missing,
  type Place,
  type TlsPlaces,
  startTlsPlaces,
  transcript,
} from "../places.ts";

const DRIVER = "/usr/share/java/postgresql.jar";
const skip = await missing("JDBC", "libpostgresql-jdbc-java default-jdk-headless", [DRIVER, "/usr/bin/javac"]);

let places: TlsPlaces;
let classes: string;

beforeAll(async () => {
  if (skip !== undefined) return;
  classes = await mkdtemp(join(tmpdir(), "whosaw-jdbc-"));
  const source = join(import.meta.dirname, "Workload.java");
  await promisify(execFile)("javac", ["-encoding", "UTF-8", "-cp", DRIVER, "-d", classes, source]);
  places = await startTlsPlaces();
}, 120_000);

afterAll(async () => {
  await places?.stop();
  if (classes !== undefined) await rm(classes, { recursive: true, force: true });
});

function workload(place: Place, more: NodeJS.ProcessEnv = {}, ...args: string[]): Promise<string> {
  const java = ["-Dstdout.encoding=UTF-8", "-Dfile.encoding=UTF-8", "-cp", `${DRIVER}:${classes}`, "Workload", ...args];
  return transcript("java", java, place, more);
}

const EXCEPTIONS: readonly Exception[] = [
  {
    section: "an unclassified table",
    why: "what is neither protected nor public is refused",
    direct: /^count int8 \| \n\d+ \| $/mu,
    gateway: /^PSQLException 42501\nERROR \| the table support\.outbox is neither protected nor declared public/mu,
  },
  {
    section: "another role",
    why: "the role is the gateway's to choose",
    direct: /^update count 0$/mu,
    gateway: /^PSQLException 42501\nERROR \| role cannot be changed/mu,
  },
  {
    section: "hidden values",
    why: "stored values are hidden in errors",
    direct: /^PSQLException 22P02\nERROR \| invalid input syntax for type integer: "\S+@/mu,
    gateway: /^PSQLException 22P02\nERROR \| invalid input syntax for type integer: "\[hidden\]"/mu,
  },
];

describe.skipIf(skip !== undefined)("JDBC", () => {
  test("sees the same", async () => {
    const [direct, through] = [await workload(places.direct), await workload(places.through)];
    expectSame(direct, through, EXCEPTIONS);
    expect(places.gateway.complaints).toEqual([]);
  }, 120_000);

  const found = expect.stringMatching(/^4711 \| Márcia Oliveira/mu);

  test.each([
    ["TLS", { SSLMODE: "require" }, found],
    ["TLS with a certificate that is checked", { SSLMODE: "verify-full", PGHOST: "localhost" }, found],
    ["no TLS", { SSLMODE: "disable" }, found],
    ["a certificate for somebody else", { SSLMODE: "verify-full", SSLROOTCERT: "other" }, "08006\n"],
    ["a wrong password", { PGPASSWORD: "wrong" }, "28P01\n"],
    ["an unknown database", { PGDATABASE: "nothing_here" }, "3D000\n"],
  ])("signs in: %s", async (_name, more, expected) => {
    const SSLROOTCERT = "SSLROOTCERT" in more ? places.otherCa : places.ca;
    expect(await workload(places.through, { ...more, SSLROOTCERT }, "sign-in")).toEqual(expected);
  });
});
