/** A set of subjects against everything that anybody was shown: from columns to suspects. */
import { LIMITS } from "../../base/limits.ts";
import type { Columns } from "../../columns/columns.ts";
import { number64 } from "../../columns/numbers.ts";
import {
  type ActorGroup,
  type Coverage,
  coverage,
  type Covered,
  type CoveringStatement,
  coveringStatements,
  exposures,
  overlaps,
  shownInAll,
  shownWhen,
  type SubjectSet,
} from "../../columns/queries/coverage.ts";
import { Names } from "../../columns/queries/names.ts";
import type { Window } from "../../columns/queries/sightings.ts";
import { type CopyHypothesis, type CopySuspect, type CopyVerdict, weighCopy, type WeighedActor } from "./weigh.ts";

export interface CompareOptions {
  /** What is weighed of the copy: all of it, or what lies in ranges. */
  readonly weighed: SubjectSet;
  /** Distinct subjects of the kind in the database, as far as `weighed` reaches. */
  readonly subjects: number;
  /** By actor id; those without a team are in none. */
  readonly teamOf: ReadonlyMap<string, string>;
  /** How many actors there are at least. */
  readonly actorsInAll: number;
}

export type CopyStatement = Omit<CoveringStatement, "actor">;

export interface CopyCandidate extends CopySuspect {
  readonly verdict: CopyVerdict;
  /** Of the copy's subjects; told for the first few, else of those weighed, in proportion. */
  readonly covered: number;
  /** Distinct subjects shown in all, before the copy was made; undefined where nobody counted. */
  readonly shown: number | undefined;
  /** UTC epoch milliseconds: first of the copy's subjects shown; 95 % of them. */
  readonly firstMs: number | undefined;
  readonly mostMs: number | undefined;
  /** Best first. */
  readonly statements: readonly CopyStatement[];
}

export interface Comparison {
  /** Distinct subjects compared, and those of them that are weighed. */
  readonly compared: number;
  readonly weighed: number;
  /** Share of those weighed that was shown to anybody. */
  readonly shownToAnybody: number;
  readonly hypotheses: readonly CopyHypothesis[];
  /** Best first. */
  readonly candidates: readonly CopyCandidate[];
  /** Actors who were shown any of those weighed. */
  readonly actors: number;
}

/** Whoever was shown less of the copy is not weighed. */
const WEIGHED_SHARE_MIN = 0.1;
const WEIGHED_ACTORS_MAX = 40;
const WEIGHED_TEAMS_MAX = 8;
/** Pairs, and single statements, are of the first few. */
const PAIRED_ACTORS_MAX = 12;
/** Told in detail. */
const DETAILED_ACTORS_MAX = 3;
const STATEMENTS_MAX = 3;
const MOST_SHARE = 0.95;
const POSTERIOR_TOLD_MIN = 1e-6;
/** Exposure is counted among about so many subjects, or among all. */
const EXPOSURE_SUBJECTS = 500_000;

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
  const { weighed } = options;
  const weighing = new Weighing(columns, weighed, window);
  const groups = groupsOf(options.teamOf);
  const covered = await coverage(columns, weighed, groups, window);
  const actors = await weighing.actors(covered);
  const { hypotheses, suspects } = weighCopy({
    copy: weighed.keys.length,
    all: options.subjects,
    actorsInAll: Math.max(options.actorsInAll, covered.byActor.size),
    ...(await weighing.outsiders(covered, options.subjects)),
    teams: await weighing.teams(groups, covered.byGroup),
    actors,
    pairs: await weighing.pairs(actors),
  });
  return {
    compared: set.keys.length,
    weighed: weighed.keys.length,
    shownToAnybody: sum(covered.byExposure.map(({ covered: n }) => n)) / Math.max(1, weighed.keys.length),
    hypotheses: hypotheses.filter(({ posterior }) => posterior >= POSTERIOR_TOLD_MIN),
    candidates: await detailed({ columns, set, window, weighed, actors }, suspects),
    actors: covered.byActor.size,
  };
}

/** Counts for the explanations, of what is weighed. */
class Weighing {
  readonly #columns: Columns;
  readonly #set: SubjectSet;
  readonly #window: Window;
  readonly #names: Names;

  constructor(columns: Columns, set: SubjectSet, window: Window) {
    this.#columns = columns;
    this.#set = set;
    this.#window = window;
    this.#names = new Names(columns);
  }

