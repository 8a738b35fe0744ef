import fc from "fast-check";
import { expect, test } from "vitest";
import { WhosawError } from "../../src/base/errors.ts";
import { Company } from "./company.ts";
import { Draws } from "./draws.ts";
import { THIEVES, type ThiefName } from "./heist.ts";
import { type CompanyOptions, TRIAL } from "./options.ts";
import { SCHEMES, type SchemeName } from "./schemes/schemes.ts";
import { Seen } from "./seen.ts";
import { theft, type TheftOptions } from "./theft.ts";
import { viewsOf } from "./views.ts";

/** What a function gives, or the code with which it refused; anything else that it throws fails the test. */
function orCode<T>(attempt: () => T): T | string {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof WhosawError) return error.code;
    throw error;
  }
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const company: fc.Arbitrary<Partial<CompanyOptions>> = fc.record({
  seed: fc.maxSafeNat(),
  customers: fc.integer({ min: 1, max: 300 }),
  staff: fc.integer({ min: 1, max: 30 }),
  days: fc.integer({ min: 1, max: 40 }),
  tickets: fc.nat(400),
  activitySigma: fc.double({ min: 0, max: 5, noNaN: true }),
  scamExponent: share,
  teamSize: fc.integer({ min: 1, max: 40 }),
  secondLineShare: share,
  qualityShare: share,
  homeShare: share,
  handOnShare: share,
  shifts: fc.boolean(),
  lists: fc.double({ min: 0, max: 0.2, noNaN: true }),
  curiosity: fc.double({ min: 0, max: 2, noNaN: true }),
  thieves: fc.subarray(Object.keys(THIEVES) as ThiefName[], { maxLength: 2 }),
  thievesOnsetDays: fc.nat(40),
  decoys: fc.nat(40),
  sharedAccounts: fc.nat(3),
  clockAhead: fc.constantFrom(undefined, { site: "north", hours: 9 }),
});
const crime: fc.Arbitrary<Partial<TheftOptions>> = fc.record({
  scheme: fc.constantFrom(...(Object.keys(SCHEMES) as SchemeName[])),
  reports: fc.nat(60),
  noiseShare: share,
  onsetDays: fc.nat(30),
  unknownFactsShare: share,
  wrongByDays: fc.double({ min: 0, max: 30, noNaN: true }),
  repeatedShare: share,
});

test("any company that is not refused has rows that make sense, and any theft there has reports that do", () => {
  let lived = 0;
  fc.assert(
    fc.property(company, crime, fc.nat(), (options, theirs, seed) => {
      const made = orCode(() => new Company(options));
      if (typeof made === "string") {
        expect(made).toBe("USAGE");
        return;
      }
      const views = viewsOf(made);
      expect(
        views.subject.every((subject) => Number.isInteger(subject) && subject >= 0 && subject < options.customers!),
      ).toBe(true);
      expect(views.staff.every((staff) => staff < options.staff!)).toBe(true);
      expect(views.at.every(Number.isInteger)).toBe(true);
      const seen = new Seen(views, made.staff.length);
      const stolen = orCode(() => theft(made, seen, theirs, new Draws(seed)));
      if (typeof stolen === "string") {
        expect(stolen).toBe("USAGE");
        return;
      }
      lived++;
      expect(stolen.reports.length).toBeLessThanOrEqual(theirs.reports! * 2);
      for (const { subject, from, to } of stolen.reports) {
        expect(subject >= 0 && subject < options.customers!).toBe(true);
        expect(Number.isInteger(from) && Number.isInteger(to) && from <= to).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
  expect(lived).toBeGreaterThan(5);
});

test.each<[string, Partial<CompanyOptions>]>([
  ["customers", { customers: 0 }],
  ["customers", { customers: 1e9 }],
  ["staff", { staff: 1.5 }],
  ["agent", { secondLineShare: 0.9, qualityShare: 0.1 }],
  ["tickets", { tickets: -1 }],
  ["decoys", { decoys: TRIAL.customers }],
  ["homeShare", { homeShare: Number.NaN }],
  ["seed", { seed: Infinity }],
  ["atlantis", { clockAhead: { site: "atlantis", hours: 1 } }],
])("a company that cannot be is refused with what is wrong: %s", (what, options) => {
  expect(() => new Company(options)).toThrow(WhosawError);
  expect(() => new Company(options)).toThrow(what);
});

test.each(Object.keys(SCHEMES) as SchemeName[])(
  "%s ends in a company of sixty customers, whatever it is asked for",
  (scheme) => {
    const made = new Company({ customers: 60, staff: 4, days: 40, tickets: 500, teamSize: 2, decoys: 5, lists: 0.1 });
    const seen = new Seen(viewsOf(made), made.staff.length);
    for (const reports of [0, 1, 500])
      for (const noiseShare of [0, 1]) {
        const stolen = orCode(() => theft(made, seen, { scheme, reports, noiseShare, onsetDays: 0 }, new Draws(1)));
        if (typeof stolen === "string") expect(stolen).toBe("USAGE");
        else expect(stolen.reports.length).toBeLessThanOrEqual(Math.min(reports, 60));
      }
  },
);
