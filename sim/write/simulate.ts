/** A world by name, as a company and its case: what is written, what is reported, and what is true. */
import type { Views } from "../../src/trace/model.ts";
import { RecordedViews } from "../company/additions.ts";
import { Company } from "../company/company.ts";
import { Draws } from "../company/draws.ts";
import { type CompanyOptions, TRIAL } from "../company/options.ts";
import { Seen } from "../company/seen.ts";
import type { SchemeName } from "../company/schemes/schemes.ts";
import { theft, THEFT, type Theft, type TheftOptions } from "../company/theft.ts";
import { joined, viewsOf } from "../company/views.ts";
import type { World } from "../company/worlds.ts";
import { STRATA_NAMES } from "./company-config.ts";
import type { NamedStrata } from "./history-columns.ts";
import { actorIdOf, type History, keyOfSubject } from "./history.ts";
import { reportsCsv } from "./tables.ts";
import type { Told } from "./write-company.ts";

export interface SimulationOptions {
  readonly world: World;
  /** What differs from the world. */
  readonly company: Partial<CompanyOptions>;
  readonly theft: Partial<TheftOptions>;
}

export interface Simulation {
  readonly company: Company;
  readonly case: Theft;
  readonly history: History;
  readonly strata: NamedStrata;
}

/** Views that are held to draw a thief from, about: 25 bytes each, twice for a moment. */
const SEEN_ROWS = 10_000_000;
const TEAMS_MIN = 10;
/** A ticket is opened about so often, and so many are listed by a shift's queue pages. */
const OPENED_PER_TICKET = 3;
const LISTED_PER_SHIFT = 1_200;
const TEAMS_STREAM = 91;
/** Of all draws of a case, behind the seed. */
export const THEFT_STREAM = 92;

/** What happens in them does not depend on who was shown whom. */
const BLIND: ReadonlySet<SchemeName> = new Set([
  "no-leak",
  "regional-campaign",
  "dump-uniform",
  "dump-by-tickets",
  "dump-by-country",
]);

/**
 * The same for the same options, on every machine. Goes through all days once, where thieves are drawn from what they saw.
 * @throws {WhosawError} USAGE for options that make no company, or one that is too small for what happens in that world
 */
export function simulate({ world, company: changed, theft: otherwise }: SimulationOptions): Simulation {
  const company = new Company({ ...fitting(world.company, changed.staff), ...changed });
  const { seed, customers } = company.options;
  const options = { ...THEFT, ...world.theft, ...otherwise };
  const views = isBlind(company, options) ? joined([]) : seenOf(company);
  const found = theft(company, new Seen(views, company.staff.length), options, new Draws(seed, THEFT_STREAM));
  return {
    company,
    case: found,
    history: {
      seed,
      customers,
      staff: company.staff,
      days: () => company.days([new RecordedViews(found.added)]),
    },
    strata: {
      names: STRATA_NAMES,
      values: company.strata.map(({ country, language, segment }) => [country, language, segment]),
      stratumOf: (subject) => company.strataOf(subject),
    },
  };
}

/** Worlds are written for as many staff as TRIAL has; of fewer, fewer share an account. */
function fitting(company: Partial<CompanyOptions>, staff: number = TRIAL.staff): Partial<CompanyOptions> {
  const { sharedAccounts } = company;
  if (sharedAccounts === undefined) return company;
  return { ...company, sharedAccounts: Math.ceil((sharedAccounts * staff) / TRIAL.staff) };
}

function isBlind({ heists }: Company, { scheme }: TheftOptions): boolean {
  return BLIND.has(scheme) || (scheme === "heist" && heists.every(({ habit }) => habit.aDay > 0));
}

/** All views, or in a large company those of some teams and of whoever steals anyway. */
function seenOf(company: Company): Views {
  const { tickets, lists, staff, days, seed } = company.options;
  const rows = tickets * OPENED_PER_TICKET + lists * staff * days * LISTED_PER_SHIFT;
  if (rows <= SEEN_ROWS) return viewsOf(company);
  const { roster, heists } = company;
  const draws = new Draws(seed, TEAMS_STREAM);
  const wanted = Math.max(TEAMS_MIN, Math.ceil((roster.teams * SEEN_ROWS) / rows));
  const teams = new Set<number>();
  while (teams.size < Math.min(wanted, roster.teams)) teams.add(draws.below(roster.teams));
  const thieves = new Set(heists.flatMap((heist) => [...heist.staff]));
  return viewsOf(company, (who) => thieves.has(who) || (who < roster.agents && teams.has(roster.teamOf(who))));
}

/** What goes into the folder beside the stores. */
export function toldOf(world: World, { company, case: { reports, receivedAt, truth } }: Simulation): Told {
  const { seed } = company.options;
  const { stolen, calls, staff, beside } = truth;
  const named = (id: string): object => ({ name: id, actor: actorIdOf(seed, id) });
  return {
    reports: reportsCsv(reports),
    truth: {
      world: world.name,
      about: world.about,
      company: company.options,
      ...truth,
      staff: staff.map(named),
      ...(beside !== undefined && { beside: named(beside) }),
      stolen: stolen === "everyone" ? stolen : stolen.map(keyOfSubject),
      calls: calls.map((call, index) => ({
        ...call,
        subject: keyOfSubject(call.subject),
        at: new Date(call.at).toISOString(),
        ...(call.seenAt !== undefined && { seenAt: new Date(call.seenAt).toISOString() }),
        receivedAt: new Date(receivedAt[index] ?? call.at).toISOString(),
      })),
    },
  };
}
