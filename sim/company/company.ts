/**
 * The simulated company: customers make contact, staff open what they need, day after day. One seed gives the same
 * company on every machine, in a stream that never holds more than a few days.
 */
import { Attendance } from "./attendance.ts";
import { Customers, STRATA, type Stratum } from "./customers.ts";
import { Curiosity } from "./curiosity.ts";
import { Diary } from "./diary.ts";
import { Heist, type ThiefName } from "./heist.ts";
import { Lists } from "./lists.ts";
import { Recording, type RecordingOptions } from "./recording.ts";
import { Roster, type StaffMember } from "./staff.ts";
import type { CompanyDay } from "./statements.ts";
import { type Source, SupportWork } from "./support-work.ts";

export interface CompanyOptions extends RecordingOptions {
  readonly seed: number;
  /** Decoys included. */
  readonly customers: number;
  readonly staff: number;
  readonly days: number;
  /** Days since 1970. */
  readonly firstDay: number;
  /** In all days together. */
  readonly tickets: number;
  /** Of the logarithm of how often customers make contact. */
  readonly activitySigma: number;
  /** Scams that have nothing to do with the company reach customers by activity to this power. */
  readonly scamExponent: number;
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
  /** Queue pages, campaigns and searches, as a share of the usual 20 to 60 pages a shift; 0 for none. */
  readonly lists: number;
  /** What is opened without a customer's ticket, as a share of the usual; 0 for none. */
  readonly curiosity: number;
  /** Who steals by opening what nobody asked for; some take only what they are shown anyway. */
  readonly thieves: readonly ThiefName[];
  /** They begin so many days after the first. */
  readonly thievesOnsetDays: number;
  /** Of customers: invented ones, whom nobody opens for a ticket. */
  readonly decoys: number;
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
  scamExponent: 0.7,
  teamSize: 9,
  secondLineShare: 0.09,
  qualityShare: 0.01,
  homeShare: 0.6,
  handOnShare: 0.25,
  toSecondLineShare: 0.1,
  toQualityShare: 0.05,
  shifts: false,
  lists: 0,
  curiosity: 0,
  thieves: [],
  thievesOnsetDays: 70,
  decoys: 0,
  sharedAccounts: 0,
  clockAhead: undefined,
};

/** Half a year of a company with all that disturbs: shifts at four sites, queue pages, curiosity. 12 million customers in life. */
export const WATCHED: Partial<CompanyOptions> = {
  days: 182,
  teamSize: 10,
  secondLineShare: 0.09,
  qualityShare: 0.02,
  shifts: true,
  lists: 1,
  curiosity: 1,
};

export class Company {
  readonly options: CompanyOptions;
  readonly staff: readonly StaffMember[];
  readonly customers: Customers;
  readonly roster: Roster;
  readonly attendance: Attendance;
  readonly recording: Recording;
  /** The thefts of `thieves`, in their order: part of the truth. */
  readonly heists: readonly Heist[];
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
    this.recording = new Recording(this.options, (staff) => this.staff[staff]?.site);
    this.heists = this.options.thieves.map((name, number) => new Heist(name, number, this.options, this));
  }

  /** Every day in turn, from the first on each time it is asked. @param added what else is recorded */
  *days(added: readonly Source[] = []): Generator<CompanyDay, void, undefined> {
    const { firstDay, days } = this.options;
    const diary = new Diary(this.recording);
    const sources = [...this.#sources(), ...this.heists, ...added];
    for (let day = firstDay; day < firstDay + days; day++) {
      for (const source of sources) source.fill(day, diary);
      yield diary.close(day);
    }
  }

  /** Index into `strata`. */
  strataOf(subject: number): number {
    return this.customers.stratumOf(subject);
  }

  /** New ones each time: queues fill up as days go by. */
  #sources(): readonly Source[] {
    const { lists, curiosity } = this.options;
    const pages = new Lists(this.options, this);
    const work = new SupportWork(this.options, this, (ticket) => pages.queued(ticket));
    return [work, ...(lists > 0 ? [pages] : []), ...(curiosity > 0 ? [new Curiosity(this.options, this)] : [])];
  }
}
