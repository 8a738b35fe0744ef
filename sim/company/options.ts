/** What a simulated company is made of, and the two that the product is tried on. */
import { LIMITS } from "../../src/base/limits.ts";
import { between, refuse, whole } from "./checks.ts";
import { THIEVES, type ThiefName } from "./heist.ts";
import type { RecordingOptions } from "./recording.ts";
import { SITES } from "./staff.ts";
import { OWN_TICKETS } from "./statements.ts";

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

/** From 0 to 1. */
const SHARES = [
  "secondLineShare",
  "qualityShare",
  "homeShare",
  "handOnShare",
  "toSecondLineShare",
  "toQualityShare",
] as const satisfies readonly (keyof CompanyOptions)[];

/** @throws WhosawError USAGE for what makes no company, with what would */
export function checked(options: CompanyOptions): CompanyOptions {
  const { customers, staff, secondLineShare, qualityShare, clockAhead, thieves } = options;
  const agents = staff - Math.round(staff * secondLineShare) - Math.round(staff * qualityShare);
  const days = LIMITS.simDaysMax;
  whole(options, "seed", 0, Number.MAX_SAFE_INTEGER);
  whole(options, "customers", 1, LIMITS.simCustomersMax);
  whole(options, "staff", 1, LIMITS.simStaffMax);
  whole(options, "days", 1, days);
  whole(options, "firstDay", 0, LIMITS.simFirstDayMax);
  whole(options, "tickets", 0, Math.min(OWN_TICKETS, options.days * LIMITS.simTicketsPerDayMax));
  whole(options, "teamSize", 1, LIMITS.simStaffMax);
  whole(options, "decoys", 0, customers - 1);
  whole(options, "thievesOnsetDays", 0, days);
  for (const share of SHARES) between(options, share, 0, 1);
  if (agents < 1) refuse("second line and quality leave no agent", "lower secondLineShare or qualityShare");
  whole(options, "sharedAccounts", 0, Math.floor(agents / 2));
  between(options, "activitySigma", 0, LIMITS.simActivitySigmaMax);
  between(options, "scamExponent", 0, 1);
  between(options, "lists", 0, LIMITS.simVolumeMax);
  between(options, "curiosity", 0, LIMITS.simVolumeMax);
  if (clockAhead !== undefined) {
    const sites = SITES.map(({ name }) => name as string);
    if (!sites.includes(clockAhead.site)) refuse(`there is no site ${clockAhead.site}`, `one of ${sites.join(", ")}`);
    between(clockAhead, "hours", 0, LIMITS.simClockAheadHoursMax);
  }
  const unknown = thieves.find((thief) => !Object.hasOwn(THIEVES, thief));
  if (unknown !== undefined) refuse(`no thief is called ${unknown}`, `one of ${Object.keys(THIEVES).join(", ")}`);
  return options;
}
