/**
 * Subqueries in expressions: `EXISTS (SELECT ...)`, `x IN (SELECT ...)`, `(SELECT max(...) ...)`.
 *
 * The keys of the rows that such a subquery reads come as a scalar subselect of their own in the target list of the
 * query around it: its FROM and WHERE a second time, with the keys in place of its columns. Only where the outer row
 * shows because of rows that are there; where it shows because of rows that are missing (NOT IN) nothing could be listed.
 */
import type { FuncCall, Node, ResTarget, SelectStmt, SubLink } from "libpg-query";
import { FromReader, refuseCut, type From } from "./from.ts";
import { functionClass } from "./functions.ts";
import { strings } from "./nodes.ts";
import { skips } from "./offset.ts";
import type { QueryPlanner } from "./query.ts";
import { columnFields, findColumn, findEntry, Flow } from "./reader.ts";
import { refuse } from "./refusal.ts";
import { groupKey, qualified, type HiddenKey, type Scope } from "./scope.ts";
import { keywordBefore } from "./targets.ts";
import { keyword, type Tokens } from "./tokens.ts";

/** Functions that answer differently when asked twice: the copy would read other rows than the original. */
const UNSTEADY = /\b(random|random_normal|clock_timestamp|timeofday|gen_random_uuid|uuidv4|uuidv7|tablesample)\b/i;
const HINT = "join the table in FROM instead, for example JOIN support.tickets t ON t.customer_id = c.id";

/** Subqueries in the expressions of the SELECT that is being read. */
export interface Links {
  /** May read protected tables. */
  readonly admitted: ReadonlySet<SubLink>;
  readonly read: Set<SubLink>;
  readonly keys: HiddenKey[];
}
export const noLinks = (): Links => ({ admitted: new Set(), read: new Set(), keys: [] });

/** The subqueries of one SELECT that may read protected tables: all in its target list, and in WHERE those under AND and OR. */
export function admissible(select: SelectStmt): Set<SubLink> {
  const found = new Set<SubLink>();
  for (const node of select.targetList ?? []) if ("ResTarget" in node) collect(node.ResTarget.val, found);
  monotone(select.whereClause, found);
  return found;
}

function collect(value: unknown, found: Set<SubLink>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (key === "SubLink") found.add(child as SubLink);
    else if (key !== "SelectStmt") collect(child, found);
  }
}

/** A function that returns a set is called: it cannot stand in a condition, where the copy compares it. */
function makesRows(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, child]) => {
    if (key === "SelectStmt") return false;
    const name = key === "FuncCall" ? strings((child as FuncCall).funcname).at(-1) : undefined;
    return (name !== undefined && functionClass(name) === "set") || makesRows(child);
  });
}

function monotone(node: Node | undefined, found: Set<SubLink>): void {
  if (!node) return;
  if ("BoolExpr" in node && node.BoolExpr.boolop !== "NOT_EXPR")
    for (const argument of node.BoolExpr.args ?? []) monotone(argument, found);
  if (!("SubLink" in node)) return;
  const { subLinkType, operName } = node.SubLink;
  if (
    subLinkType === "EXISTS_SUBLINK" ||
    (subLinkType === "ANY_SUBLINK" && (operName === undefined || strings(operName).at(-1) === "="))
  )
    found.add(node.SubLink);
}

/** Reads an admissible subquery over protected tables; returns its keys as expressions over the outer query's row. */
export function sublinkKeys(
  planner: QueryPlanner,
  link: SubLink,
  select: SelectStmt,
  outer: Scope,
  flow: Flow,
): HiddenKey[] {
  checkShape(select);
  // The keys of IN are those of the rows that are equal, and not of those that were skipped before them.
  if (link.subLinkType === "ANY_SUBLINK" && skips(select))
    refuse("OFFSET in a subquery before which IN or ANY stands", HINT);
  const inner = new Flow();
  const from = new FromReader(planner, outer, inner).read(select.fromClause ?? []);
  const cut = from.scope.entries.find((entry) => entry.cuts);
  if (cut) refuseCut(cut);
  const targets = planner.targets(select.targetList ?? [], from, false);
  if (targets.flow.window) refuse("a window function over protected rows in a subquery", HINT);
  if (link.subLinkType === "ANY_SUBLINK" && makesRows(select.targetList)) {
    refuse(
      "a function that returns several rows before IN or ANY compares them",
      "put the function into FROM: SELECT x FROM t, unnest(t.list) x",
    );
  }
  // What is not among them is told as well.
  if (link.subLinkType === "ANY_SUBLINK") planner.tellsMore(true);
  if (select.whereClause) planner.condition(select.whereClause, from.scope, inner);
  planner.reader.read(select.sortClause, from.scope, inner);
  planner.predicate(inner);
  for (const entry of [...inner.entries, ...targets.flow.entries]) flow.entries.add(entry);
  if (link.subLinkType !== "EXISTS_SUBLINK")
    for (const column of targets.columns) for (const origin of column.origins) flow.origins.add(origin);
  const rows = rowsText(planner, link, select, from, outer);
  return from.scope.entries
    .flatMap((entry) => entry.keys)
    .map((key): HiddenKey => ({ ...groupKey(key), sql: `(select ${groupKey(key).sql} ${rows})`, absent: false }));
}

