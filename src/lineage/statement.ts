/** What planning one statement works with. */
import type { PlanContext } from "./planner.ts";
import type { Source } from "./source.ts";
import type { Splices } from "./splice.ts";

export interface StatementContext {
  readonly source: Source;
  readonly splices: Splices;
  readonly context: PlanContext;
  /** The session's temporary tables, and those that earlier statements of the same text create. */
  readonly temps: ReadonlySet<string>;
  /** Rows come in binary whatever the client asks for (a BINARY cursor): companions must be of type text. */
  readonly binary?: boolean;
  /** It stands in DECLARE: some of what a cursor may be depends on clauses of the query at its outermost level. */
  readonly declares?: boolean;
  /** The token after the statement's last. */
  readonly endToken: number;
  /** Tells that text of the client was put in a second time: the plan serves this very text only. */
  copied(): void;
  /** A name for a hidden column that occurs nowhere in the text. */
  freshName(): string;
}

/** Names `whosaw$1`, `whosaw$2`, ... with a prefix that the text does not contain. */
export function freshNames(text: string): () => string {
  const lower = text.toLowerCase();
  let prefix = "whosaw$";
  while (lower.includes(prefix)) prefix += "$";
  let count = 0;
  return () => prefix + String(++count);
}