  get #whole(): boolean {
    return this.#set.ranges.length === 0;
  }

  async actors({ byActor }: Coverage): Promise<WeighedActor[]> {
    const least = this.#set.keys.length * WEIGHED_SHARE_MIN;
    const ranked = [...byActor]
      .filter(([, { covered }]) => covered >= least && covered > 0)
      .sort(([a, { covered: n }], [b, { covered: m }]) => m - n || (a < b ? -1 : 1))
      .slice(0, WEIGHED_ACTORS_MAX);
    const nameOf = await this.#names.of(
      "actors",
      ranked.map(([actor]) => actor),
    );
    const first = ranked.slice(0, PAIRED_ACTORS_MAX).map(([actor]) => BigInt(actor));
    const statements = await coveringStatements(
      this.#columns,
      this.#names,
      this.#set,
      { actors: first, most: STATEMENTS_MAX },
      this.#window,
    );
    const actors: WeighedActor[] = [];
    for (const [number, of] of ranked) {
      const subjects = this.#whole
        ? await shownInAll(this.#columns, this.#set, [BigInt(number)], this.#window)
        : of.subjects;
      const best = statements.filter(({ actor }) => actor === number);
      actors.push({ actor: nameOf(number), number: BigInt(number), covered: of.covered, subjects, best });
    }
    return actors;
  }

  /** Everybody, by how often they were shown; and all that anybody was shown. */
  async outsiders({ byExposure }: Coverage, all: number): Promise<{ cells: Covered[]; everyone: Covered }> {
    const totals = this.#whole
      ? await exposures(this.#columns, this.#set, sampleOf(all), this.#window)
      : byExposure.map(({ subjects }) => subjects);
    const shown = sum(byExposure.map(({ covered }) => covered));
    const unseen = { covered: this.#set.keys.length - shown, subjects: all - sum(totals) };
    const cells = [unseen, ...byExposure.map(({ covered }, bin) => ({ covered, subjects: totals[bin] ?? 0 }))];
    return {
      cells: cells.map(({ covered, subjects }) => ({ covered, subjects: Math.max(covered, subjects) })),
      everyone: { covered: shown, subjects: Math.max(shown, sum(totals)) },
    };
  }

  /** Those that were shown most of the copy. */
  async teams(groups: readonly ActorGroup[], of: readonly Covered[]): Promise<({ team: string } & Covered)[]> {
    const ranked = groups
      .map((group, i) => ({ group, ...(of[i] ?? { covered: 0, subjects: 0 }) }))
      .filter(({ covered }) => covered > 0 && covered >= this.#set.keys.length * WEIGHED_SHARE_MIN)
      .sort((a, b) => b.covered - a.covered)
      .slice(0, WEIGHED_TEAMS_MAX);
    const teams = [];
    for (const { group, covered, subjects } of ranked) {
      const inAll = this.#whole ? await shownInAll(this.#columns, this.#set, group.actors, this.#window) : subjects;
      teams.push({ team: group.name, covered, subjects: Math.max(covered, inAll) });
    }
    return teams;
  }

  async pairs(actors: readonly WeighedActor[]): Promise<({ actors: readonly [string, string] } & Covered)[]> {
    const some = actors.slice(0, PAIRED_ACTORS_MAX);
    if (some.length < 2) return [];
    const numbers = some.map(({ number }) => number);
    const seen = [...(await overlaps(this.#columns, this.#set, numbers, this.#window))];
    const pairs = [];
    for (const [i, a] of some.entries()) {
      for (const [j, b] of some.slice(0, i).entries()) {
        const both = (1n << BigInt(i)) | (1n << BigInt(j));
        const either = seen.flatMap(([mask, of]) => ((mask & both) === 0n ? [] : [of]));
        const covered = sum(either.map(({ covered: n }) => n));
        // Of a copy that is weighed whole, what else both were shown is not known: as if it were never the same.
        const inAll = this.#whole
          ? a.subjects + b.subjects - (a.covered + b.covered - covered)
          : sum(either.map(({ subjects }) => subjects));
        pairs.push({ actors: [b.actor, a.actor] as const, covered, subjects: inAll });
      }
    }
    return pairs;
  }
}

interface Detailing {
  readonly columns: Columns;
  readonly set: SubjectSet;
  readonly window: Window;
  readonly weighed: SubjectSet;
  readonly actors: readonly WeighedActor[];
}

/** Of the first few everything is counted over the whole copy. */
async function detailed(
  { columns, set, window, weighed, actors }: Detailing,
  suspects: readonly CopySuspect[],
): Promise<CopyCandidate[]> {
  const byName = new Map(actors.map((actor) => [actor.actor, actor]));
  const first = suspects.slice(0, DETAILED_ACTORS_MAX).flatMap(({ actor }) => byName.get(actor)?.number ?? []);
  const reached = Math.ceil(set.keys.length * MOST_SHARE);
  const when = await shownWhen(columns, set, first, reached, window);
  const statements = await coveringStatements(
    columns,
    new Names(columns),
    set,
    { actors: first, most: STATEMENTS_MAX },
    window,
  );
  const candidates: CopyCandidate[] = [];
  for (const suspect of suspects) {
    const of = byName.get(suspect.actor);
    if (of === undefined) continue;
    const told = when.get(String(of.number));
    const share = of.covered / Math.max(1, weighed.keys.length);
    candidates.push({
      ...suspect,
      covered: told?.covered ?? Math.round(share * set.keys.length),
      shown: told === undefined ? undefined : await shownInAll(columns, set, [of.number], window),
      firstMs: told?.firstMs,
      mostMs: told?.reachedMs,
      statements: statements
        .filter(({ actor }) => actor === String(of.number))
        .map(({ log, index, atMs, covered, subjects }) => ({ log, index, atMs, covered, subjects })),
    });
  }
  return candidates;
}

function groupsOf(teamOf: ReadonlyMap<string, string>): readonly ActorGroup[] {
  if (teamOf.size > LIMITS.foundTeamMembersMax) return [];
  const teams = new Map<string, bigint[]>();
  for (const [actor, team] of teamOf) teams.set(team, [...(teams.get(team) ?? []), number64(actor)]);
  return [...teams].map(([name, actors]) => ({ name, actors })).filter(({ actors }) => actors.length > 1);
}

function sampleOf(all: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, all) / EXPOSURE_SUBJECTS)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
