/** Who may have made a copy: a posterior over all explanations, outsiders included, and what stands against each person. */
import { type CopyCell, type CopySource, logFromAll, logFromCells, logFromSource, logSum } from "./likelihood.ts";

export type CopyExplanation = "database" | "cells" | "everyone" | "team" | "single" | "pair";

export interface WeighedActor extends CopySource {
  readonly actor: string;
  /** number64 of its id. */
  readonly number: bigint;
  /** The statements that cover most of the copy: each may be all that was taken. */
  readonly best: readonly CopySource[];
}

export interface CopyEvidence {
  /** Distinct subjects of the copy, and subjects there are. */
  readonly copy: number;
  readonly all: number;
  /** Actors there are: the prior is shared among all of them. */
  readonly actorsInAll: number;
  /** By how often they were shown; those shown to nobody too. */
  readonly cells: readonly CopyCell[];
  /** All that anybody was shown. */
  readonly everyone: CopySource;
  readonly teams: readonly (CopySource & { readonly team: string })[];
  /** Those who were shown a part worth weighing. */
  readonly actors: readonly WeighedActor[];
  readonly pairs: readonly (CopySource & { readonly actors: readonly [string, string] })[];
}

export interface CopyHypothesis {
  readonly kind: CopyExplanation;
  readonly actors: readonly string[];
  readonly team: string | undefined;
  readonly posterior: number;
}

export type CopyVerdict = "none" | "lead" | "evidence" | "lead-pair";

export interface CopySuspect {
  readonly actor: string;
  /** Over all explanations that hold this actor. */
  readonly posterior: number;
  /** How much better the copy is explained with this actor than by the best explanation without; natural logarithm. */
  readonly logEValue: number;
  readonly verdict: CopyVerdict;
}

export interface CopyWeights {
  /** Highest first. */
  readonly hypotheses: readonly CopyHypothesis[];
  readonly suspects: readonly CopySuspect[];
}

/** As the trace has them: an outsider, one person, a team, two people. */
const PRIOR = { outsider: 0.5, single: 0.35, team: 0.05, pair: 0.1 } as const;
/** Chance per copy that any innocent is ever called evidence-grade, while the truth is one of the explanations. */
const ALPHA = 0.01;
const LEAD_POSTERIOR = 0.99;
/** Of a copy that one person was shown less of, a part at least came from elsewhere: no evidence against one alone. */
const EVIDENCE_COVERED_MIN = 0.9;
/** Of what one person may have taken: all that was shown, or one statement of many. */
const WHOLE_SHARE = 0.5;

interface Explained {
  readonly kind: CopyExplanation;
  readonly actors: readonly string[];
  readonly team?: string;
  readonly logPrior: number;
  readonly logLikelihood: number;
}

/** Weighs explanations of a copy. Nothing in it is random. */
export function weighCopy(evidence: CopyEvidence): CopyWeights {
  const explained = explanations(evidence);
  const logs = explained.map(({ logPrior, logLikelihood }) => logPrior + logLikelihood);
  const total = logSum(logs);
  const hypotheses = explained
    .map(({ kind, actors, team }, i) => ({ kind, actors, team, posterior: Math.exp((logs[i] ?? -Infinity) - total) }))
    .sort((a, b) => b.posterior - a.posterior);
  const suspects = evidence.actors
    .map(({ actor, covered }) => suspectOf(actor, covered / evidence.copy, explained, hypotheses, evidence.actorsInAll))
    .sort((a, b) => b.posterior - a.posterior || b.logEValue - a.logEValue);
  return { hypotheses, suspects };
}

function explanations({ copy, all, actorsInAll, cells, everyone, teams, actors, pairs }: CopyEvidence): Explained[] {
  const share = (prior: number, among: number): number => Math.log(prior / Math.max(1, among));
  const outsider = share(PRIOR.outsider, 3);
  const number = Math.max(actorsInAll, actors.length);
  return [
    { kind: "database", actors: [], logPrior: outsider, logLikelihood: logFromAll(copy, all) },
    { kind: "cells", actors: [], logPrior: outsider, logLikelihood: logFromCells(cells) },
    { kind: "everyone", actors: [], logPrior: outsider, logLikelihood: logFromSource(everyone, copy, all) },
    ...teams.map(({ team, ...source }) => ({
      kind: "team" as const,
      actors: [],
      team,
      logPrior: share(PRIOR.team, teams.length),
      logLikelihood: logFromSource(source, copy, all),
    })),
    ...actors.map((of) => ({
      kind: "single" as const,
      actors: [of.actor],
      logPrior: share(PRIOR.single, number),
      logLikelihood: logFromActor(of, copy, all),
    })),
    ...pairs.map(({ actors: of, ...source }) => ({
      kind: "pair" as const,
      actors: of,
      logPrior: share(PRIOR.pair, (number * (number - 1)) / 2),
      logLikelihood: logFromSource(source, copy, all),
    })),
  ];
}

/** There are no more statements than subjects that they showed, but for those that showed the same again. */
function logFromActor({ best, ...source }: WeighedActor, copy: number, all: number): number {
  const whole = Math.log(WHOLE_SHARE) + logFromSource(source, copy, all);
  const each = Math.log((1 - WHOLE_SHARE) / Math.max(source.subjects, best.length, 1));
  return logSum([whole, ...best.map((statement) => each + logFromSource(statement, copy, all))]);
}

function suspectOf(
  actor: string,
  covered: number,
  explained: readonly Explained[],
  hypotheses: readonly CopyHypothesis[],
  actorsInAll: number,
): CopySuspect {
  const posterior = hypotheses.reduce((sum, of) => (of.actors.includes(actor) ? sum + of.posterior : sum), 0);
  // A pair is one of many: its best must be so much better.
  const discount = Math.log(Math.max(1, actorsInAll));
  const against = explained
    .filter(({ actors }) => !actors.includes(actor))
    .map(({ kind, logLikelihood }) => (kind === "pair" ? logLikelihood - discount : logLikelihood));
  const single =
    explained.find(({ kind, actors }) => kind === "single" && actors[0] === actor)?.logLikelihood ?? -Infinity;
  const pair = Math.max(
    ...explained
      .filter(({ kind, actors }) => kind === "pair" && actors.includes(actor))
      .map(({ logLikelihood }) => logLikelihood - 2 * discount),
    -Infinity,
  );
  const best = Math.max(...against);
  const logEValue = Math.max(single, pair) - best;
  const grade = Math.log(Math.max(1, actorsInAll) / ALPHA);
  const lead = posterior >= LEAD_POSTERIOR;
  return { actor, posterior, logEValue, verdict: verdictOf(lead, logEValue >= grade, single >= pair, covered) };
}

function verdictOf(lead: boolean, refuted: boolean, alone: boolean, covered: number): CopyVerdict {
  if (!lead) return "none";
  if (!alone) return "lead-pair";
  return refuted && covered >= EVIDENCE_COVERED_MIN ? "evidence" : "lead";
}
