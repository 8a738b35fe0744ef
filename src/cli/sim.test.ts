import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { worldOf, WORLDS } from "../../sim/company/worlds.ts";
import { simulate, toldOf } from "../../sim/write/simulate.ts";
import { cliIn } from "./testing/cli-in.ts";

const folder = mkdtempSync(join(tmpdir(), "whosaw-sim-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
const whosaw = cliIn(() => folder);
const small = ["--customers", "3000", "--staff", "12", "--days", "33", "--seed", "8"];

test("one seed gives one company; a folder that is there is left alone", async () => {
  const one = await whosaw("sim", ...small, "--world", "no-leak", "--out", "one", "--json");
  expect(one).toMatchObject({ exit: 0 });
  const result = { world: "no-leak", customers: 3_000, staff: 12, days: 33, seed: 8, reports: 40 };
  expect(JSON.parse(one.stdout)).toMatchObject(result);
  const world = worldOf("no-leak");
  const { reports } = toldOf(
    world,
    simulate({ world, company: { customers: 3_000, staff: 12, days: 33, seed: 8 }, theft: {} }),
  );
  expect(readFileSync(join(folder, "one", "reports.csv"), "utf8")).toBe(reports);
  const again = await whosaw("sim", ...small, "--out", "one");
  expect(again.exit).toBe(2);
  expect(again.stderr).toMatch(/not empty/u);
  const config = ["--config", "one/whosaw.yaml"];
  const dryRun = await whosaw("report", "import", "one/reports.csv", "--dry-run", "--json", ...config);
  expect(JSON.parse(dryRun.stdout)).toMatchObject({ problems: [] });
});

test("the help explains every world, and the page names it", async () => {
  const { stdout } = await whosaw("sim", "--help");
  const page = readFileSync(join(import.meta.dirname, "../../docs/simulation.md"), "utf8").replace(/ +/gu, " ");
  const said = stdout.replace(/\s+/gu, " ");
  for (const { name, about } of WORLDS) {
    expect(said).toContain(`${name} ${about}`);
    expect(page).toContain(`| \`${name}\` |`);
  }
});

test("a world that needs a larger company says so", async () => {
  const tiny = await whosaw(
    "sim",
    "--world",
    "queue",
    "--customers",
    "5",
    "--staff",
    "1",
    "--days",
    "40",
    "--out",
    "tiny",
  );
  expect(tiny).toMatchObject({ exit: 2, stdout: "" });
  expect(tiny.stderr).toMatch(/hint: /u);
});

test("whatever is no number or no date is refused before anything is made", async () => {
  const notWhole = fc.string().filter((text) => !/^\d+$/u.test(text));
  const notDate = fc.string().filter((text) => !/^\d{4}-\d{2}-\d{2}$/u.test(text));
  const wrong = fc.oneof(
    fc.tuple(
      fc.constantFrom("--customers", "--staff", "--days", "--seed", "--reports"),
      fc.oneof(notWhole, fc.constantFrom("0", "99999999999999999999")),
    ),
    fc.tuple(
      fc.constant("--first-day"),
      fc.oneof(notDate, fc.constantFrom("2026-02-30", "2026-13-01", "0000-00-00", "1970-01-01")),
    ),
    fc.tuple(
      fc.constant("--world"),
      notWhole.filter((text) => WORLDS.every(({ name }) => name !== text)),
    ),
  );
  await fc.assert(
    fc.asyncProperty(wrong, async ([option, value]) => {
      const { exit, stdout } = await whosaw("sim", "--out", "never", `${option}=${value}`);
      expect([exit, stdout]).toEqual([2, ""]);
    }),
    { numRuns: 60 },
  );
});
