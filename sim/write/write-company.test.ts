import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cliIn } from "../../src/cli/testing/cli-in.ts";
import { Company } from "../company/company.ts";
import { STRATA_NAMES } from "./company-config.ts";
import { keyOfSubject } from "./history.ts";
import { reportsCsv } from "./tables.ts";
import { writeCompany } from "./write-company.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-company-"));
afterAll(() => rmSync(root, { recursive: true }));
const company = new Company({ seed: 3, customers: 2_000, staff: 20, days: 3 });

function write(dir: string): ReturnType<typeof writeCompany> {
  const { seed, customers, firstDay } = company.options;
  return writeCompany({
    dir,
    firstDay,
    staff: company.staff,
    history: { seed, customers, staff: company.staff, days: () => company.days() },
    strata: {
      names: STRATA_NAMES,
      values: company.strata.map(({ country, language, segment }) => [country, language, segment]),
      stratumOf: (subject) => company.strataOf(subject),
    },
    told: { reports: reportsCsv([]), truth: { kind: "nobody" } },
  });
}

test("commands answer from its columns as from its ledger, and as the company knows", async () => {
  const dir = join(root, "company");
  const { disclosures, vkey } = await write(dir);
  const whosaw = cliIn(() => dir);
  const [first] = company.days();
  const subject = first!.subject[0]!;
  let views = 0;
  for (const day of company.days()) views += day.subject.filter((seen) => seen === subject).length;
  const ask = ["who-saw", "customer", String(keyOfSubject(subject)), "--json"];
  const [columns, ledger] = [await whosaw(...ask), await whosaw(...ask, "--from-ledger")];
  expect(columns).toMatchObject({ exit: 0, stderr: "" });
  expect(columns.stdout.match(/"statement"/gu)).toHaveLength(views);
  expect(ledger.stdout).toBe(columns.stdout);
  const staff = company.staff[first!.staff[0]!]!.id;
  const scope = await whosaw("scope", "--actor", staff, "--json");
  expect(scope).toMatchObject({ exit: 0 });
  expect(scope.stdout).toMatch(/country=[A-Z]{2}, language=[a-z]{2}, segment=/u);
  const report = await whosaw("verify", "ledger", "--vkey", vkey, "--json");
  expect(report.exit).toBe(0);
  expect(disclosures).toBeGreaterThan(views);
  expect(readFileSync(join(dir, "truth.json"), "utf8")).toMatch(/^\{\n "warning": "What is true.*Do not look/u);
});
