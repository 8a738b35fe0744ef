/** Worlds to try trace and watch in, as data: what `whosaw sim --help` lists and the benches go through. */
import { type CompanyOptions, WATCHED } from "./options.ts";
import { WhosawError } from "../../src/base/errors.ts";
import { PAGES } from "./fields.ts";
import { THIEVES, type ThiefName } from "./heist.ts";
import type { TheftOptions } from "./theft.ts";

export interface World {
  readonly name: string;
  /** What happens in it, in one sentence. */
  readonly about: string;
  /** What differs from `TRIAL`. */
  readonly company: Partial<CompanyOptions>;
  /** What differs from `THEFT`. */
  readonly theft: Partial<TheftOptions>;
}

/** Twenty people of the back office open most tickets, and so most of any thief's customers: 6,600 each, an agent 150. */
const SKEWED: Partial<CompanyOptions> = { toQualityShare: 0.6 };

const TRACE_WORLDS: readonly World[] = [
  {
    name: "one-thief-30",
    about: "One agent sells the customers it served; 30 % of reports are of other scams.",
    company: {},
    theft: { noiseShare: 0.3 },
  },
  {
    name: "one-thief-45",
    about: "One agent sells the customers it served; 45 % of reports are of other scams.",
    company: {},
    theft: { noiseShare: 0.45 },
  },
  {
    name: "one-thief-60",
    about: "One agent sells the customers it served; 60 % of reports are of other scams.",
    company: {},
    theft: { noiseShare: 0.6 },
  },
  {
    name: "one-thief-skewed",
    about: "One agent sells the customers it served, and twenty people of the back office see 60 % of all tickets.",
    company: SKEWED,
    theft: {},
  },
  {
    name: "two-thieves",
    about: "Two agents sell together, each only customers whom the other never saw.",
    company: {},
    theft: { scheme: "two-thieves" },
  },
  {
    name: "no-leak",
    about: "Nothing leaked: scammers call who is in many telephone books, and those contact the company most.",
    company: {},
    theft: { scheme: "no-leak" },
  },
  {
    name: "no-leak-skewed",
    about: "Nothing leaked, and twenty people of the back office see 60 % of all tickets.",
    company: SKEWED,
    theft: { scheme: "no-leak" },
  },
  {
    name: "regional-campaign",
    about: "Nothing leaked: scammers work through one country.",
    company: {},
    theft: { scheme: "regional-campaign" },
  },
  {
    name: "dump-uniform",
    about: "An outsider copied the whole database; customers are called as they come.",
    company: {},
    theft: { scheme: "dump-uniform" },
  },
  {
    name: "dump-by-tickets",
    about: "An outsider copied the whole database; those with the most tickets are called.",
    company: {},
    theft: { scheme: "dump-by-tickets" },
  },
  {
    name: "dump-by-country",
    about: "An outsider copied the whole database; the callers speak the language of one country.",
    company: {},
    theft: { scheme: "dump-by-country" },
  },
  {
    name: "queue",
    about: "An outsider holds one team's queue: everything that its nine agents open.",
    company: {},
    theft: { scheme: "queue" },
  },
  {
    name: "frame-up",
    about: "One agent opens a colleague's customers and sells none but those, so that the colleague is blamed.",
    company: {},
    theft: { scheme: "frame-up" },
  },
  {
    name: "page-copier",
    about: "One agent copies queue pages, which list much the same customers to the whole team.",
    company: { lists: 0.005 },
    theft: { scheme: "page-copier", facts: PAGES.queue },
  },
  {
    name: "shared-account",
    about: "Two people use one account, and one of them sells what this person opened.",
    company: { sharedAccounts: 100 },
    theft: { scheme: "shared-account" },
  },
  {
    name: "wrong-clock",
    about: "The thief works through a gateway whose clock is nine hours ahead.",
    company: { clockAhead: { site: "west", hours: 9 } },
    theft: { scheme: "wrong-clock" },
  },
  {
    name: "wrong-times",
    about: "Customers are wrong by up to a week about when they were called, though never later than their report.",
    company: {},
    theft: { wrongByDays: 7 },
  },
  {
    name: "unknown-facts",
    about: "Half of the customers cannot say what the caller knew.",
    company: {},
    theft: { unknownFactsShare: 0.5 },
  },
  {
    name: "repeated-reports",
    about: "Three customers in ten report the same call twice.",
    company: {},
    theft: { repeatedShare: 0.3 },
  },
  {
    name: "sabotage",
    about: "Nothing leaked, but one device sends false reports about one agent's customers, at times that would fit.",
    company: {},
    theft: { scheme: "sabotage" },
  },
  {
    name: "decoys-called",
    about: "One thief, in a team of which each agent was shown decoys of their own; two decoys are called.",
    company: { decoys: 36 },
    theft: { scheme: "decoys-called" },
  },
  {
    name: "marked-export",
    about: "Eight people rightly got an export, each a copy with a mark of its own; one passes it on.",
    company: {},
    theft: { scheme: "marked-export" },
  },
];

/** A sixtieth of the customers in life. */
const WATCHED_TRIAL: Partial<CompanyOptions> = { ...WATCHED, customers: 200_000 };

const WATCH_WORLDS: readonly World[] = [
  {
    name: "watch-honest",
    about: "Half a year at four sites, with shifts, leave, joiners, queue pages and curiosity, and nobody steals.",
    company: WATCHED_TRIAL,
    theft: { scheme: "no-leak" },
  },
  ...Object.entries(THIEVES).map(([thief, { about }]) => ({
    name: `watch-${thief}`,
    about: `The same, and from the eleventh week somebody ${about}.`,
    company: { ...WATCHED_TRIAL, thieves: [thief as ThiefName] },
    theft: { scheme: "heist" as const, onsetDays: 70, ...(thief === "queue-copier" && { facts: PAGES.queue }) },
  })),
];

export const WORLDS: readonly World[] = [...TRACE_WORLDS, ...WATCH_WORLDS];

/** Another company and other scammers, for final figures only: nothing may be tuned on them. */
const HELD_OUT: Pick<World, "company" | "theft"> = {
  company: {
    firstDay: 20_637,
    activitySigma: 1.2,
    scamExponent: 0.4,
    teamSize: 13,
    homeShare: 0.75,
    handOnShare: 0.35,
    toSecondLineShare: 0.15,
  },
  theft: { delays: { soonShare: 0.5, soonMeanDays: 18, longestDays: 90 }, onsetDays: 75 },
};

/**
 * The world of this name.
 *
 * @throws WhosawError USAGE for a name that is none
 * @param heldOut with parameters that were not used in tuning */
export function worldOf(name: string, heldOut = false): World {
  const world = WORLDS.find((one) => one.name === name);
  if (world === undefined)
    throw new WhosawError("USAGE", `No world is called ${name}.`, {
      hint: `One of ${WORLDS.map((one) => one.name).join(", ")}; \`whosaw sim --help\` explains them.`,
    });
  if (!heldOut) return world;
  return {
    ...world,
    company: { ...world.company, ...HELD_OUT.company },
    theft: { ...world.theft, ...HELD_OUT.theft },
  };
}
