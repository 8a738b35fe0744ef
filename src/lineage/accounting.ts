/** From the lineage of a statement to its plan. */
import { WhosawError } from "../base/errors.ts";
import { missingSchemas } from "./names.ts";
import type { Accounting, Companion, SessionEffect, TableUse, Treatment } from "./plan.ts";
import type { QueryPlanner } from "./query.ts";
import { refuse } from "./refusal.ts";
import type { UseDraft } from "./scope.ts";
import type { StatementContext } from "./statement.ts";
import type { Survey } from "./survey.ts";

/** What is known about one statement after planning it. */
export interface Planned {
  readonly treatment: Treatment;
  readonly effects: readonly SessionEffect[];
}

export const PASS: Planned = { treatment: { kind: "pass" }, effects: [] };

/** Passes as it is, and changes something that later plans depend on. */
export function passWith(...effects: SessionEffect[]): Planned {
  return { treatment: { kind: "pass" }, effects };
}

/** Writes schemas before table names: all of them, or those whose name alone could come to mean a table that matters. */
export function qualifyNames(statement: StatementContext, survey: Survey, all: boolean): void {
  const { source, splices } = statement;
  for (const [token, schema] of missingSchemas(statement, survey, all)) splices.insert(source.start(token), schema);
}

/** A statement that touches no protected table. */
export function passes(statement: StatementContext, survey: Survey): Planned {
  qualifyNames(statement, survey, false);
  return passWith(
    ...(survey.setsSearchPath ? [{ kind: "search-path" } as const] : []),
    ...(survey.setsEncoding ? [{ kind: "encoding", value: undefined } as const] : []),
  );
}

/**
 * What no statement on protected tables may contain.
 * @param inserts it reads none of them and only inserts: then sequences may be used, whose state could otherwise carry values
 */
export function checkProtected(survey: Survey, inserts = false): void {
  const unknown = survey.unknown[0];
  if (unknown) {
    const name = unknown.schemaname === undefined ? "" : `${unknown.schemaname}.`;
    throw new WhosawError("UNDEFINED_TABLE", `relation "${name}${unknown.relname ?? ""}" does not exist`);
  }
  if (survey.calls.has("effect") || (survey.calls.has("sequence") && !inserts)) {
    refuse(
      "a function that leaves something behind (set_config, setval, nextval, pg_notify, advisory locks) stands beside protected tables",
      "call it in a statement of its own",
    );
  }
  if (survey.modifyingCte)
    refuse(
      "a WITH query changes data in a statement that reads protected tables",
      "run the INSERT, UPDATE or DELETE as a statement of its own",
    );
}

function tableUse(use: UseDraft): TableUse {
  return {
    table: use.table.table,
    subjectKind: use.table.subjectKind,
    keyType: use.table.keyType,
    shown: [...use.shown].sort(),
    predicate: [...use.predicate].filter((column) => !use.shown.has(column)).sort(),
  };
}

/** The accounting of a planned statement: its uses, and where each companion stands. */
export function accountingOf(
  planner: QueryPlanner,
  keys: readonly { readonly use: UseDraft; readonly array: boolean; readonly nullable: boolean }[],
  rest: Pick<Accounting, "columns" | "hideRows" | "copy">,
): Accounting {
  return {
    uses: planner.uses.map(tableUse),
    companions: keys.map((key): Companion => ({
      use: planner.uses.indexOf(key.use),
      array: key.array,
      nullable: key.nullable,
    })),
    scope: planner.scope,
    errorsFromData: planner.errorsFromData,
    ...rest,
  };
}
