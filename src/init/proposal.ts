/** What init proposes for a database: a verdict for every table, with its reason. */
import type { KeyRule } from "../lineage/classification.ts";
import type { FieldClass } from "./evidence.ts";
import type { TableFacts } from "./database.ts";

export type Verdict = "protected" | "public" | "unsure";

export interface ProposedRule {
  /** Kind of subject. */
  readonly kind: string;
  readonly key: KeyRule;
  readonly nullable: boolean;
  readonly fields: Readonly<Record<string, FieldClass>>;
  readonly public: readonly string[];
}

export interface ProposedTable {
  readonly table: TableFacts;
  readonly verdict: Verdict;
  /** One line. */
  readonly why: string;
  /** How the table would be protected: in force if the verdict is `protected`, a suggestion if it is `unsure`. */
  readonly rule: ProposedRule | undefined;
  /** For `unsure`: what somebody who knows the table has to decide. */
  readonly decide: string | undefined;
}

export interface ProposedKind {
  readonly name: string;
  /** The table whose rows are the subjects, as whosaw.yaml names it. */
  readonly table: string;
  /** Stratum to column of that table. */
  readonly strata: Readonly<Record<string, string>>;
}

export interface Proposal {
  /** The most important first. */
  readonly kinds: readonly ProposedKind[];
  readonly tables: readonly ProposedTable[];
  /** Views without protected rows behind them. */
  readonly publicViews: readonly string[];
  /** Views that show protected or unsure tables: statements on them are refused, those on the tables are not. */
  readonly otherViews: readonly string[];
}

/** The key in a few words: `customer_id`, `ticket_id -> support.tickets.customer_id`, or the expression. */
export function keyText(key: KeyRule): string {
  if ("column" in key) return key.column;
  return "path" in key ? key.path.join(" -> ") : key.sql;
}
