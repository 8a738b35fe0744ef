/**
 * The simulated company: customers make contact, staff open what they need, day after day. One seed gives the same
 * company on every machine, in a stream that never holds more than a few days.
 */
import { Attendance } from "./attendance.ts";
import { Customers, STRATA, type Stratum } from "./customers.ts";
import { Curiosity } from "./curiosity.ts";
import { Diary } from "./diary.ts";
import { Heist } from "./heist.ts";
import { Lists } from "./lists.ts";
import { checked, type CompanyOptions, TRIAL } from "./options.ts";
import { Recording } from "./recording.ts";
import { Roster, type StaffMember } from "./staff.ts";
import type { CompanyDay } from "./statements.ts";
import { type Source, SupportWork } from "./support-work.ts";

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

  /**
   * @param options what is left out is as in {@link TRIAL}; tickets are as many for each customer and day
   * @throws WhosawError USAGE for what makes no company
   */
  constructor(options: Partial<CompanyOptions> = {}) {
    const all = { ...TRIAL, ...options };
    const usual = (TRIAL.tickets * all.customers * all.days) / (TRIAL.customers * TRIAL.days);
    this.options = checked({ ...all, tickets: options.tickets ?? Math.round(usual) });
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
