/** What came of one case: what was said after each report, held against the truth. */
import { hashOf } from "../../sim/company/draws.ts";
import type { Truth } from "../../sim/company/theft.ts";
import type { HypothesisKind, Step, TraceInput, TraceResult, Verdict } from "../../src/trace/model.ts";
import { DAY_MS } from "../../src/base/clock.ts";
import { MEMORY_DAYS } from "../../src/trace/strata.ts";
import {
  type Accuser,
  type Baseline,
  count,
  firstTwo,
  guiltScore,
  mixture,
  type Reported,
  significantCount,
} from "./baselines.ts";

export const BASELINES = { count, "guilt score": guiltScore, "EM mixture": mixture } as const satisfies Readonly<
  Record<string, Baseline>
>;

/** What somebody might be accused by who has no better. */
export const ACCUSERS = {
  "a count that is significant": significantCount,
} as const satisfies Readonly<Record<string, Accuser>>;

export type Method = "trace" | keyof typeof BASELINES;

export const METHODS: readonly Method[] = ["trace", "count", "guilt score", "EM mixture"];

/** Enough to live through it again. */
export interface CaseName {
  readonly world: string;
  readonly heldOut: boolean;
  readonly seed: number;
  readonly number: number;
}

export type Spoken = Exclude<Verdict, "none">;

/** Somebody who leaked nothing, and after how many reports it was said first. */
export interface Accused {
  readonly staff: string;
  readonly after: number;
}

export interface Outcome extends CaseName {
  readonly kind: HypothesisKind;
  readonly guilty: readonly string[];
  /** Reports that count. */
  readonly reports: number;
  /** After each report: whether the first is who leaked, or the first two are. Empty if nobody of the staff leaked. */
  readonly right: Readonly<Record<Method, readonly boolean[]>>;
  /** After how many reports all who leaked are evidence-grade; undefined: never. */
  readonly evidence?: number;
  /** The same, with `lead-pair` as good as evidence. */
  readonly spoken?: number;
  readonly innocents: Readonly<Partial<Record<Spoken, Accused>>>;
  /** After how many reports another method accused somebody who leaked nothing; undefined: never. */
  readonly accusedBy: Readonly<Partial<Record<keyof typeof ACCUSERS, number>>>;
  /** After each report: the posterior of the first, and whether that one leaked. */
  readonly stated: readonly { readonly top: number; readonly right: boolean }[];
  /** Posterior of the true explanation after the last report. */
  readonly truly: number;
  /** The group whose joint innocence is refuted at the end, and whether somebody of it leaked. */
  readonly group?: { readonly size: number; readonly holds: boolean };
}

/** In the order in which worlds first come. */
export function byWorld(outcomes: readonly Outcome[]): ReadonlyMap<string, readonly Outcome[]> {
  const worlds = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const there = worlds.get(outcome.world);
    if (there === undefined) worlds.set(outcome.world, [outcome]);
    else there.push(outcome);
  }
  return worlds;
}

export function outcomeOf(
  name: CaseName,
  parts: {
    readonly input: TraceInput;
    readonly result: TraceResult;
    readonly truth: Truth;
    readonly customersOf: Reported["customersOf"];
    readonly customers: number;
  },
): Outcome {
  const { input, result, truth, customersOf, customers } = parts;
  const { staff: guilty, kind } = truth;
  const steps = result.steps.filter(({ weighed }) => weighed === "counted");
  const spoken = (all: readonly Verdict[]): number | undefined => firstWithAll(steps, guilty, all);
  const [evidence, either] = [spoken(["evidence"]), spoken(["evidence", "lead-pair"])];
  const group = result.ambiguityGroup;
  const reported = { customersOf, customers, staff: input.staff.length, seenBy: seenByOf(steps, input) };
  const indices = new Set(input.staff.flatMap(({ id }, index) => (guilty.includes(id) ? [index] : [])));
  return {
    ...name,
    kind,
    guilty,
    reports: steps.length,
    right: rightOf(name, steps, { ...parts, reported }),
    ...(evidence !== undefined && { evidence }),
    ...(either !== undefined && { spoken: either }),
    innocents: innocentsOf(steps, guilty),
    accusedBy: accusedBy(reported, indices),
    stated: steps.map(({ top: [first] }) => ({
      top: first?.posterior ?? 0,
      right: first !== undefined && guilty.includes(first.staff),
    })),
    truly: result.hypotheses.reduce((sum, each) => (isTrue(each, truth) ? sum + each.posterior : sum), 0),
    ...(group !== undefined && { group: { size: group.length, holds: group.some((id) => guilty.includes(id)) } }),
  };
}

