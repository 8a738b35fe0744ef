/** What every scheme starts from, and what the calls of all have in common. */
import type { HypothesisKind } from "../../../src/trace/model.ts";
import type { Additions } from "../additions.ts";
import { refuse } from "../checks.ts";
import type { Company } from "../company.ts";
import type { Draws } from "../draws.ts";
import { type Loot, lootOf } from "../loot.ts";
import { type Call, callsFrom, type ReportingOptions } from "../scammers.ts";
import type { Seen } from "../seen.ts";

export interface Scene {
  readonly company: Company;
  readonly seen: Seen;
  readonly draws: Draws;
  readonly reporting: ReportingOptions;
  /** In all. */
  readonly reports: number;
  /** Of those, how many come of the leak, if there is one and enough was copied. */
  readonly leaked: number;
  /** What is disclosed for the scheme's sake, beside what the company does anyway. */
  readonly additions: Additions;
}

export interface Plan {
  /** The explanation that is true. */
  readonly kind: HypothesisKind;
  /** Ids of those who leaked. */
  readonly staff: readonly string[];
  readonly team?: string;
  /** Who is to be blamed. */
  readonly beside?: string;
  /** Whose data somebody holds. */
  readonly stolen: readonly number[] | "everyone";
  readonly calls: readonly Call[];
}

export type Scheme = (scene: Scene) => Plan;

/** Whoever is drawn as a thief was shown at least so many customers, where anybody was. */
const LOOT_MIN = 30;

/** So often in a row nobody new is found: then there is nobody left, or hardly anybody. */
export const MISSES_MAX = 10_000;

/** Calls from a loot, and of others as many as there have to be. */
export function sold(scene: Scene, loot: Loot): Pick<Plan, "stolen" | "calls"> {
  const calls = callsFrom(loot, scene.leaked, scene.reporting, scene.draws);
  const called = new Set(calls.map(({ subject }) => subject));
  const rest = background(scene, scene.reports - calls.length, (subject) => !called.has(subject));
  return { stolen: loot.subjects, calls: [...calls, ...rest] };
}

/** Calls that come without a leak, more to those who make contact more; each customer is called once. */
export function background(scene: Scene, count: number, eligible: (subject: number) => boolean): Call[] {
  const { company, draws, reporting } = scene;
  const subjects = new Set<number>();
  // A small company may not have so many that are eligible.
  for (let misses = 0; subjects.size < count && misses < MISSES_MAX; misses++) {
    const subject = company.customers.pickForScam(draws);
    if (subjects.has(subject) || !eligible(subject)) continue;
    subjects.add(subject);
    misses = 0;
  }
  return Array.from(subjects, (subject) => ({ subject, at: Math.floor(draws.between(reporting.from, reporting.to)) }));
}

/** An agent for whom a condition holds and who was shown enough to be worth it. */
export function drawAgent({ company, seen, draws }: Scene, fits: (agent: number) => boolean = () => true): number {
  let agent = draws.below(company.roster.agents);
  for (let tries = 0; tries < 10_000; tries++) {
    if (fits(agent) && seen.subjectsOf(agent).size >= LOOT_MIN) return agent;
    agent = draws.below(company.roster.agents);
  }
  refuse("no agent was shown enough customers to steal", "more tickets, fewer staff, or the views of more of them");
}

/** Whom one staff member opened or, if so asked, had listed. */
export function copiedBy({ company, seen, reporting }: Scene, staff: number, listed = false): Loot {
  const ahead = company.recording.aheadMs(staff);
  return lootOf(seen, [staff], { ...reporting, listed, trueTime: (place) => seen.views.at[place]! - ahead });
}

/** Of the one agent's team. */
export function teamOf(
  { company }: Scene,
  agent: number,
): { readonly name: string; readonly agents: readonly number[] } {
  const { first, count } = company.roster.agentsOf(company.roster.teamOf(agent));
  return { name: company.staff[first]!.team, agents: Array.from({ length: count }, (_, index) => first + index) };
}

export function idOf({ company }: Scene, staff: number): string {
  return company.staff[staff]!.id;
}
