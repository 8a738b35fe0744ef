import { describe, expect, test } from "vitest";
import { DAY_MS } from "../../src/base/clock.ts";
import { RecordedViews } from "./additions.ts";
import { Company } from "./company.ts";
import type { CompanyOptions } from "./options.ts";
import { Draws } from "./draws.ts";
import { Seen } from "./seen.ts";
import { theft, type Theft, type TheftOptions } from "./theft.ts";
import { joined, viewsOf } from "./views.ts";
import { worldOf, WORLDS } from "./worlds.ts";

const SMALL: Partial<CompanyOptions> = { customers: 2_000, staff: 20, teamSize: 4, qualityShare: 0.05, tickets: 4_000 };

interface Case extends Theft {
  readonly company: Company;
  readonly seen: Seen;
}

/** A world of 2,000 customers. */
function lived(name: string, options: Partial<TheftOptions> = {}, heldOut = false): Case {
  const world = worldOf(name, heldOut);
  const { lists = 0, sharedAccounts = 0 } = world.company;
  const company = new Company({
    ...world.company,
    ...SMALL,
    lists: Math.min(lists, 0.03),
    sharedAccounts: Math.min(sharedAccounts, 3),
  });
  const seen = new Seen(viewsOf(company), company.staff.length);
  return { company, seen, ...theft(company, seen, { ...world.theft, ...options }, new Draws(7)) };
}

/** Whom everybody who is said to have leaked was shown, and when it truly was. */
function shownToThieves({ company, seen, added, truth }: Case): Set<string> {
  const all = joined([seen.views, added]);
  const thieves = company.staff.map(({ id, team }) => truth.staff.includes(id) || team === truth.team);
  const shown = new Set<string>();
  for (const [row, staff] of all.staff.entries())
    if (thieves[staff] === true) shown.add(`${all.subject[row]} ${all.at[row]! - company.recording.aheadMs(staff)}`);
  return shown;
}

describe.each(WORLDS.map(({ name }) => name))("%s", (name) => {
  const it = lived(name);
  const { reports, receivedAt, truth } = it;

  test("gives the same case for the same draws", () => {
    const { reports: again, truth: truly, added } = lived(name);
    expect({ again, truly, added }).toEqual({ again: reports, truly: truth, added: it.added });
  });

  test("has its reports of as many customers, in the order in which they were received, none of the future", () => {
    const distinct = new Set(reports.map(({ subject }) => subject));
    expect(distinct.size).toBe(40);
    if (name !== "repeated-reports") expect(reports).toHaveLength(40);
    expect(receivedAt).toEqual(receivedAt.toSorted((one, other) => one - other));
    for (const [index, { subject, from, to }] of reports.entries()) {
      const { at, ...call } = truth.calls[index]!;
      expect(call.subject).toBe(subject);
      expect(from).toBeLessThanOrEqual(to);
      expect(to).toBeLessThanOrEqual(receivedAt[index]!);
      if (name !== "wrong-times") expect(from <= at && at <= to).toBe(true);
    }
  });

  test("whoever was called from a copy had been shown to the thief before", () => {
    const stolen = new Set(truth.stolen === "everyone" ? [] : truth.stolen);
    const shown = truth.stolen === "everyone" || name === "watch-prober" ? undefined : shownToThieves(it);
    let leaked = 0;
    for (const { subject, at, seenAt } of truth.calls) {
      if (seenAt === undefined) continue;
      leaked++;
      expect(seenAt).toBeLessThanOrEqual(at);
      if (truth.stolen !== "everyone") expect(stolen).toContain(subject);
      if (shown !== undefined) expect(shown).toContain(`${subject} ${seenAt}`);
    }
    if (truth.kind === "nobody") expect(leaked).toBe(0);
    else expect(leaked).toBeGreaterThan(8);
  });

  test("tells trace nothing of the truth", () => {
    const told = ["subject", "from", "to", "fieldsKnown", "reporter", "caller", "mark", "decoy"];
    for (const report of reports) expect(told).toEqual(expect.arrayContaining(Object.keys(report)));
  });
});

