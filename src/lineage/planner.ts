/** The planner's entrance. */
import type { CatalogSnapshot } from "./catalog.ts";
import type { TextPlan } from "./plan.ts";

export type Mode = "observe" | "enforce";

/** Everything besides the text that a plan depends on; the cache is keyed by it. */
export interface PlanContext {
  readonly catalog: CatalogSnapshot;
  /** Schemas in the order in which the session searches them, pg_catalog first unless listed, without pg_temp. */
  readonly searchPath: readonly string[];
  /** The upstream role, for privileges. */
  readonly role: string;
  readonly mode: Mode;
  /** May run DDL, DO, GRANT. */
  readonly migrate: boolean;
  /** Temporary tables that this session created: they hold no protected values, since laundering writes are refused. */
  readonly tempTables: ReadonlySet<string>;
}

export interface Planner {
  /**
   * Plans a SQL text. Never throws for any text: what it cannot read is refused (in observe: opaque).
   * @param protocol a simple query may hold many statements; an extended Parse exactly one, with `$n` parameters
   */
  plan(text: string, context: PlanContext, protocol: "simple" | "extended"): TextPlan;
}
