/** One case: what was stolen and by whom, and the reports that come of it. What is true never stands in a report. */
import { DAY_MS } from "../../src/base/clock.ts";
import type { Report, Views } from "../../src/trace/model.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { Additions } from "./additions.ts";
import type { Company } from "./company.ts";
import { between, refuse, whole } from "./checks.ts";
import type { Draws } from "./draws.ts";
import { PAGES } from "./fields.ts";
import { type Call, type Delays, reportOf, type ReportingOptions } from "./scammers.ts";
import type { Plan, Scene } from "./schemes/scene.ts";
import { SCHEMES, type SchemeName } from "./schemes/schemes.ts";
import type { Seen } from "./seen.ts";

const REPEATED_AFTER_DAYS = 3;
const HANDLED_AFTER_MS = 600_000;
/** All classes of fields. */
const FACTS_MAX = 63;

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
  /** Share of customers who report the same call twice. */
  readonly repeatedShare: number;
  /** Whoever reports a call is opened by somebody of the home team, because of it. */
  readonly complaints: boolean;
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
  repeatedShare: 0,
  complaints: true,
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
  /** Of each report, UTC epoch milliseconds. */
  readonly receivedAt: readonly number[];
  /** What is recorded besides the company's days, in the order of time: goes with them into whatever looks for the thief. */
  readonly added: Views;
  readonly truth: Truth;
}

/**
 * @param seen the company's views: all, or those of so many staff that thieves can be drawn from
 * @throws WhosawError USAGE for options that make no theft, and where nobody was shown enough to steal
 */
export function theft(company: Company, seen: Seen, options: Partial<TheftOptions>, draws: Draws): Theft {
  const all = checked({ ...THEFT, ...options }, company);
  const { firstDay, days } = company.options;
  const reporting: ReportingOptions = {
    ...all,
    from: (firstDay + all.onsetDays) * DAY_MS,
    to: (firstDay + days) * DAY_MS,
  };
  let leaked = 0;
  for (let n = 0; n < all.reports; n++) if (!draws.chance(all.noiseShare)) leaked++;
  const additions = new Additions(company.recording);
  const scene: Scene = { company, seen, draws, reporting, reports: all.reports, leaked, additions };
  const { calls, ...plan } = SCHEMES[all.scheme](scene);
  const received = calls
    .flatMap((call) => {
      const first = { call, ...reportOf(call, reporting, draws) };
      return draws.chance(all.repeatedShare) ? [first, repeated(first, draws)] : [first];
    })
    .sort((one, other) => one.receivedAt - other.receivedAt);
  if (all.complaints) for (const one of received) handle(one, scene);
  return {
    reports: received.map(({ report }) => report),
    receivedAt: received.map(({ receivedAt }) => receivedAt),
    added: additions.views(),
    truth: { ...plan, scheme: all.scheme, calls: received.map(({ call }) => call) },
  };
}

function checked(options: TheftOptions, { options: { days } }: Company): TheftOptions {
  const { scheme, delays, onsetDays } = options;
  if (!Object.hasOwn(SCHEMES, scheme))
    refuse(`no scheme is called ${scheme}`, `one of ${Object.keys(SCHEMES).join(", ")}`);
  whole(options, "reports", 0, LIMITS.simReportsMax);
  if (onsetDays >= days)
    refuse(`it leaks after ${onsetDays} days, and there are ${days}`, `more days than ${onsetDays}`);
  whole(options, "onsetDays", 0, days - 1);
  whole(options, "facts", 0, FACTS_MAX);
  for (const share of ["noiseShare", "unknownFactsShare", "repeatedShare"] as const) between(options, share, 0, 1);
  between(options, "wrongByDays", 0, LIMITS.simDaysMax);
  between(delays, "soonShare", 0, 1);
  between(delays, "soonMeanDays", 0, LIMITS.simDaysMax);
  between(delays, "longestDays", 0, LIMITS.simDaysMax);
  return options;
}

interface Received {
  readonly call: Call;
  readonly report: Report;
  readonly receivedAt: number;
}

/** The same customer again, some days later. */
function repeated(received: Received, draws: Draws): Received {
  return { ...received, receivedAt: Math.ceil(received.receivedAt + draws.exponential(REPEATED_AFTER_DAYS) * DAY_MS) };
}

/** Somebody takes the customer's call about the scam: a view that the scam caused, not the other way round. */
function handle({ report, receivedAt }: Received, { company, draws, reporting, additions }: Scene): void {
  const { first, count } = company.roster.agentsOf(company.customers.homeTeamOf(report.subject));
  const staff = company.attendance.somebody(first, count, Math.floor(receivedAt / DAY_MS), draws);
  const at = receivedAt + Math.ceil(draws.exponential(HANDLED_AFTER_MS));
  if (at < reporting.to) additions.opened({ staff, at, fields: PAGES.profile }, report.subject);
}