function firstWithAll(
  steps: readonly Step[],
  guilty: readonly string[],
  verdicts: readonly Verdict[],
): number | undefined {
  if (guilty.length === 0) return undefined;
  const at = steps.findIndex(({ top }) =>
    guilty.every((id) => top.some(({ staff, verdict }) => staff === id && verdicts.includes(verdict))),
  );
  return at < 0 ? undefined : at + 1;
}

function innocentsOf(steps: readonly Step[], guilty: readonly string[]): Outcome["innocents"] {
  const accused: Partial<Record<Spoken, Accused>> = {};
  for (const [at, { top }] of steps.entries()) {
    for (const { staff, verdict } of top) {
      if (verdict !== "none" && !guilty.includes(staff)) accused[verdict] ??= { staff, after: at + 1 };
    }
  }
  return accused;
}

export function accusedBy(reported: Reported, guilty: ReadonlySet<number>): Outcome["accusedBy"] {
  const accused: Partial<Record<keyof typeof ACCUSERS, number>> = {};
  for (const name of Object.keys(ACCUSERS) as (keyof typeof ACCUSERS)[]) {
    let reports = 0;
    for (const staff of ACCUSERS[name](reported)) {
      reports++;
      if (staff.every((each) => guilty.has(each))) continue;
      accused[name] = reports;
      break;
    }
  }
  return accused;
}

function isTrue({ kind, staff, team, beside }: TraceResult["hypotheses"][number], truth: Truth): boolean {
  // A copy of everything and no leak at all are both nobody's doing of the staff.
  if (truth.kind === "nobody" || truth.kind === "dump") return ["nobody", "dump", "everyone"].includes(kind);
  return (
    kind === truth.kind &&
    team === truth.team &&
    (kind !== "restricted" || beside === truth.beside) &&
    staff.length === truth.staff.length &&
    staff.every((id) => truth.staff.includes(id))
  );
}

function rightOf(
  { seed, number }: CaseName,
  steps: readonly Step[],
  { input, truth, reported }: { readonly input: TraceInput; readonly truth: Truth; readonly reported: Reported },
): Outcome["right"] {
  const { staff: guilty } = truth;
  if (guilty.length === 0) return { trace: [], count: [], "guilt score": [], "EM mixture": [] };
  const isRight = (ids: readonly string[]): boolean => guilty.every((id) => ids.slice(0, guilty.length).includes(id));
  const order = (staff: number): number => hashOf(seed, number, staff);
  const rightBy = (baseline: Baseline): boolean[] =>
    Array.from(baseline(reported), (scores) =>
      isRight(firstTwo(scores, order).map((staff) => input.staff[staff]?.id ?? "")),
    );
  return {
    trace: steps.map(({ top }) => isRight(top.map(({ staff }) => staff))),
    count: rightBy(BASELINES.count),
    "guilt score": rightBy(BASELINES["guilt score"]),
    "EM mixture": rightBy(BASELINES["EM mixture"]),
  };
}

/** Whom trace would weigh: shown the customer before the contact, and not longer ago than its memory. */
export function seenByOf(
  steps: readonly Step[],
  { reports, viewsOfReported }: Pick<TraceInput, "reports" | "viewsOfReported">,
): readonly (readonly number[])[] {
  const rows = new Map<number, number[]>();
  for (const [row, subject] of viewsOfReported.subject.entries()) {
    const there = rows.get(subject);
    if (there === undefined) rows.set(subject, [row]);
    else there.push(row);
  }
  return steps.map(({ report }) => {
    const { subject = -1, to = 0 } = reports[report] ?? {};
    const from = to - MEMORY_DAYS * DAY_MS;
    const staff = new Set<number>();
    for (const row of rows.get(subject) ?? []) {
      const at = viewsOfReported.at[row] ?? 0;
      if (at >= from && at <= to) staff.add(viewsOfReported.staff[row] ?? 0);
    }
    return [...staff];
  });
}
