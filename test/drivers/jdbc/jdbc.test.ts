/** The JDBC driver, directly and through the gateway. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Exception, expectSame, missing, type Place, type Places, startPlaces, transcript } from "../places.ts";

const DRIVER = "/usr/share/java/postgresql.jar";
const skip = await missing("JDBC", "libpostgresql-jdbc-java default-jdk-headless", [DRIVER, "/usr/bin/javac"]);

let places: Places;
let classes: string;

beforeAll(async () => {
  if (skip !== undefined) return;
  classes = await mkdtemp(join(tmpdir(), "whosaw-jdbc-"));
  const source = join(import.meta.dirname, "Workload.java");
  await promisify(execFile)("javac", ["-encoding", "UTF-8", "-cp", DRIVER, "-d", classes, source]);
  places = await startPlaces();
}, 120_000);

afterAll(async () => {
  await places?.stop();
  if (classes !== undefined) await rm(classes, { recursive: true, force: true });
});

const workload = (place: Place): Promise<string> =>
  transcript("java", ["-Dstdout.encoding=UTF-8", "-Dfile.encoding=UTF-8", "-cp", `${DRIVER}:${classes}`, "Workload"], place);

const EXCEPTIONS: readonly Exception[] = [];

describe.skipIf(skip !== undefined)("JDBC", () => {
  test("sees the same", async () => {
    const [direct, through] = [await workload(places.direct), await workload(places.through)];
    expectSame(direct, through, EXCEPTIONS);
    expect(places.gateway.complaints).toEqual([]);
  }, 120_000);
});
