/**
 * From reports of scam contacts to who leaked: explanations compete, outsiders included, and each step says what may be
 * said by then. docs/trace.md has the model, its assumptions and what it must not be used for.
 */
import { adviceOf } from "./advice.ts";
import { inputsHash } from "./inputs-hash.ts";
import { leakWindowOf } from "./leak-window.ts";
import type { Hypothesis, Step, Suspect, TraceInput, TraceOptions, TraceResult, Verdict } from "./model.ts";
import { notesOf } from "./notes.ts";
import type { OrderedReport } from "./order.ts";
import { poissonAtLeast } from "./poisson.ts";
import type { Sources } from "./sources.ts";
import { DAY_MS } from "../base/clock.ts";
import { ambiguityGroup, judge, type Judgement } from "./suspects.ts";
import { Weighing } from "./weighing.ts";

const STEP_SUSPECTS = 5;
const HYPOTHESES_MAX = 100;
const POSTERIOR_MIN = 1e-6;
/** A judgement after each of so many reports; of more, after every second, fourth and so on. */
const STEPS_MAX = 512;

/**
 * @throws WhosawError TRACE_INPUT when columns of a table differ in length, an index leads nowhere, or a number is none
 */
export function trace(input: TraceInput): TraceResult {
  const weighing = new Weighing(input);
  const { settings, sources, ordered, counted, explanations, reporting } = weighing;
  const judgeNow = (): Judgement =>
    judge(explanations.standing(), { sources, staff: input.staff, settings, reporting });
  const steps = new Steps(ordered);
  const every = Math.ceil(counted.length / STEPS_MAX);
  weighing.run((report, count) => {
    if (count % every === 0 && count < counted.length) steps.judged(report, judgeNow());
  });
  const standing = explanations.standing();
  const judgement = judge(standing, { sources, staff: input.staff, settings, reporting });
  steps.last(judgement);
  const group = ambiguityGroup(judgement, standing, sources, settings);
  return {
    hypotheses: hypothesesOf(judgement, input, sources),
    suspects: judgement.suspects.map(told),
    ambiguityGroup: group?.map((staff) => input.staff[staff]?.id ?? ""),
    anythingLeaked: anythingLeaked(counted, settings),
    leakWindow: leakWindowOf(judgement, explanations.draws, reporting, input),
    advice: adviceOf(judgement, explanations, input.staff, sources),
    steps: steps.all(),
    notes: notesOf(input, ordered, explanations.draws, sources),
    inputsHash: inputsHash(input, settings),
  };
}

/** Without its index. */
function told({ staff, posterior, logEValue, logPairEValue, verdict }: Suspect): Suspect {
  return { staff, posterior, logEValue, logPairEValue, verdict };
}

/** Reports that do not count, and those between two judgements, keep the one before. */
class Steps {
  readonly #ordered: readonly OrderedReport[];
  readonly #judged = new Map<number, Judgement>();
  #last: Judgement | undefined;

  constructor(ordered: readonly OrderedReport[]) {
    this.#ordered = ordered;
  }

  judged(report: number, judgement: Judgement): void {
    this.#judged.set(report, judgement);
  }

  last(judgement: Judgement): void {
    this.#last = judgement;
    const counted = this.#ordered.findLast(({ weighed }) => weighed === "counted");
    if (counted !== undefined) this.#judged.set(counted.index, judgement);
  }

  all(): readonly Step[] {
    let standing: Pick<Step, "top" | "nobody"> = { top: [], nobody: this.#last?.nobody ?? 1 };
    if (this.#judged.size > 0) standing = { top: [], nobody: 1 };
    return this.#ordered.map(({ index, weighed }) => {
      const judgement = this.#judged.get(index);
      if (judgement !== undefined) {
        const top = judgement.suspects.slice(0, STEP_SUSPECTS).map(told);
        standing = { top, nobody: judgement.nobody };
      }
      return { report: index, weighed, ...standing };
    });
  }
}

function hypothesesOf(
  { posterior, suspects }: Judgement,
  { staff }: TraceInput,
  sources: Sources,
): TraceResult["hypotheses"] {
  const bySuspect = new Map(suspects.map((suspect) => [suspect.index, suspect]));
  const merged = new Map<string, Hypothesis & { readonly eValue: number; readonly verdict: Verdict }>();
  for (const each of posterior.all(POSTERIOR_MIN)) {
    const { kind, staff: members, team, beside } = each;
    const [suspect] = members.flatMap((member) => bySuspect.get(member) ?? []);
    const key = `${kind} ${members.join(" ")} ${team ?? ""} ${beside ?? ""}`;
    const named = {
      kind,
      staff: members.map((member) => staff[member]?.id ?? ""),
      ...(team === undefined ? {} : { team: sources.teams[team] ?? "" }),
      ...(beside === undefined ? {} : { beside: staff[beside]?.id ?? "" }),
    };
    const more = posterior.chanceOf(each) + (merged.get(key)?.posterior ?? 0);
    const logEValue = kind === "pair" ? suspect?.logPairEValue : suspect?.logEValue;
    merged.set(key, { ...named, posterior: more, eValue: finiteExp(logEValue), verdict: suspect?.verdict ?? "none" });
  }
  return [...merged.values()]
    .filter(({ posterior: chance }) => chance >= POSTERIOR_MIN)
    .sort((a, b) => b.posterior - a.posterior)
    .slice(0, HYPOTHESES_MAX);
}

/** Of persons; 0 for explanations without one. */
function finiteExp(log: number | undefined): number {
  return log === undefined ? 0 : Math.min(Number.MAX_VALUE, Math.exp(log));
}

function anythingLeaked(
  counted: readonly OrderedReport[],
  { backgroundReportsPerDay }: TraceOptions,
): TraceResult["anythingLeaked"] {
  if (backgroundReportsPerDay === undefined) return undefined;
  if (counted.length === 0) return { p: 1 };
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { report } of counted) [first, last] = [Math.min(first, report.from), Math.max(last, report.to)];
  const days = Math.max(1, (last - first) / DAY_MS);
  return { p: poissonAtLeast(counted.length, backgroundReportsPerDay * days) };
}