function checkShape(select: SelectStmt): void {
  const simple =
    (select.op === undefined || select.op === "SETOP_NONE") &&
    !select.withClause &&
    !select.valuesLists &&
    !select.lockingClause;
  if (
    !simple ||
    select.groupClause ||
    select.havingClause ||
    select.windowClause ||
    !plainLimit(select.limitCount) ||
    !plainLimit(select.limitOffset)
  )
    refuse("a subquery inside an expression reads protected tables in a way that the gateway cannot follow", HINT);
  for (const item of select.fromClause ?? [])
    if (!plainTables(item)) refuse("a subquery inside an expression reads more than tables and joins of them", HINT);
}

/** The keys are those of all rows that the limit chooses from: it must only not read anything itself. */
function plainLimit(limit: Node | undefined): boolean {
  return !limit || "A_Const" in limit || "ParamRef" in limit;
}

function plainTables(item: Node): boolean {
  if ("RangeVar" in item) return true;
  return (
    "JoinExpr" in item &&
    item.JoinExpr.larg !== undefined &&
    item.JoinExpr.rarg !== undefined &&
    plainTables(item.JoinExpr.larg) &&
    plainTables(item.JoinExpr.rarg)
  );
}

/** The subquery's FROM and WHERE as text, schemas written out; for IN with its comparison as a further condition. */
function rowsText(planner: QueryPlanner, link: SubLink, select: SelectStmt, from: From, outer: Scope): string {
  const { source } = planner.statement;
  const first = select.targetList?.[0];
  const target = first && "ResTarget" in first && (first.ResTarget.location ?? 0) >= 0 ? first.ResTarget : undefined;
  if (first && !target) refuse("TABLE stands inside an expression", "write SELECT ... FROM");
  const fromToken = target
    ? source.afterTargets(source.tokenAt(target.location))
    : keywordBefore(planner.statement, select, "from");
  if (keyword(source.tokens, fromToken) !== "from")
    refuse("a subquery inside an expression reads a protected table", HINT);
  const whereToken = source.afterFrom(fromToken);
  const conditions = [];
  if (select.whereClause) conditions.push(`(${copy(planner, whereToken + 1, source.afterWhere(whereToken + 1))})`);
  if (link.subLinkType === "ANY_SUBLINK" && target) {
    const start = source.tokenAt(target.location);
    conditions.push(
      `(${copy(planner, start, targetEnd(source.tokens, target, fromToken))}) = ${leftSide(link, from, outer)}`,
    );
  }
  const where = conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
  return copy(planner, fromToken, whereToken) + where;
}

/** The end of a target expression before its alias, if it has one. */
function targetEnd(tokens: Tokens, target: ResTarget, end: number): number {
  if (target.name === undefined) return end;
  return keyword(tokens, end - 2) === "as" ? end - 2 : end - 1;
}

/** The column on the left of IN, named so that the subquery's own tables cannot capture it. */
function leftSide(link: SubLink, from: From, outer: Scope): string {
  const fields = columnFields(link.testexpr);
  const name = fields?.at(-1);
  if (!fields || name === undefined || name === "*")
    refuse("IN (SELECT ...) over a protected table compares more than a column", HINT);
  const found =
    fields.length > 1
      ? [findEntry(outer, fields.at(-2) ?? "", fields.at(-3))]
      : findColumn(outer, name).map((of) => of.entry);
  const entry = found.length === 1 ? found[0] : undefined;
  if (!entry || entry.alias === undefined || from.scope.entries.some((of) => of.alias === entry.alias))
    refuse(
      "it is not clear which column stands before IN (SELECT ...)",
      "name it with its table, and give the tables different aliases",
    );
  return qualified(entry, name);
}

/** The client's text between two tokens, comments left out, with the schema before every table. */
function copy(planner: QueryPlanner, from: number, to: number): string {
  const { source } = planner.statement;
  const parts = [];
  for (let token = from; token < to; token++) {
    const gap =
      token > from && source.start(token) > source.end(token - 1)
        ? source.text.slice(source.end(token - 1), source.start(token)).includes("\n")
          ? "\n"
          : " "
        : "";
    parts.push(gap, planner.schemas.get(token) ?? "", source.text.slice(source.start(token), source.end(token)));
  }
  const text = parts.join("");
  if (UNSTEADY.test(text))
    refuse("a subquery over protected rows depends on chance or on the clock", "leave the function out, or use now()");
  planner.statement.copied();
  return text;
}
