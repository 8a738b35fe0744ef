/** Who is at work on which day, and when. Anybody's day depends on the seed alone, so it can be asked in any order. */
import { DAY_MS } from "../../src/base/clock.ts";
import { type Draws, hashOf } from "./draws.ts";
import { type Roster, SITES } from "./staff.ts";

export interface AttendanceOptions {
  readonly seed: number;
  readonly firstDay: number;
  readonly days: number;
  /** Three shifts at four sites, five days of seven, leave, swaps, joiners; else everybody, every day, from 7 to 20 UTC. */
  readonly shifts: boolean;
}

const HOUR_MS = 3_600_000;
const SHIFT_HOURS = 8;
const EVERYBODY_FROM_HOUR = 7;
const EVERYBODY_HOURS = 13;
const FIRST_SHIFT_HOUR = 6;
const DAYS_OFF_OF_SEVEN = 2;
const SWAPPED_SHARE = 0.03;
/** In blocks of so many days, of which somebody has so large a share off. */
const LEAVE_BLOCK_DAYS = 14;
const LEAVE_SHARE = 0.08;
const JOINERS_A_MONTH = 0.04;
/** A joiner's first days, on ever more of which there is work of their own. */
const RAMP_DAYS = 14;
const DAYS_KEPT = 40;
const ABOUT = { shift: 31, rest: 32, leave: 33, swap: 34, joined: 35, ramp: 36 } as const;

export class Attendance {
  readonly #options: AttendanceOptions;
  readonly #roster: Roster;
  /** UTC, of each staff member: 0 to 23. */
  readonly #startHours: Uint8Array;
  /** Asked again and again for the same few days. */
  readonly #days = new Map<number, Uint8Array>();

  constructor(options: AttendanceOptions, roster: Roster) {
    this.#options = options;
    this.#roster = roster;
    this.#startHours = Uint8Array.from(roster.members, (_, staff) => this.#startHour(staff));
  }

  isAtWork(staff: number, day: number): boolean {
    if (!this.#options.shifts) return true;
    let everybody = this.#days.get(day);
    if (everybody === undefined) {
      everybody = Uint8Array.from(this.#roster.members, (_, who) => (this.#works(who, day) ? 1 : 0));
      this.#days.set(day, everybody);
      this.#days.delete(day - DAYS_KEPT);
    }
    return everybody[staff] === 1;
  }

  /** The first day from this one on with a shift of theirs; if there is none within a fortnight, this one. */
  nextShift(staff: number, day: number): number {
    for (let next = day; next < day + LEAVE_BLOCK_DAYS; next++) if (this.isAtWork(staff, next)) return next;
    return day;
  }

  #startHour(staff: number): number {
    if (!this.#options.shifts) return EVERYBODY_FROM_HOUR;
    const local = FIRST_SHIFT_HOUR + SHIFT_HOURS * (this.#hash(ABOUT.shift, staff, 0) % 3);
    const site = SITES.find(({ name }) => name === this.#roster.members[staff]?.site);
    return (local - (site?.utcOffsetHours ?? 0) + 24) % 24;
  }

  #works(staff: number, day: number): boolean {
    const since = day - this.joinedOn(staff);
    if (since < 0 || this.#share(ABOUT.ramp, staff, day) > (since + 1) / RAMP_DAYS) return false;
    if (this.#share(ABOUT.leave, staff, Math.floor(day / LEAVE_BLOCK_DAYS)) < LEAVE_SHARE) return false;
    const free = (day + (this.#hash(ABOUT.rest, staff, 0) % 7)) % 7 < DAYS_OFF_OF_SEVEN;
    return this.#share(ABOUT.swap, staff, day) < SWAPPED_SHARE ? free : !free;
  }

  /** The first day on which somebody works here; mostly long ago. */
  joinedOn(staff: number): number {
    const { firstDay, days } = this.#options;
    const after = Math.floor((this.#share(ABOUT.joined, staff, 0) / JOINERS_A_MONTH) * 30);
    return after < days ? firstDay + after : firstDay - RAMP_DAYS;
  }

  /** When the shift of this day begins, UTC epoch milliseconds; it may end on the next. */
  shiftStart(staff: number, day: number): number {
    return day * DAY_MS + this.#startHours[staff]! * HOUR_MS;
  }

  /** Some moment of that shift. */
  moment(staff: number, day: number, draws: Draws): number {
    const hours = this.#options.shifts ? SHIFT_HOURS : EVERYBODY_HOURS;
    return Math.floor(this.shiftStart(staff, day) + draws.unit() * (hours * HOUR_MS - 10 * 60_000));
  }

  /** A moment between that shift and the next. */
  momentOff(staff: number, day: number, draws: Draws): number {
    return Math.floor(this.shiftStart(staff, day) + (SHIFT_HOURS + 1 + draws.unit() * 6) * HOUR_MS);
  }

  /** One of those at work, of `count` staff from `first` on; if hardly anybody is, whoever comes first. */
  somebody(first: number, count: number, day: number, draws: Draws): number {
    let who = first + draws.below(count);
    for (let tries = 0; tries < count * 2 && !this.isAtWork(who, day); tries++) who = first + draws.below(count);
    return who;
  }

  #share(about: number, staff: number, day: number): number {
    return this.#hash(about, staff, day) / 2 ** 32;
  }

  #hash(about: number, staff: number, day: number): number {
    return hashOf(this.#options.seed, about, staff, day);
  }
}
