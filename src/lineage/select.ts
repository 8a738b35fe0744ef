/** SELECT as a statement. */
import type { SelectStmt } from "libpg-query";
import { accountingOf, checkProtected, passes, qualifyNames, type Planned } from "./accounting.ts";
import type { CopyFormat } from "./plan.ts";
import { QueryPlanner } from "./query.ts";
import { Flow } from "./reader.ts";
import { refuse } from "./refusal.ts";
import type { StatementContext } from "./statement.ts";
import { survey, type Survey } from "./survey.ts";

/** Plans a SELECT. @param copy set when it stands inside COPY (...) TO STDOUT */
export function planSelect(statement: StatementContext, select: SelectStmt, copy?: CopyFormat): Planned {
  const found = survey(statement, { SelectStmt: select });
  if (found.into) {
    if (found.protected) refuseLaundering();
    return planInto(statement, found);
  }
  if (!found.protected) return passes(statement, found);
  checkProtected(found);
  const planner = new QueryPlanner(statement, found);
  planner.top = select;
  if (!statement.binary && copy?.format !== "binary") planner.outermost = select;
  const rows = planner.query(select, undefined, new Flow());
  if (rows.open) refuse("* stands for columns that the gateway does not know", "name the columns");
  planner.show(rows.columns);
  qualifyNames(statement, found, true);
  const accounting = accountingOf(planner, rows.keys, { columns: rows.columns.length, hideRows: false, copy });
  return { treatment: { kind: "account", accounting }, effects: [] };
}

/** @throws WhosawError REFUSED: whoever reads the copy would see protected values in a table that is not protected */
export function refuseLaundering(): never {
  return refuse(
    "values of protected tables would be stored where nobody accounts for reading them",
    "SELECT the rows, and write them with INSERT ... VALUES where they belong",
  );
}

/** SELECT ... INTO: creates a table. */
function planInto(statement: StatementContext, found: Survey): Planned {
  const into = found.into;
  if (!into) return passes(statement, found);
  const effect = createsTable(statement, into);
  const planned = passes(statement, found);
  return { treatment: planned.treatment, effects: [...planned.effects, effect] };
}

/** A new table by CREATE TABLE, SELECT INTO or CREATE TABLE AS: temporary ones are everybody's, others need `migrate`. */
export function createsTable(
  statement: StatementContext,
  range: { relname?: string; schemaname?: string; relpersistence?: string },
): { kind: "create-temp"; name: string } | { kind: "ddl" } {
  const name = range.relname ?? "";
  if (range.relpersistence !== "t" && range.schemaname !== "pg_temp") {
    if (!statement.context.migrate)
      refuse("this account may not change the schema", "CREATE TEMP TABLE, or ask for an account with migrate: true");
    return { kind: "ddl" };
  }
  const { catalog } = statement.context;
  const taken = catalog.named(name).some((relation) => {
    const { kind } = catalog.standing(relation);
    return kind === "protected" || kind === "unclassified";
  });
  if (taken) refuse(`a temporary table named ${name} would hide a table of that name`, "choose another name");
  return { kind: "create-temp", name };
}
