/**
 * A planner before the planner: knows the plans of texts that it has seen, and of texts that differ from those only in
 * literals that cannot change a plan.
 *
 * Two levels. Texts without such literals (drivers prepare the same text again and again) are found as they stand. Others
 * are found by shape, and their text is made by replaying the edits.
 */
import { WhosawError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { TextPlan } from "../plan.ts";
import type { PlanContext, Planner } from "../planner.ts";
import { tokenize, type Tokens } from "../tokens.ts";
import { LeastRecentlyUsed } from "./lru.ts";
import { replay, templateOf, type Template } from "./replay.ts";
import { shapeOf } from "./shape.ts";

interface Shaped {
  readonly plan: TextPlan;
  readonly template: Template;
}

/** Counts since the start, for metrics. */
export interface PlanCacheCounts {
  readonly exact: number;
  readonly shaped: number;
  readonly planned: number;
}

/** Refusals that quote the text, or that hold only for the moment, are made anew each time. */
function isLasting({ refusal, statements }: TextPlan): boolean {
  const passing = (error: WhosawError | undefined): boolean =>
    error?.code === "STATEMENT_UNREADABLE" || error?.code === "STATEMENT_TOO_LARGE" || error?.code === "INTERNAL";
  if (passing(refusal)) return false;
  return !statements.some(
    ({ treatment }) => (treatment.kind === "opaque" || treatment.kind === "refuse") && passing(treatment.reason),
  );
}

function tokensOf(text: string): Tokens | undefined {
  try {
    return tokenize(text);
  } catch (error) {
    if (error instanceof WhosawError) return undefined; // Too large: the planner says so itself.
    throw error;
  }
}

export class PlanCache implements Planner {
  readonly #planner: Planner;
  readonly #exact: LeastRecentlyUsed<TextPlan>;
  readonly #shapes: LeastRecentlyUsed<Shaped>;
  /** Everything besides the text that a plan depends on, to a short number that is never given twice. */
  readonly #contexts: LeastRecentlyUsed<string>;
  /** Sessions keep their context as long as nothing changes: then its number needs no look-up by content. */
  readonly #byIdentity = new WeakMap<PlanContext, Readonly<Record<"simple" | "extended", string>>>();
  #contextsMade = 0;
  #counts = { exact: 0, shaped: 0, planned: 0 };

  constructor(planner: Planner, plansMax: number = LIMITS.plansCachedMax) {
    this.#planner = planner;
    this.#exact = new LeastRecentlyUsed(plansMax, LIMITS.planCacheCharsMax);
    this.#shapes = new LeastRecentlyUsed(plansMax, LIMITS.planCacheCharsMax);
    this.#contexts = new LeastRecentlyUsed(plansMax, LIMITS.planCacheCharsMax);
  }

  get counts(): PlanCacheCounts {
    return this.#counts;
  }

  /** As the planner's own: the same plan that it would make. Never throws for any text. */
  plan(text: string, context: PlanContext, protocol: "simple" | "extended"): TextPlan {
    if (text.length > LIMITS.planCachedTextCharsMax) return this.#plan(text, context, protocol);
    const prefix = this.#contextNumber(context, protocol);
    const known = this.#exact.get(prefix + text);
    if (known !== undefined) {
      this.#counts.exact++;
      return known;
    }
    const tokens = text.includes("\0") ? undefined : tokensOf(text);
    if (tokens === undefined) return this.#plan(text, context, protocol);
    const shape = shapeOf(tokens);
    // Without literals left out, two texts of one shape differ in comments and blanks only: not worth a second look-up.
    const key = shape === undefined || !shape.masked.includes(1) ? undefined : prefix + shape.key;
    const shaped = key === undefined ? undefined : this.#shapes.get(key);
    if (shaped !== undefined) {
      this.#counts.shaped++;
      return replay(shaped.plan, shaped.template, tokens);
    }
    const plan = this.#plan(text, context, protocol);
    if (!isLasting(plan)) return plan;
    const template =
      key === undefined || plan.edits === undefined ? undefined : templateOf(plan.edits, tokens, shape!.masked);
    if (key === undefined || template === undefined) this.#exact.set(prefix + text, plan);
    else this.#shapes.set(key, { plan, template });
    return plan;
  }

  #plan(text: string, context: PlanContext, protocol: "simple" | "extended"): TextPlan {
    this.#counts.planned++;
    return this.#planner.plan(text, context, protocol);
  }

  #contextNumber(context: PlanContext, protocol: "simple" | "extended"): string {
    const known = this.#byIdentity.get(context);
    if (known !== undefined) return known[protocol];
    const numbers = { simple: this.#numberOf(context, "simple"), extended: this.#numberOf(context, "extended") };
    this.#byIdentity.set(context, numbers);
    return numbers[protocol];
  }

  #numberOf(context: PlanContext, protocol: string): string {
    const { catalog, searchPath, role, mode, migrate, tempTables } = context;
    const temp = tempTables.size === 0 ? "" : [...tempTables].sort().join("\0");
    const key = `${catalog.digest}\0${role}\0${mode}\0${migrate}\0${protocol}\0${searchPath.join("\0")}\0\0${temp}`;
    let number = this.#contexts.get(key);
    if (number === undefined) this.#contexts.set(key, (number = `${++this.#contextsMade}\0`));
    return number;
  }
}

/** A planner that remembers. @param planner makes the plans that are not known yet */
export function createPlanCache(planner: Planner): PlanCache {
  return new PlanCache(planner);
}
