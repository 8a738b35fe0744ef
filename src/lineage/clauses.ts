/** Small questions about the clauses of a SELECT. */
import type { Node, SelectStmt } from "libpg-query";
import type { Flow } from "./reader.ts";
import { refuse } from "./refusal.ts";

/** The branches of a UNION ALL; any other set operation over protected tables is refused. */
export function unionBranches(select: SelectStmt, top: boolean): SelectStmt[] {
  if (select.op === undefined || select.op === "SETOP_NONE") return [select];
  if (select.op !== "SETOP_UNION" || select.all !== true)
    refuse(
      "UNION, INTERSECT and EXCEPT merge or drop protected rows",
      "use UNION ALL, with the key among the columns where rows must differ",
    );
  if (
    !top &&
    (select.sortClause || select.limitCount || select.limitOffset || select.withClause || select.lockingClause)
  )
    refuse("a UNION ALL inside a UNION ALL has clauses of its own", "write it as a subquery in FROM");
  return [
    ...(select.larg ? unionBranches(select.larg, false) : []),
    ...(select.rarg ? unionBranches(select.rarg, false) : []),
  ];
}

/** The rows are groups: each carries the keys of all rows behind it. */
export function groups(select: SelectStmt, flow: Flow): boolean {
  if (select.windowClause || flow.window)
    refuse(
      "a window function over protected rows",
      "select the rows without it, ordered, and number them in the application",
    );
  if (select.havingClause)
    refuse(
      "HAVING drops groups of protected rows",
      "select the groups with their aggregates, and leave some out in the application",
    );
  const grouped = flow.aggregate || select.groupClause !== undefined;
  if (grouped && select.distinctClause) refuse("DISTINCT merges groups of protected rows", "drop DISTINCT");
  return grouped;
}

/** LIMIT NULL. */
export function isNull(node: Node): boolean {
  return "A_Const" in node && node.A_Const.isnull === true;
}
/** OFFSET 0 or NULL. */
export function isNothing(node: Node): boolean {
  return isNull(node) || ("A_Const" in node && node.A_Const.ival !== undefined && (node.A_Const.ival.ival ?? 0) === 0);
}
