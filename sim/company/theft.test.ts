import { describe, expect, test } from "vitest";
import { DAY_MS } from "../../src/base/clock.ts";
import { Company } from "./company.ts";
import { Draws } from "./draws.ts";
import { SCHEMES, type SchemeName } from "./schemes.ts";
import { Seen } from "./seen.ts";
import { theft } from "./theft.ts";
import { viewsOf } from "./views.ts";

const company = new Company({ customers: 2_000, staff: 20, teamSize: 4, days: 180, tickets: 4_000 });
const seen = new Seen(viewsOf(company), company.staff.length);
const names = Object.keys(SCHEMES) as SchemeName[];

describe.each(names)("%s", (scheme) => {
  const { reports, receivedAt, truth } = theft(company, seen, { scheme }, new Draws(7));

  test("gives the same case again for the same draws, and 40 reports of as many customers", () => {
    expect(theft(company, seen, { scheme }, new Draws(7))).toEqual({ reports, receivedAt, truth });
    expect(reports).toHaveLength(40);
    expect(new Set(reports.map(({ subject }) => subject)).size).toBe(40);
  });

  test("every report was received after the contact that it tells of, in order", () => {
    for (const [index, report] of reports.entries()) {
      const call = truth.calls[index]!;
      expect(call.subject).toBe(report.subject);
      expect(report.from).toBeLessThanOrEqual(call.at);
      expect(report.to).toBeGreaterThanOrEqual(call.at);
      expect(receivedAt[index]).toBeGreaterThanOrEqual(report.to);
    }
    expect(receivedAt).toEqual(receivedAt.toSorted((one, other) => one - other));
  });

  test("whoever was called from the copy had been copied before, by one who saw it", () => {
    const stolen = new Set(truth.stolen === "everyone" ? [] : truth.stolen);
    const thieves = company.staff.flatMap(({ id, team }, index) =>
      truth.staff.includes(id) || (truth.team !== undefined && team === truth.team) ? [index] : [],
    );
    for (const { subject, at, seenAt } of truth.calls) {
      if (seenAt === undefined) continue;
      expect(seenAt).toBeLessThanOrEqual(at);
      if (truth.stolen === "everyone") continue;
      expect(stolen).toContain(subject);
      const rows = thieves.flatMap((thief) => [...seen.by(thief)]);
      expect(rows.some((row) => seen.views.subject[row] === subject && seen.views.at[row] === seenAt)).toBe(true);
    }
  });
});

test("the share of noise is about what was asked for, and nothing leaks without a leak", () => {
  const leaked = (scheme: SchemeName, noiseShare: number): number =>
    theft(company, seen, { scheme, noiseShare, reports: 100 }, new Draws(3)).truth.calls.filter(
      ({ seenAt }) => seenAt !== undefined,
    ).length;
  expect(leaked("dump-uniform", 0.3)).toBeGreaterThan(55);
  expect(leaked("dump-uniform", 0.6)).toBeLessThan(55);
  expect(leaked("no-leak", 0.3)).toBe(0);
});

test("contact times that are wrong by a week are not in the future of their report", () => {
  const { reports, receivedAt, truth } = theft(company, seen, { wrongByDays: 7 }, new Draws(4));
  expect(reports.every(({ from, to }, index) => from <= to && to <= receivedAt[index]!)).toBe(true);
  const errors = reports.map(({ to }, index) => Math.abs(to - truth.calls[index]!.at) / DAY_MS);
  expect(Math.max(...errors)).toBeGreaterThan(2);
});

test("customers who cannot say what the caller knew", () => {
  const { reports } = theft(company, seen, { unknownFactsShare: 0.5 }, new Draws(4));
  const unknown = reports.filter(({ fieldsKnown }) => fieldsKnown === 0).length;
  expect(unknown).toBeGreaterThan(8);
  expect(unknown).toBeLessThan(32);
});
