/** Thieves who open what nobody asked them to, besides their work. */
import { Diary } from "./diary.ts";
import { Draws } from "./draws.ts";
import { PAGES } from "./fields.ts";
import type { Loot } from "./loot.ts";
import { Recording } from "./recording.ts";
import { OWN_TICKETS } from "./statements.ts";
import type { Place, Source } from "./support-work.ts";

export interface Habit {
  /** What this thief does: how a sentence goes on that begins with `somebody`. */
  readonly about: string;
  /** Customers a day of work, each of those who steal together; 0 for one who takes what the work shows anyway. */
  readonly aDay: number;
  /** Share of days on which anything is taken. Default: all. */
  readonly onDays?: number;
  /** Customers a statement. Default: one. */
  readonly aStatement?: number;
  readonly people?: number;
  /** Every night, whoever works: not the person, but somebody with the person's password. */
  readonly atNight?: boolean;
  /** For tickets that the thief made. */
  readonly ownTickets?: boolean;
  /** Asks by COUNT and EXISTS whether there is such a customer. */
  readonly probes?: boolean;
  /** Copies list pages. */
  readonly listed?: boolean;
}

export const THIEVES = {
  bulk: { about: "dumps 3,000 customers a day", aDay: 3_000, aStatement: 500 },
  burst: { about: "takes 200 customers on one day in ten", aDay: 200, onDays: 0.1, aStatement: 20 },
  medium: { about: "opens 20 customers a day without a reason", aDay: 20 },
  "slow-5": { about: "opens 5 customers a day without a reason", aDay: 5 },
  "slow-2": { about: "opens 2 customers a day without a reason", aDay: 2 },
  "ticket-forger": { about: "opens 5 customers a day, each for a ticket made up for it", aDay: 5, ownTickets: true },
  colluders: { about: "and somebody else open 2.5 customers a day each, never the same ones", aDay: 2.5, people: 2 },
  "stolen-credential": {
    about: "who has an agent's password takes 300 customers a night",
    aDay: 300,
    atNight: true,
  },
  "served-only": { about: "copies only the customers whom the agent served", aDay: 0 },
  "queue-copier": { about: "copies the queue pages that the work shows anyway", aDay: 0, listed: true },
  "cap-knower": { about: "knows the budget of 25 a shift and stays at 80 % of it", aDay: 20 },
  prober: { about: "asks 60 times a day by COUNT and EXISTS whose telephone number it is", aDay: 60, probes: true },
} as const satisfies Readonly<Record<string, Habit>>;

export type ThiefName = keyof typeof THIEVES;

export interface HeistOptions {
  readonly seed: number;
  readonly firstDay: number;
  readonly days: number;
  readonly thievesOnsetDays: number;
}

const STREAM = 25;
const ABOUT_WHO = 26;
/** Above those that honest staff make. */
const FORGED_TICKETS = OWN_TICKETS + 2 ** 29;
const FORGED_A_DAY_MAX = 1_000;

export class Heist implements Source {
  readonly name: ThiefName;
  readonly habit: Habit;
  /** Whose accounts. */
  readonly staff: readonly number[];
  /** The first day. */
  readonly onset: number;
  readonly #number: number;
  readonly #options: HeistOptions;
  readonly #place: Place;

  /** @param number tells heists of one company apart */
  constructor(name: ThiefName, number: number, options: HeistOptions, place: Place) {
    this.name = name;
    this.habit = THIEVES[name];
    this.#number = number;
    this.#options = options;
    this.#place = place;
    this.onset = options.firstDay + options.thievesOnsetDays;
    this.staff = this.#drawStaff(new Draws(options.seed, ABOUT_WHO, number));
  }

  fill(day: number, diary: Diary): void {
    if (day < this.onset || this.habit.aDay === 0) return;
    for (const [index, staff] of this.staff.entries()) {
      const draws = new Draws(this.#options.seed, STREAM, this.#number, staff, day);
      const { atNight = false, onDays = 1, aDay } = this.habit;
      if ((!atNight && !this.#place.attendance.isAtWork(staff, day)) || !draws.chance(onDays)) continue;
      this.#take(staff, index, day, draws.poisson(aDay), draws, diary);
    }
  }

  /** What was taken beside the work, by day; of the others, see what they were shown. */
  loot(): Loot {
    const diary = new Diary(new Recording({ sharedAccounts: 0, clockAhead: undefined }, () => undefined));
    const first = new Map<number, number>();
    const { firstDay, days } = this.#options;
    for (let day = firstDay; day < firstDay + days; day++) {
      this.fill(day, diary);
      const { subject, at, probes } = diary.close(day);
      for (let row = 0; row < subject.length; row++) if (!first.has(subject[row]!)) first.set(subject[row]!, at[row]!);
      for (const probe of probes) if (!first.has(probe.subject)) first.set(probe.subject, probe.at);
    }
    return { subjects: [...first.keys()], seenAt: [...first.values()] };
  }

  #take(staff: number, index: number, day: number, count: number, draws: Draws, diary: Diary): void {
    const { aStatement = 1, ownTickets = false, probes = false, atNight = false } = this.habit;
    const { attendance, customers } = this.#place;
    for (let taken = 0; taken < count; taken += aStatement) {
      const at = atNight ? attendance.momentOff(staff, day, draws) : attendance.moment(staff, day, draws);
      const first = this.#partOf(customers.pickAny(draws), index);
      if (probes) {
        diary.probe({ staff, at, subject: first });
        continue;
      }
      const forged = FORGED_TICKETS + (day - this.#options.firstDay) * FORGED_A_DAY_MAX + taken;
      diary.statement({ staff, at, fields: PAGES.profile, ticket: ownTickets ? forged : -1 });
      // More than one a statement are a range of keys.
      const end = Math.min(first + Math.min(aStatement, count - taken), customers.count);
      for (let subject = first; subject < end; subject++) diary.row(subject);
    }
  }

  /** Those who steal together never take the same: each those whose number leaves a remainder of their own. */
  #partOf(subject: number, index: number): number {
    const part = subject - (subject % this.staff.length) + index;
    return part < this.#place.customers.count ? part : index;
  }

  /** Agents who were there before. */
  #drawStaff(draws: Draws): number[] {
    const { roster, attendance } = this.#place;
    const staff = new Set<number>();
    const people = this.habit.people ?? 1;
    for (let tries = 0; staff.size < people && tries < 1_000; tries++) {
      const who = draws.below(roster.agents);
      if (attendance.joinedOn(who) <= this.onset) staff.add(who);
    }
    return [...staff];
  }
}
