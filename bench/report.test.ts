import { expect, test } from "vitest";
import { WhosawError } from "../src/base/errors.ts";
import { drawReport } from "./picture.ts";
import { type BenchRow, formatNumber, makeReport, median, whyLeftOut } from "./report.ts";

test("the median of rounds", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 100])).toBe(3.5);
  expect(() => median([])).toThrow("median of nothing");
});

test("numbers with four digits that count", () => {
  expect([14_023.4, 0.551_234, 0, 1_000_000].map(formatNumber)).toEqual(["14,020", "0.5512", "0", "1,000,000"]);
});

test("a picture shows every figure, and says which goal was missed", async () => {
  const rows: BenchRow[] = [
    { case: "64 clients <direct>", metric: "rate", value: 40_000, unit: "statements/s" },
    {
      case: "64 clients",
      metric: "rate",
      value: 20_000,
      unit: "statements/s",
      versus: "direct",
      ratio: 0.5,
      goal: ">= 0.55",
      met: false,
    },
    { case: "nothing", metric: "bytes", value: 0, unit: "B" },
  ];
  const report = await makeReport("gateway-point", rows);
  expect(report.machine.cores).toBeGreaterThan(0);
  const svg = drawReport(report);
  expect(svg).toContain("64 clients &lt;direct&gt;");
  expect(svg).toContain("20,000  0.5 of direct  (goal &gt;= 0.55, missed)");
  expect(svg.match(/<rect x="\d+" y="\d+" width="(\d+)"/gu)).toHaveLength(rows.length);
  expect(svg.match(/fill="url\(#missed\)"/gu)).toHaveLength(1);
  const labels = Math.max(...rows.map((row) => row.case.length));
  expect(Number(/<rect x="(\d+)"/u.exec(svg)?.[1])).toBeGreaterThan(labels * 6);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/u);
});

test("what is not installed is left out and said, anything else is a fault", async () => {
  const missing = new WhosawError("NOT_FOUND", "there is no pgbouncer", { hint: "install it" });
  const sentence = whyLeftOut("PgBouncer", missing);
  expect(sentence).toBe("PgBouncer: there is no pgbouncer (install it)");
  expect((await makeReport("gateway-point", [], [sentence])).leftOut).toEqual([sentence]);
  expect(await makeReport("gateway-point", [])).not.toHaveProperty("leftOut");
  expect(() => whyLeftOut("PgBouncer", new WhosawError("INTERNAL", "no"))).toThrow("no");
  expect(() => whyLeftOut("PgBouncer", new TypeError("a bug"))).toThrow("a bug");
});
