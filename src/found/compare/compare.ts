/** A set of subjects against everything that anybody was shown: from columns to suspects. */
import type { Columns } from "../../columns/columns.ts";
import { LIMITS } from "../../base/limits.ts";
import { number64 } from "../../columns/numbers.ts";
import {
  type ActorGroup,
  coverage,
  type CoveringStatement,
  coveringStatements,
  exposures,
  overlaps,
  shownBy,
  shownInAll,
  type SubjectSet,
} from "../../columns/queries/coverage.ts";
import { Names } from "../../columns/queries/names.ts";
import type { Window } from "../../columns/queries/sightings.ts";
import type { CopyCell } from "./likelihood.ts";
import { type CopyHypothesis, type CopyVerdict, weighCopy, type WeighedActor } from "./weigh.ts";

export interface CompareOptions {
  /** Distinct subjects of the kind in the database; undefined if nobody knows. */
  readonly subjectsInAll: number;
  /** By actor id; those without a team are in none. */
  readonly teamOf: ReadonlyMap<string, string>;
  /** How many actors there are at least. */
  readonly actorsInAll: number;
}

export interface CopyCandidate {
  readonly actor: string;
  /** Of the subjects compared. */
  readonly covered: number;
  /** Distinct subjects shown in all, before the copy was made. */
  readonly shown: number;
  readonly posterior: number;
  readonly logEValue: number;
  readonly verdict: CopyVerdict;
  /** UTC epoch milliseconds: first of the copy's subjects shown; 95 % of them. */
  readonly firstMs: number | undefined;
  readonly mostMs: number | undefined;
  readonly statements: readonly CoveringStatement[];
}

export interface Comparison {
  /** Distinct subjects compared. */
  readonly compared: number;
  /** Of them, shown to anybody. */
  readonly shownToAnybody: number;
  readonly hypotheses: readonly CopyHypothesis[];
  /** Best first. */
  readonly candidates: readonly CopyCandidate[];
  /** Actors who were shown any of them. */
  readonly actors: number;
}

/** Whoever was shown less of the copy is not weighed. */
const WEIGHED_SHARE_MIN = 0.1;
const WEIGHED_ACTORS_MAX = 40;
const WEIGHED_TEAMS_MAX = 8;
/** Pairs are made of the first few. */
const PAIRED_ACTORS_MAX = 12;
/** Told in detail. */
const DETAILED_ACTORS_MAX = 5;
const STATEMENTS_MAX = 5;
const MOST_SHARE = 0.95;

/**
 * @param set distinct subjects of the copy
 * @param window until when the copy was made at the latest, and what of the logs columns may speak of
 * @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function compareCopy(
  columns: Columns,
  set: SubjectSet,
  window: Window,
  options: CompareOptions,
): Promise<Comparison> {
  const copy = set.keys.length;
  const groups = groupsOf(options.teamOf);
  const [covered, exposed] = await Promise.all([
    coverage(columns, set, groups, window),
    exposures(columns, set, sampleOf(options.subjectsInAll), window),
  ]);
  const ranked = [...covered.byActor].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const weighed = ranked.filter(([, n]) => n >= copy * WEIGHED_SHARE_MIN).slice(0, WEIGHED_ACTORS_MAX);
  const numbers = weighed.map(([actor]) => BigInt(actor));
  const names = new Names(columns);
  const nameOf = await names.of(
    "actors",
    weighed.map(([actor]) => actor),
  );
  const totals = new Map<bigint, { subjects: number; statements: number }>();
  const best = new Map<bigint, readonly CoveringStatement[]>();
  for (const [i, actor] of numbers.entries()) {
    totals.set(actor, await shownInAll(columns, set, [actor], window));
    if (i < PAIRED_ACTORS_MAX)
      best.set(actor, await coveringStatements(columns, names, set, { actor, most: STATEMENTS_MAX }, window));
  }
  const actors: WeighedActor[] = weighed.map(([actor, n]) => ({
    actor: nameOf(actor),
    covered: n,
    ...(totals.get(BigInt(actor)) ?? { subjects: n, statements: 1 }),
    best: best.get(BigInt(actor)) ?? [],
  }));
  const shownToAnybody = sum(covered.byExposure);
  const { hypotheses, suspects } = weighCopy({
    copy,
    all: options.subjectsInAll,
    actorsInAll: Math.max(options.actorsInAll, ranked.length),
    cells: cellsOf(copy, options.subjectsInAll, covered.byExposure, exposed),
    everyone: {
      covered: shownToAnybody,
      subjects: Math.max(shownToAnybody, sum(exposed)),
    },
    teams: await teamsOf(columns, set, groups, covered.byGroup, window),
    actors,
    pairs: await pairsOf(columns, set, actors.slice(0, PAIRED_ACTORS_MAX), numbers, window),
  });
  const numberOf = new Map(weighed.map(([actor]) => [nameOf(actor), BigInt(actor)]));
  const candidates: CopyCandidate[] = [];
  for (const suspect of suspects) {
    const actor = numberOf.get(suspect.actor);
    const of = actors.find(({ actor: name }) => name === suspect.actor);
    if (actor === undefined || of === undefined) continue;
    const subjects = Math.ceil(copy * MOST_SHARE);
    const detailed = candidates.length < DETAILED_ACTORS_MAX;
    const when = detailed ? await shownBy(columns, set, { actor, subjects }, window) : undefined;
    candidates.push({
      ...suspect,
      covered: of.covered,
      shown: of.subjects,
      firstMs: when?.firstMs,
      mostMs: when?.atMs,
      statements: detailed ? (best.get(actor) ?? []) : [],
    });
  }
  return {
    compared: copy,
    shownToAnybody,
    hypotheses: hypotheses.filter(({ posterior }) => posterior >= POSTERIOR_TOLD_MIN),
    candidates,
    actors: ranked.length,
  };
}

const POSTERIOR_TOLD_MIN = 1e-6;

/** Exposure is counted among about so many subjects, or among all. */
const EXPOSURE_SUBJECTS = 500_000;

