/** What support staff open because customers make contact: tickets, routed, handed on, looked through. */
import { DAY_MS } from "../../src/base/clock.ts";
import type { Attendance } from "./attendance.ts";
import type { Customers } from "./customers.ts";
import type { Diary } from "./diary.ts";
import { Draws } from "./draws.ts";
import { PAGES } from "./fields.ts";
import type { Roster } from "./staff.ts";

/** A part of what happens in a company, one day after the other. */
export interface Source {
  fill(day: number, diary: Diary): void;
}

export interface SupportWorkOptions {
  readonly seed: number;
  readonly firstDay: number;
  readonly days: number;
  /** In all days together. */
  readonly tickets: number;
  /** Share of tickets that go to the customer's own team; the others go anywhere. */
  readonly homeShare: number;
  readonly handOnShare: number;
  readonly toSecondLineShare: number;
  readonly toQualityShare: number;
}

/** Chances that whoever has a ticket opens these, besides the profile. */
const OPENED = [
  { fields: PAGES.orders, chance: 0.6 },
  { fields: PAGES.payments, chance: 0.2 },
  { fields: PAGES.notes, chance: 0.5 },
] as const;
const BETWEEN_PAGES_MS = 40_000;
/** A ticket handed on is opened the same day or on one of the next. */
const HANDED_ON_WITHIN_DAYS = 3;
const STREAM = 21;

export interface Place {
  readonly customers: Customers;
  readonly roster: Roster;
  readonly attendance: Attendance;
}

/** What others may want to know of each ticket: queues list it. */
export type OnTicket = (ticket: { readonly subject: number; readonly team: number; readonly at: number }) => void;

export class SupportWork implements Source {
  readonly #options: SupportWorkOptions;
  readonly #place: Place;
  readonly #onTicket: OnTicket | undefined;

  constructor(options: SupportWorkOptions, place: Place, onTicket?: OnTicket) {
    this.#options = options;
    this.#place = place;
    this.#onTicket = onTicket;
  }

  fill(day: number, diary: Diary): void {
    const { seed, firstDay, days, tickets } = this.#options;
    const draws = new Draws(seed, STREAM, day);
    const before = Math.floor(((day - firstDay) * tickets) / days);
    const end = Math.floor(((day - firstDay + 1) * tickets) / days);
    for (let ticket = before; ticket < end; ticket++) this.#ticket(ticket, day, draws, diary);
  }

  #ticket(ticket: number, day: number, draws: Draws, diary: Diary): void {
    const { customers, roster, attendance } = this.#place;
    const { homeShare, handOnShare, toSecondLineShare, toQualityShare } = this.#options;
    const subject = customers.pickByActivity(draws);
    const team = draws.chance(homeShare) ? customers.homeTeamOf(subject) : draws.below(roster.teams);
    const { first, count } = roster.agentsOf(team);
    const agent = attendance.somebody(first, count, day, draws);
    const at = attendance.moment(agent, day, draws);
    this.#onTicket?.({ subject, team, at });
    this.#handle(agent, at, ticket, subject, draws, diary);
    if (count > 1 && draws.chance(handOnShare)) {
      // Anybody of the team but the one who hands it on: those after, then those before.
      const other = first + ((agent - first + 1 + draws.below(count - 1)) % count);
      this.#handle(other, this.#later(other, at, draws), ticket, subject, draws, diary);
    }
    const { agents, secondLine, quality } = roster;
    if (secondLine > 0 && draws.chance(toSecondLineShare)) {
      const who = attendance.somebody(agents, secondLine, day, draws);
      this.#handle(who, this.#later(who, at, draws), ticket, subject, draws, diary);
    }
    if (quality > 0 && draws.chance(toQualityShare)) {
      const who = attendance.somebody(agents + secondLine, quality, day, draws);
      this.#handle(who, this.#later(who, at, draws), ticket, subject, draws, diary);
    }
  }

  #later(staff: number, at: number, draws: Draws): number {
    const { attendance } = this.#place;
    const day = Math.floor(at / DAY_MS) + draws.below(HANDED_ON_WITHIN_DAYS + 1);
    return Math.max(at + BETWEEN_PAGES_MS * 10, attendance.moment(staff, attendance.nextShift(staff, day), draws));
  }

  #handle(staff: number, at: number, ticket: number, subject: number, draws: Draws, diary: Diary): void {
    diary.opened({ staff, at, fields: PAGES.profile, ticket }, subject);
    let next = at;
    for (const { fields, chance } of OPENED) {
      next += BETWEEN_PAGES_MS;
      if (draws.chance(chance)) diary.opened({ staff, at: next, fields, ticket }, subject);
    }
  }
}
