/** One case: what was stolen and by whom, and the reports that come of it. What is true never stands in a report. */
import { DAY_MS } from "../../src/base/clock.ts";
import type { Report } from "../../src/trace/model.ts";
import type { Company } from "./company.ts";
import type { Draws } from "./draws.ts";
import { PAGES } from "./fields.ts";
import { type Call, type Delays, reportOf, type ReportingOptions } from "./scammers.ts";
import { type Plan, type Scene, SCHEMES, type SchemeName } from "./schemes.ts";
import type { Seen } from "./seen.ts";

export interface TheftOptions {
  readonly scheme: SchemeName;
  readonly reports: number;
  /** Share of reports that have nothing to do with the leak. */
  readonly noiseShare: number;
  /** Days after the company's first on which copying begins; nothing is reported before. */
  readonly onsetDays: number;
  readonly delays: Delays;
  /** What copies hold of a customer, and callers know. */
  readonly facts: number;
  readonly unknownFactsShare: number;
  readonly wrongByDays: number;
}

export const THEFT: TheftOptions = {
  scheme: "one-thief",
  reports: 40,
  noiseShare: 0.45,
  onsetDays: 30,
  delays: { soonShare: 0.7, soonMeanDays: 10, longestDays: 120 },
  facts: PAGES.profile,
  unknownFactsShare: 0,
  wrongByDays: 0,
};

/** Kept apart from all that trace is given. */
export interface Truth extends Omit<Plan, "calls"> {
  readonly scheme: SchemeName;
  /** Of each report: where it came from. */
  readonly calls: readonly Call[];
}

export interface Theft {
  /** In the order in which they were received. */
  readonly reports: readonly Report[];
  readonly receivedAt: readonly number[];
  readonly truth: Truth;
}

/** @param seen the company's views: all, or at least those of the staff that the scheme can pick */
export function theft(company: Company, seen: Seen, options: Partial<TheftOptions>, draws: Draws): Theft {
  const all = { ...THEFT, ...options };
  const { firstDay, days } = company.options;
  const reporting: ReportingOptions = {
    ...all,
    from: (firstDay + all.onsetDays) * DAY_MS,
    to: (firstDay + days) * DAY_MS,
  };
  let leaked = 0;
  for (let n = 0; n < all.reports; n++) if (!draws.chance(all.noiseShare)) leaked++;
  const scene: Scene = { company, seen, draws, reporting, reports: all.reports, leaked };
  const { calls, ...plan } = SCHEMES[all.scheme](scene);
  const received = calls
    .map((call) => ({ call, ...reportOf(call, reporting, draws) }))
    .sort((one, other) => one.receivedAt - other.receivedAt);
  return {
    reports: received.map(({ report }) => report),
    receivedAt: received.map(({ receivedAt }) => receivedAt),
    truth: { ...plan, scheme: all.scheme, calls: received.map(({ call }) => call) },
  };
}