function sampleOf(all: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(all / EXPOSURE_SUBJECTS)));
}

function groupsOf(teamOf: ReadonlyMap<string, string>): readonly ActorGroup[] {
  const teams = new Map<string, bigint[]>();
  for (const [actor, team] of teamOf) teams.set(team, [...(teams.get(team) ?? []), number64(actor)]);
  const groups = [...teams].map(([name, actors]) => ({ name, actors })).filter(({ actors }) => actors.length > 1);
  return teamOf.size > LIMITS.foundTeamMembersMax ? [] : groups;
}

/** Exposure bins, and those that nobody was shown. */
function cellsOf(copy: number, all: number, covered: readonly number[], exposed: readonly number[]): CopyCell[] {
  const unseen = { covered: copy - sum(covered), subjects: all - sum(exposed) };
  return [unseen, ...covered.map((n, bin) => ({ covered: n, subjects: exposed[bin] ?? 0 }))].map(
    ({ covered: n, subjects }) => ({
      covered: n,
      subjects: Math.max(n, subjects),
    }),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

/** Those teams that were shown most of the copy. */
async function teamsOf(
  columns: Columns,
  set: SubjectSet,
  groups: readonly ActorGroup[],
  covered: readonly number[],
  window: Window,
): Promise<{ team: string; covered: number; subjects: number }[]> {
  const ranked = groups
    .map((group, i) => ({ group, covered: covered[i] ?? 0 }))
    .filter(({ covered: n }) => n >= set.keys.length * WEIGHED_SHARE_MIN)
    .sort((a, b) => b.covered - a.covered)
    .slice(0, WEIGHED_TEAMS_MAX);
  const teams = [];
  for (const { group, covered: n } of ranked) {
    const { subjects } = await shownInAll(columns, set, group.actors, window);
    teams.push({ team: group.name, covered: n, subjects: Math.max(n, subjects) });
  }
  return teams;
}

/** Two together: what they were shown in all is counted as if they had nothing but the copy in common, which favours no pair. */
async function pairsOf(
  columns: Columns,
  set: SubjectSet,
  actors: readonly WeighedActor[],
  numbers: readonly bigint[],
  window: Window,
): Promise<{ actors: readonly [string, string]; covered: number; subjects: number }[]> {
  if (actors.length < 2) return [];
  const seen = await overlaps(columns, set, numbers.slice(0, actors.length), window);
  const pairs = [];
  for (const [i, a] of actors.entries()) {
    for (const [j, b] of actors.slice(0, i).entries()) {
      const both = (1n << BigInt(i)) | (1n << BigInt(j));
      const covered = sum([...seen].map(([mask, n]) => ((mask & both) === 0n ? 0 : n)));
      const common = a.covered + b.covered - covered;
      pairs.push({ actors: [b.actor, a.actor] as const, covered, subjects: a.subjects + b.subjects - common });
    }
  }
  return pairs;
}
