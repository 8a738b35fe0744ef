import { expect, test } from "vitest";
import { DAY_MS } from "../../src/base/clock.ts";
import { Company } from "./company.ts";
import { PAGES } from "./fields.ts";
import { THIEVES, type ThiefName } from "./heist.ts";
import { type CompanyOptions, WATCHED } from "./options.ts";
import { OWN_TICKETS } from "./statements.ts";

const SMALL: Partial<CompanyOptions> = { ...WATCHED, customers: 4_000, staff: 100, days: 90, lists: 0, tickets: 4_000 };

/** How often somebody is at work, on average. */
function shareAtWork({ attendance, options: { staff, firstDay, days } }: Company, from = 0): number {
  let at = 0;
  for (let who = 0; who < staff; who++)
    for (let day = firstDay + from; day < firstDay + days; day++) if (attendance.isAtWork(who, day)) at++;
  return at / staff / (days - from);
}

test("staff work five days of seven, less leave and those who have not joined yet", () => {
  const company = new Company(SMALL);
  expect(shareAtWork(company)).toBeGreaterThan(0.5);
  expect(shareAtWork(company)).toBeLessThan(5 / 7);
  const { attendance, options } = company;
  const joiners = company.staff.filter((_, who) => attendance.joinedOn(who) >= options.firstDay).length;
  // 4 % of 100 a month.
  expect(joiners).toBeGreaterThan(4);
  expect(joiners).toBeLessThan(25);
  const starts = new Set(company.staff.map((_, who) => attendance.shiftStart(who, 0) % DAY_MS));
  expect(starts.size).toBeGreaterThan(8);
});

test("unexplained and weakly explained look-ups come as often as they should, and look-ups without a hit", () => {
  const company = new Company({ ...SMALL, staff: 400, tickets: 0 });
  const shifts = shareAtWork(company) * company.options.days * company.options.staff;
  let unexplained = 0;
  let weak = 0;
  let probes = 0;
  let vips = 0;
  for (const day of company.days()) {
    for (const [row, ticket] of day.ticket.entries()) {
      if (ticket === -1) unexplained++;
      if (ticket >= OWN_TICKETS) weak++;
      if (company.customers.isVip(day.subject[row]!)) vips++;
    }
    probes += day.probes.length;
  }
  // 0.8 times the mean of a lognormal of sigma 0.7, and bursts.
  expect(unexplained / shifts).toBeGreaterThan(0.9);
  expect(unexplained / shifts).toBeLessThan(1.3);
  expect(weak / shifts).toBeCloseTo(0.6, 1);
  expect(probes / shifts).toBeCloseTo(0.5, 1);
  expect(vips / (unexplained + weak)).toBeGreaterThan(0.005);
});

test("queue pages list ten customers or more of a team, each once; a shift sees as many as asked for", () => {
  const company = new Company({ ...SMALL, days: 30, staff: 40, lists: 0.5, curiosity: 0, tickets: 2_000 });
  const shifts = shareAtWork(company, 5) * 25 * 40;
  let pages = 0;
  for (const { day, statement, listed, fields, subject } of company.days()) {
    const shown = new Map<number, number[]>();
    for (const [row, number] of statement.entries())
      if (listed[row] === 1) shown.set(number, [...(shown.get(number) ?? []), row]);
    for (const rows of shown.values()) {
      expect(rows.length).toBeGreaterThanOrEqual(10);
      expect(new Set(rows.map((row) => subject[row])).size).toBe(rows.length);
      if (fields[rows[0]!] === PAGES.queue && day >= company.options.firstDay + 5) pages++;
    }
  }
  expect(pages / shifts).toBeGreaterThan(17);
  expect(pages / shifts).toBeLessThan(23);
});

test.each(Object.keys(THIEVES) as ThiefName[])("%s takes what is said, from the eleventh week on", (name) => {
  const honest = new Company({ ...SMALL, curiosity: 0, days: 120 });
  const company = new Company({ ...SMALL, curiosity: 0, days: 120, thieves: [name] });
  const [heist] = company.heists;
  const { habit, staff } = heist!;
  expect(staff).toHaveLength(habit.people ?? 1);
  let taken = 0;
  let days = 0;
  const before = honest.days();
  for (const { day, ticket, subject, probes } of company.days()) {
    const usual = before.next().value;
    const more = habit.probes === true ? probes.length : subject.length - (usual?.subject.length ?? 0);
    if (day < heist!.onset) expect(more).toBe(0);
    taken += more;
    // Some of a night's are recorded on the next day.
    if (day >= heist!.onset) days += staff.filter((who) => company.attendance.isAtWork(who, day)).length;
    if (habit.ownTickets === true && more > 0) expect(ticket.some((number) => number >= OWN_TICKETS)).toBe(true);
  }
  const shifts = habit.atNight === true ? 50 : days * (habit.onDays ?? 1);
  const unsure = habit.onDays === undefined ? 0.4 * shifts : 4 * Math.sqrt(shifts);
  expect(Math.abs(taken - shifts * habit.aDay)).toBeLessThanOrEqual(unsure * habit.aDay);
  if (habit.aDay > 0) expect(heist!.loot().subjects.length).toBeLessThanOrEqual(taken + habit.aDay * 2);
});

test("two who steal together never take the same customer", () => {
  const { heists } = new Company({ ...SMALL, thieves: ["colluders"] });
  const { subjects } = heists[0]!.loot();
  expect(new Set(subjects).size).toBe(subjects.length);
  expect(new Set(subjects.map((subject) => subject % 2)).size).toBe(2);
});
