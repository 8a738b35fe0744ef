import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { DAY_MS } from "../../src/base/clock.ts";
import { Company } from "./company.ts";
import { PAGES } from "./fields.ts";
import { type CompanyOptions, TRIAL } from "./options.ts";
import { viewsOf } from "./views.ts";

const SMALL: Partial<CompanyOptions> = { customers: 2_000, staff: 40, days: 60 };

function digest(company: Company): string {
  const hash = createHash("sha256");
  for (const { day, probes, ...columns } of company.days()) {
    hash.update(JSON.stringify([day, probes]));
    for (const column of Object.values(columns)) hash.update(new Uint8Array(column.buffer));
  }
  return hash.digest("hex");
}

test("one seed gives the same company, each time it is asked; another seed another", () => {
  const company = new Company({ ...SMALL, seed: 5 });
  const once = digest(company);
  expect(digest(company)).toBe(once);
  expect(digest(new Company({ ...SMALL, seed: 5 }))).toBe(once);
  expect(digest(new Company({ ...SMALL, seed: 6 }))).not.toBe(once);
});

test("days come in order, rows of a day in the order of time, statements ascending", () => {
  const company = new Company(SMALL);
  const { firstDay, days } = company.options;
  const seen: number[] = [];
  for (const { day, at, statement, staff, subject } of company.days()) {
    seen.push(day);
    expect(at.every((time, row) => row === 0 || time >= at[row - 1]!)).toBe(true);
    expect(statement.every((number, row) => row === 0 || number >= statement[row - 1]!)).toBe(true);
    expect(at.every((time) => Math.floor(time / DAY_MS) === day)).toBe(true);
    expect(staff.every((who) => who < company.staff.length)).toBe(true);
    expect(subject.every((who) => who < company.options.customers)).toBe(true);
  }
  expect(seen).toEqual(Array.from({ length: days }, (_, index) => firstDay + index));
});

test("the trial's company is as its description says", () => {
  const company = new Company(TRIAL);
  expect(company.staff).toHaveLength(2_000);
  const count = (role: string): number => company.staff.filter((member) => member.role === role).length;
  expect([count("agent"), count("second-line"), count("quality")]).toEqual([1_800, 180, 20]);
  expect(new Set(company.staff.map(({ team }) => team)).size).toBe(202);
  const activity = company.customers.activity.toSorted().toReversed();
  const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);
  expect(sum(activity.subarray(0, 2_000)) / sum(activity)).toBeCloseTo(0.2, 1);
});

test("tickets are handed on and looked through in the shares asked for", () => {
  const company = new Company({ ...SMALL, customers: 20_000, days: 90, staff: 100, qualityShare: 0.05 });
  const { tickets } = company.options;
  const views = viewsOf(company);
  const share = (fields: number, role?: string): number =>
    views.fields.reduce(
      (sum, of, row) =>
        of === fields && (role === undefined || company.staff[views.staff[row]!]?.role === role) ? sum + 1 : sum,
      0,
    ) / tickets;
  expect(share(PAGES.profile, "agent")).toBeCloseTo(1.25, 1);
  expect(share(PAGES.profile, "second-line")).toBeCloseTo(0.1, 1);
  expect(share(PAGES.profile, "quality")).toBeCloseTo(0.05, 1);
  expect(share(PAGES.orders) / share(PAGES.profile)).toBeCloseTo(0.6, 1);
  expect(share(PAGES.payments) / share(PAGES.profile)).toBeCloseTo(0.2, 1);
  expect(share(PAGES.notes) / share(PAGES.profile)).toBeCloseTo(0.5, 1);
});

test("views of some staff are those of everybody, the others left out", () => {
  const company = new Company(SMALL);
  const all = viewsOf(company);
  const some = viewsOf(company, (staff) => staff % 3 === 0);
  const kept = all.subject.filter((_, row) => all.staff[row]! % 3 === 0);
  expect(some.subject).toEqual(kept);
  expect(some.staff.every((staff) => staff % 3 === 0)).toBe(true);
});
