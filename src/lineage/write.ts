/** INSERT, UPDATE and DELETE on protected tables: the key comes back in RETURNING, hidden. */
import type {
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  Node,
  RangeVar,
  ReturningClause,
  UpdateStmt,
  WithClause,
} from "libpg-query";
import { accountingOf, checkProtected, passes, qualifyNames, type Planned } from "./accounting.ts";
import type { ProtectedRelation } from "./catalog.ts";
import { FromReader, type From } from "./from.ts";
import { mayReadKey } from "./privileges.ts";
import { QueryPlanner } from "./query.ts";
import { Flow } from "./reader.ts";
import { refuse } from "./refusal.ts";
import { protectedEntry, publicEntry, type Entry, type Scope } from "./scope.ts";
import { refuseLaundering } from "./select.ts";
import type { StatementContext } from "./statement.ts";
import { survey, type Survey } from "./survey.ts";

interface Write {
  readonly node: Node;
  readonly relation: RangeVar | undefined;
  readonly from: readonly Node[];
  readonly where: Node | undefined;
  readonly returning: ReturningClause | undefined;
  readonly with: WithClause | undefined;
  /** SET lists, of UPDATE and of ON CONFLICT DO UPDATE. */
  readonly assignments: readonly Node[];
  readonly insert: InsertStmt | undefined;
}

/** Plans INSERT, its ON CONFLICT and RETURNING. @throws WhosawError REFUSED with a form that passes */
export function planInsert(statement: StatementContext, insert: InsertStmt): Planned {
  const { relation, returningClause, withClause, onConflictClause } = insert;
  return plan(statement, {
    node: { InsertStmt: insert },
    relation,
    from: [],
    where: onConflictClause?.whereClause,
    returning: returningClause,
    with: withClause,
    assignments: onConflictClause?.targetList ?? [],
    insert,
  });
}

/** Plans UPDATE ... FROM ... RETURNING; a bare one is given a RETURNING whose rows the client does not see. */
export function planUpdate(statement: StatementContext, update: UpdateStmt): Planned {
  const { relation, fromClause, whereClause, returningClause, withClause, targetList } = update;
  return plan(statement, {
    node: { UpdateStmt: update },
    relation,
    from: fromClause ?? [],
    where: whereClause,
    returning: returningClause,
    with: withClause,
    assignments: targetList ?? [],
    insert: undefined,
  });
}

/** Plans DELETE ... USING ... RETURNING, as {@link planUpdate} does. */
export function planDelete(statement: StatementContext, remove: DeleteStmt): Planned {
  const { relation, usingClause, whereClause, returningClause, withClause } = remove;
  return plan(statement, {
    node: { DeleteStmt: remove },
    relation,
    from: usingClause ?? [],
    where: whereClause,
    returning: returningClause,
    with: withClause,
    assignments: [],
    insert: undefined,
  });
}

/** MERGE passes on tables without subjects only. @throws WhosawError REFUSED elsewhere */
export function planMerge(statement: StatementContext, merge: MergeStmt): Planned {
  const found = survey(statement, { MergeStmt: merge });
  if (found.protected) refuse("MERGE on or from protected tables", "use INSERT ... ON CONFLICT, UPDATE or DELETE");
  return passes(statement, found);
}

function plan(statement: StatementContext, write: Write): Planned {
  const found = survey(statement, write.node);
  if (!found.protected) return passes(statement, found);
  checkProtected(found, write.insert !== undefined && found.protectedSelects.size === 0);
  const resolved = write.relation ? found.relations.get(write.relation) : undefined;
  const table =
    resolved?.kind === "relation" && resolved.standing.kind === "protected" ? resolved.standing.table : undefined;
  if (!table || !write.relation) refuseLaundering();
  if (readsOthers(found, write.relation))
    refuse(
      "protected rows besides the one that is written decide what is written, and nobody would be told that they were read",
      "SELECT the keys first, then write WHERE key IN (...) or INSERT ... VALUES",
    );
  if (table.relation.hasRules)
    refuse(`the protected table ${table.table} has rewrite rules`, "drop the rules, or write to another table");
  checkAssignments(write, table);
  const planner = new QueryPlanner(statement, found);
  // Constraint errors name stored values ("Failing row contains ...").
  planner.risky();
  const planned =
    write.insert && !write.returning && !mayReadKey(statement, table)
      ? blindInsert(planner, write, table)
      : returning(statement, planner, write, write.relation, table);
  qualifyNames(statement, found, true);
  return planned;
}

/** A protected table besides the target is read, or the target a second time. */
function readsOthers(found: Survey, target: RangeVar): boolean {
  if (found.protectedSelects.size > 0) return true;
  for (const [range, resolved] of found.relations) {
    if (range !== target && resolved.kind === "relation" && resolved.standing.kind === "protected") return true;
  }
  return false;
}

