/**
 * The simulated company: customers make contact, staff open what they need, day after day. One seed gives the same
 * company on every machine, in a stream that never holds more than a few days.
 */
import { Attendance } from "./attendance.ts";
import { Customers, STRATA, type Stratum } from "./customers.ts";
import { Diary } from "./diary.ts";
import { Roster, type StaffMember } from "./staff.ts";
import type { CompanyDay } from "./statements.ts";
import { type Source, SupportWork } from "./support-work.ts";

export interface CompanyOptions {
  readonly seed: number;
  /** Decoys included. */
  readonly customers: number;
  readonly staff: number;
  readonly days: number;
  /** Days since 1970. */
  readonly firstDay: number;
  /** In all days together. */
  readonly tickets: number;
  readonly activitySigma: number;
  readonly teamSize: number;
  /** Of all staff. */
  readonly secondLineShare: number;
  readonly qualityShare: number;
  /** Of tickets; the rest goes to any team. */
  readonly homeShare: number;
  readonly handOnShare: number;
  readonly toSecondLineShare: number;
  readonly toQualityShare: number;
  /** Shifts, sites and leave; else everybody works every day. */
  readonly shifts: boolean;
  readonly decoys: number;
  readonly vipShare: number;
}

/** The world in which trace is tried: 200,000 customers, 2,000 staff, half a year. */
export const TRIAL: CompanyOptions = {
  seed: 1,
  customers: 200_000,
  staff: 2_000,
  days: 180,
  firstDay: 20_454,
  tickets: 220_000,
  activitySigma: 1.5,
  teamSize: 9,
  secondLineShare: 0.09,
  qualityShare: 0.01,
  homeShare: 0.6,
  handOnShare: 0.25,
  toSecondLineShare: 0.1,
  toQualityShare: 0.05,
  shifts: false,
  decoys: 0,
  vipShare: 0.001,
};

export class Company {
  readonly options: CompanyOptions;
  readonly staff: readonly StaffMember[];
  readonly customers: Customers;
  readonly roster: Roster;
  readonly attendance: Attendance;
  /** What a stratum's number stands for. */
  readonly strata: readonly Stratum[] = STRATA;

  /** @param options what is left out is as in {@link TRIAL}; tickets are as many for each customer and day */
  constructor(options: Partial<CompanyOptions> = {}) {
    const all = { ...TRIAL, ...options };
    const usual = (TRIAL.tickets * all.customers * all.days) / (TRIAL.customers * TRIAL.days);
    this.options = { ...all, tickets: options.tickets ?? Math.round(usual) };
    this.roster = new Roster(this.options);
    this.staff = this.roster.members;
    this.customers = new Customers({ ...this.options, teams: this.roster.teams });
    this.attendance = new Attendance(this.options, this.roster);
  }

  /** Every day in turn, from the first on each time it is asked. */
  *days(): Generator<CompanyDay, void, undefined> {
    const { firstDay, days } = this.options;
    const diary = new Diary(() => 0);
    const sources = this.#sources();
    for (let day = firstDay; day < firstDay + days; day++) {
      for (const source of sources) source.fill(day, diary);
      yield diary.close(day);
    }
  }

  /** Index into `strata`. */
  strataOf(subject: number): number {
    return this.customers.stratumOf(subject);
  }

  #sources(): readonly Source[] {
    return [new SupportWork(this.options, this)];
  }
}