test("the share of noise is about what was asked for", () => {
  const leaked = (noiseShare: number): number =>
    lived("dump-uniform", { noiseShare, reports: 100 }).truth.calls.filter(({ seenAt }) => seenAt !== undefined).length;
  expect(leaked(0.3)).toBeGreaterThan(55);
  expect(leaked(0.6)).toBeLessThan(55);
});

test("two thieves never sell a customer whom both saw", () => {
  const { company, seen, truth } = lived("two-thieves");
  const [one, other] = truth.staff.map((id) => seen.subjectsOf(company.staff.findIndex((member) => member.id === id)));
  expect(truth.staff).toHaveLength(2);
  for (const { subject, seenAt } of truth.calls)
    if (seenAt !== undefined) expect(one!.has(subject)).not.toBe(other!.has(subject));
});

test("whoever is framed saw every customer that was sold, and saw them first", () => {
  const { company, seen, truth } = lived("frame-up");
  const blamed = company.staff.findIndex(({ id }) => id === truth.beside);
  expect(truth.staff).not.toContain(truth.beside);
  for (const { subject, seenAt } of truth.calls)
    if (seenAt !== undefined)
      expect(
        [...seen.by(blamed)].some((row) => seen.views.subject[row] === subject && seen.views.at[row]! < seenAt),
      ).toBe(true);
});

test("of a shared account, about half of what it was shown leaks", () => {
  const { company, seen, truth } = lived("shared-account");
  const account = company.staff.findIndex(({ id }) => id === truth.staff[0]);
  const share = truth.stolen.length / seen.subjectsOf(account).size;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.7);
});

test("false reports all come from one device, and decoys and marks from the thief alone", () => {
  const { reports } = lived("sabotage");
  expect(reports.filter(({ reporter }) => reporter !== undefined).length).toBeGreaterThan(8);
  expect(new Set(reports.map(({ reporter }) => reporter)).size).toBe(2);
  const decoys = lived("decoys-called");
  expect(decoys.reports.filter(({ decoy }) => decoy === true)).toHaveLength(2);
  expect(decoys.reports.every((one) => (one.decoy === true) === decoys.company.customers.isDecoy(one.subject))).toBe(
    true,
  );
  const marked = lived("marked-export");
  const marks = new Set(marked.reports.map(({ mark }) => mark?.value));
  expect(marks.size).toBe(2);
  expect(new Set(marked.added.mark).size).toBe(9);
});

test("contact times that are wrong, and customers who cannot say what the caller knew", () => {
  const wrong = lived("wrong-times");
  const errors = wrong.reports.map(({ to }, index) => Math.abs(to - wrong.truth.calls[index]!.at) / DAY_MS);
  expect(Math.max(...errors)).toBeGreaterThan(2);
  const unknown = lived("unknown-facts").reports.filter(({ fieldsKnown }) => fieldsKnown === 0).length;
  expect(unknown).toBeGreaterThan(8);
  expect(unknown).toBeLessThan(32);
});

test("somebody opens whoever complains, after the report", () => {
  const { added, receivedAt, reports } = lived("one-thief-45");
  for (let row = 0; row < added.staff.length; row++) {
    const index = reports.findIndex(({ subject }) => subject === added.subject[row]);
    expect(added.at[row]).toBeGreaterThan(receivedAt[index]!);
  }
  expect(added.staff.length).toBeGreaterThan(20);
  expect(lived("one-thief-45", { complaints: false }).added.staff).toHaveLength(0);
});

test("held-out parameters change company and scammers, and leave what the world is about", () => {
  const { company, truth } = lived("two-thieves", {}, true);
  expect(truth.kind).toBe("pair");
  expect(company.options.activitySigma).toBe(1.2);
  expect(() => worldOf("atlantis")).toThrow(/atlantis/u);
});

test("what a case adds can be lived through with the company's days, as recorded", () => {
  const { company, added } = lived("frame-up");
  const days = [...company.days([new RecordedViews(added)])];
  const rows = days.flatMap(({ at, subject, staff }) =>
    Array.from(at, (time, row) => [time, subject[row], staff[row]]),
  );
  expect(rows).toHaveLength(viewsOf(company).at.length + added.at.length);
  for (let row = 0; row < added.at.length; row += 10)
    expect(rows).toContainEqual([added.at[row], added.subject[row], added.staff[row]]);
});