function checkAssignments(write: Write, table: ProtectedRelation): void {
  for (const node of write.assignments) {
    const column = "ResTarget" in node ? node.ResTarget.name : undefined;
    if (column !== undefined && table.keyColumns.includes(column))
      refuse(
        `${table.table}.${column} decides whose row this is`,
        "leave it out of SET; delete the row and insert it again under the other subject",
      );
  }
}

/**
 * Whoever reads a column is recorded as having seen that column. So no protected value may come into a public one, and
 * one that comes into another protected column counts as shown here and now.
 */
function checkMoves(planner: QueryPlanner, write: Write, scope: Scope, table: ProtectedRelation): void {
  for (const node of write.assignments) {
    if (!("ResTarget" in node)) continue;
    const target = node.ResTarget.name ?? "";
    const value = new Flow();
    planner.reader.read(node.ResTarget, scope, value);
    if (value.origins.size > 0 && table.publicColumns.has(target))
      refuse(
        `a value of a protected column is written to ${table.table}.${target}, which is public`,
        "write it to a protected column, or write a plain value",
      );
    for (const { use, column } of value.origins) if (column !== target) use.shown.add(column);
  }
}

/** An INSERT by a role that cannot read the key: it is shown nothing. */
function blindInsert(planner: QueryPlanner, write: Write, table: ProtectedRelation): Planned {
  readInsert(planner, write);
  planner.uses.push({ table, shown: new Set(), predicate: new Set() });
  return {
    treatment: {
      kind: "account",
      accounting: accountingOf(planner, [], { columns: 0, hideRows: false, copy: undefined }),
    },
    effects: [],
  };
}

function readInsert(planner: QueryPlanner, write: Write): void {
  if (write.with) planner.with(write.with, undefined, new Flow());
  const source = write.insert?.selectStmt;
  if (source && "SelectStmt" in source) planner.query(source.SelectStmt, undefined, new Flow());
  // Whether a row was there already shows in the command tag.
  if (write.insert?.onConflictClause) planner.tellsMore(true);
}

function returning(
  statement: StatementContext,
  planner: QueryPlanner,
  write: Write,
  relation: RangeVar,
  table: ProtectedRelation,
): Planned {
  readInsert(planner, write);
  const alias = relation.alias?.aliasname ?? relation.relname ?? "";
  const use = planner.use(table);
  const entry = protectedEntry(alias, use, false);
  const from = new FromReader(planner, undefined, new Flow()).read(write.from, entry);
  readClauses(planner, write, from, table);
  const key = entry.keys[0];
  if (!key) refuse(`${table.table} has no key`, "configure one");
  const name = statement.freshName();
  const companion = key.plain ?? key.sql;
  const list = write.returning?.exprs ?? [];
  const columns = list.length === 0 ? 0 : returned(statement, planner, write, from, entry, `${companion} as ${name}`);
  if (list.length === 0)
    statement.splices.insert(statement.source.end(statement.endToken - 1), ` returning ${companion} as ${name}`);
  const accounting = accountingOf(planner, [key], { columns, hideRows: list.length === 0, copy: undefined });
  return { treatment: { kind: "account", accounting }, effects: [] };
}

function readClauses(planner: QueryPlanner, write: Write, from: From, table: ProtectedRelation): void {
  const scope = write.insert
    ? { entries: [...from.scope.entries, publicEntry("excluded", table.relation, [])], outer: undefined }
    : from.scope;
  if (write.where) {
    const where = new Flow();
    planner.condition(write.where, scope, where);
    planner.predicate(where);
  }
  const assigned = new Flow();
  planner.reader.read(write.assignments, scope, assigned);
  planner.predicate(assigned);
  checkMoves(planner, write, scope, table);
  if (assigned.aggregate || assigned.window) refuse("an aggregate in SET", "compute it in a statement of its own");
}

/** Appends the key to the client's own RETURNING list. */
function returned(
  statement: StatementContext,
  planner: QueryPlanner,
  write: Write,
  from: From,
  target: Entry,
  key: string,
): number {
  const { source, splices } = statement;
  if (write.returning?.options) refuse("RETURNING WITH renames OLD or NEW", "use old and new as they are");
  // PostgreSQL 18 knows the row before and after the change.
  const images =
    statement.context.catalog.serverVersion >= 180_000
      ? ["old", "new"].map((alias): Entry => ({ ...target, alias, keys: [] }))
      : [];
  const list = write.returning?.exprs ?? [];
  const targets = planner.targets(
    list,
    { scope: { entries: [...from.scope.entries, ...images], outer: undefined }, stars: from.stars },
    true,
  );
  if (targets.flow.aggregate || targets.flow.window) refuse("an aggregate in RETURNING", "return the rows");
  planner.show(targets.columns);
  const last = list.at(-1);
  const after = source.afterReturning(source.tokenAt(last && "ResTarget" in last ? last.ResTarget.location : 0));
  splices.insert(source.end(after - 1), `, ${key}${source.gapBefore(after)}`);
  return targets.columns.length;
}
