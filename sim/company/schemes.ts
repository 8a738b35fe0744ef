/** How customers' data get into scammers' hands, and how they do not. */
import type { HypothesisKind } from "../../src/trace/model.ts";
import type { Company } from "./company.ts";
import { STRATA } from "./customers.ts";
import type { Draws } from "./draws.ts";
import { type Loot, lootOf, only, together } from "./loot.ts";
import { type Call, callsFrom, calledAt, type ReportingOptions } from "./scammers.ts";
import type { Seen } from "./seen.ts";

export interface Scene {
  readonly company: Company;
  readonly seen: Seen;
  readonly draws: Draws;
  readonly reporting: ReportingOptions;
  /** In all. */
  readonly reports: number;
  /** Of those, how many come of the leak, if there is one and enough was copied. */
  readonly leaked: number;
}

export interface Plan {
  /** The explanation that is true. */
  readonly kind: HypothesisKind;
  /** Ids of those who leaked. */
  readonly staff: readonly string[];
  readonly team?: string;
  /** Who was to be blamed. */
  readonly beside?: string;
  /** Whose data somebody holds. */
  readonly stolen: readonly number[] | "everyone";
  readonly calls: readonly Call[];
}

type Scheme = (scene: Scene) => Plan;

/** Whoever is drawn as a thief was shown at least so many customers, where anybody was. */
const LOOT_MIN = 30;

const noLeak: Scheme = (scene) => ({
  kind: "nobody",
  staff: [],
  stolen: [],
  calls: background(scene, scene.reports, () => true),
});

const regionalCampaign: Scheme = (scene) => {
  const { country } = STRATA[scene.company.strataOf(scene.draws.below(scene.company.customers.count))]!;
  const calls = background(
    scene,
    scene.reports,
    (subject) => STRATA[scene.company.strataOf(subject)]!.country === country,
  );
  return { kind: "nobody", staff: [], stolen: [], calls };
};

const oneThief: Scheme = (scene) => {
  const thief = drawThief(scene);
  return { kind: "single", staff: [idOf(scene, thief)], ...sold(scene, copiedBy(scene, thief)) };
};

const twoThieves: Scheme = (scene) => {
  const one = drawThief(scene);
  const other = drawThief(scene, one);
  const ones = copiedBy(scene, one);
  const others = copiedBy(scene, other);
  const theirs = new Set(others.subjects);
  const both = new Set(ones.subjects.filter((subject) => theirs.has(subject)));
  const loot = only(together(ones, others), (subject) => !both.has(subject));
  return { kind: "pair", staff: [idOf(scene, one), idOf(scene, other)], ...sold(scene, loot) };
};

const queue: Scheme = (scene) => {
  const { company, seen, draws, reporting } = scene;
  const team = draws.below(company.roster.teams);
  const { first, count } = company.roster.agentsOf(team);
  const agents = Array.from({ length: count }, (_, index) => first + index);
  const loot = lootOf(seen, agents, reporting);
  return { kind: "team", staff: [], team: company.staff[first]!.team, ...sold(scene, loot) };
};

const dumpUniform: Scheme = (scene) =>
  dumped(scene, () => scene.draws.below(scene.company.customers.count - scene.company.options.decoys));

const dumpByTickets: Scheme = (scene) => dumped(scene, () => scene.company.customers.pickByActivity(scene.draws));

/** A copy of the whole database, made once; the scammers work through it as they like. */
function dumped(scene: Scene, pick: () => number): Plan {
  const { draws, reporting, leaked } = scene;
  const seenAt = Math.floor(draws.between(reporting.from, (reporting.from * 2 + reporting.to) / 3));
  const calls: Call[] = [];
  const called = new Set<number>();
  while (calls.length < leaked) {
    const subject = pick();
    const at = calledAt(seenAt, reporting, draws);
    if (at === undefined || called.has(subject)) continue;
    called.add(subject);
    calls.push({ subject, at, seenAt });
  }
  const rest = background(scene, scene.reports - calls.length, (subject) => !called.has(subject));
  return { kind: "dump", staff: [], stolen: "everyone", calls: [...calls, ...rest] };
}

/** Calls from a loot, and of others as many as there have to be. */
function sold(scene: Scene, loot: Loot): Pick<Plan, "stolen" | "calls"> {
  const calls = callsFrom(loot, scene.leaked, scene.reporting, scene.draws);
  const called = new Set(calls.map(({ subject }) => subject));
  const rest = background(scene, scene.reports - calls.length, (subject) => !called.has(subject));
  return { stolen: loot.subjects, calls: [...calls, ...rest] };
}

/** Calls that come without a leak, more to those who make contact more; each customer is called once. */
function background(scene: Scene, count: number, eligible: (subject: number) => boolean): Call[] {
  const { company, draws, reporting } = scene;
  const subjects = new Set<number>();
  // A small company may not have so many that are eligible.
  for (let tries = 0; subjects.size < count && tries < count * 1_000; tries++) {
    const subject = company.customers.pickForScam(draws);
    if (eligible(subject)) subjects.add(subject);
  }
  return Array.from(subjects, (subject) => ({ subject, at: Math.floor(draws.between(reporting.from, reporting.to)) }));
}

function drawThief({ company, seen, draws }: Scene, not?: number): number {
  let thief = draws.below(company.roster.agents);
  for (let tries = 0; tries < 1_000; tries++) {
    if (thief !== not && seen.subjectsOf(thief).size >= LOOT_MIN) break;
    thief = draws.below(company.roster.agents);
  }
  return thief;
}

function copiedBy({ seen, reporting }: Scene, thief: number): Loot {
  return lootOf(seen, [thief], reporting);
}

function idOf({ company }: Scene, staff: number): string {
  return company.staff[staff]!.id;
}

export const SCHEMES = {
  "no-leak": noLeak,
  "regional-campaign": regionalCampaign,
  "one-thief": oneThief,
  "two-thieves": twoThieves,
  queue,
  "dump-uniform": dumpUniform,
  "dump-by-tickets": dumpByTickets,
} as const satisfies Readonly<Record<string, Scheme>>;

export type SchemeName = keyof typeof SCHEMES;
