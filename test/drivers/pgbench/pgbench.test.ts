/** pgbench, which checks every answer and stops at the first error, directly and through the gateway. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing, type Place, type Places, startPlaces, transcript } from "../places.ts";

const PGBENCH = "/usr/lib/postgresql/15/bin/pgbench";
const skip = await missing("pgbench", "postgresql-15", [PGBENCH]);

let places: Places;

beforeAll(async () => {
  places = await startPlaces();
});

afterAll(async () => {
  await places?.stop();
});

/** What pgbench says, without what took how long. */
async function pgbench(place: Place, ...args: string[]): Promise<string> {
  const said = await transcript(PGBENCH, [...args, place.database], place);
  return said.replaceAll(/^(?:latency|initial connection time|tps|pgbench \(|done in|.*tuples \(\d+%\)).*\n/gmu, "");
}

describe.skipIf(skip !== undefined)("pgbench", () => {
  test.each([
    ["simple", "support.sql"],
    ["extended", "support.sql"],
    ["prepared", "support.sql"],
    ["extended", "pipeline.sql"],
    ["prepared", "pipeline.sql"],
  ])("-M %s, %s", async (mode, script) => {
    const args = ["-n", "-M", mode, "-f", `pgbench/${script}`, "-c", "4", "-j", "2", "-t", "25", "--random-seed=1"];
    const [direct, through] = [await pgbench(places.direct, ...args), await pgbench(places.through, ...args)];
    expect(direct).toContain("number of transactions actually processed: 100/100");
    expect(through).toBe(direct);
    expect(places.gateway.complaints).toEqual([]);
  });
});

describe.skipIf(skip !== undefined)("pgbench with its own tables", () => {
  test("makes them, fills them by COPY and runs on them, for an account that may change the schema", async () => {
    const own = await startPlaces({ mode: "observe" });
    try {
      // The account root has no role of its own in the database: it is the gateway's user.
      await own.database.query("GRANT CREATE ON SCHEMA public TO whosaw_gw");
      const direct: Place = { ...own.direct, options: undefined };
      const through: Place = { ...own.through, user: "root" };
      // So that both find tables to drop.
      await pgbench(direct, "-i", "-s", "1");
      for (const args of [
        ["-i", "-s", "1"],
        ["-i", "-s", "1", "-I", "dtGvpf", "--partitions=2"],
        ["-n", "-c", "4", "-t", "25", "-M", "prepared"],
        ["-n", "-c", "4", "-t", "25", "-b", "select-only", "-M", "simple"],
      ]) {
        expect(await pgbench(through, ...args)).toBe(await pgbench(direct, ...args));
      }
      expect(own.gateway.complaints).toEqual([]);
    } finally {
      await own.stop();
    }
  });
});
