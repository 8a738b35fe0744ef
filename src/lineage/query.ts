/**
 * The lineage of a SELECT: which protected columns flow to its output, and where its companions go.
 *
 * Every level that reads a protected table returns the key of each such row as further columns. A level is refused when
 * its rows could depend on protected rows whose keys it would not return.
 */
import type { CommonTableExpr, Node, ResTarget, SelectStmt, SubLink, WithClause } from "libpg-query";
import { LIMITS } from "../base/limits.ts";
import type { ProtectedRelation } from "./catalog.ts";
import { groups, isNull, unionBranches } from "./clauses.ts";
import { aboutSubjects, isKeyEquality } from "./conditions.ts";
import { distinctAsGroups, isDecided, isDistinctOn } from "./distinct.ts";
import { FromReader, refuseCut, type From } from "./from.ts";
import { strings } from "./nodes.ts";
import { missingSchemas } from "./names.ts";
import { mayFail, skipRows, skips } from "./offset.ts";
import { figureName } from "./outputs.ts";
import { checkPrivileges } from "./privileges.ts";
import { baseColumn, columnFields, Flow, Reader } from "./reader.ts";
import { refuse, tooLarge } from "./refusal.ts";
import { eitherRows, exportRows, type Leaf, type Rows } from "./rows.ts";
import {
  groupKey,
  wholeRow,
  type EntryColumn,
  type HiddenKey,
  type Origin,
  type Scope,
  type UseDraft,
} from "./scope.ts";
import type { StatementContext } from "./statement.ts";
import { admissible, noLinks, sublinkKeys } from "./sublink.ts";
import type { Survey } from "./survey.ts";
import { appendHidden, expandStar, starEntries, starItems } from "./targets.ts";

export interface Targets {
  readonly columns: readonly EntryColumn[];
  readonly open: boolean;
  readonly flow: Flow;
  /** The columns of `TABLE t`, which has no star to replace. */
  readonly expanded: string | undefined;
}

export class QueryPlanner {
  readonly statement: StatementContext;
  readonly survey: Survey;
  readonly uses: UseDraft[] = [];
  readonly reader: Reader;
  scope = false;
  errorsFromData = false;
  #entries = 0;
  /** The query whose rows reach the client. */
  top: SelectStmt | undefined;
  /** The same, if its companions need no cast: undefined where they may come in binary. */
  outermost: SelectStmt | undefined;
  #links = noLinks();
  #schemasAt: ReadonlyMap<number, string> | undefined;
  readonly #ctes = new Map<CommonTableExpr, Rows>();

  constructor(statement: StatementContext, survey: Survey) {
    this.statement = statement;
    this.survey = survey;
    this.reader = new Reader({
      subquery: (select, scope, flow, link) => this.#sublink(select, scope, flow, link),
      risky: () => this.risky(),
      position: (byte) => statement.source.position(byte),
    });
  }

  risky(): void {
    this.errorsFromData = true;
  }
  tellsMore(more: boolean): void {
    this.scope ||= more;
  }
  use(table: ProtectedRelation): UseDraft {
    if (this.uses.length >= LIMITS.protectedUsesMax) tooLarge(`more than ${LIMITS.protectedUsesMax} protected tables`);
    const use: UseDraft = { table, shown: new Set(), predicate: new Set() };
    this.uses.push(use);
    checkPrivileges(this.statement, table);
    return use;
  }
  predicate(flow: Flow): void {
    for (const origin of flow.origins) origin.use.predicate.add(origin.column);
  }
  show(columns: readonly { readonly origins: readonly Origin[] }[]): void {
    for (const column of columns) for (const origin of column.origins) origin.use.shown.add(origin.column);
  }
  /** Schemas to write before tables that are named without one, by token. */
  get schemas(): ReadonlyMap<number, string> {
    this.#schemasAt ??= missingSchemas(this.statement, this.survey, true);
    return this.#schemasAt;
  }
  /** Counts an entry of some FROM clause. */
  enter(): void {
    this.#entries += 1;
    if (this.#entries > LIMITS.rangeTableEntriesMax) tooLarge(`more than ${LIMITS.rangeTableEntriesMax} tables`);
  }
  cteRows(cte: CommonTableExpr): Rows {
    return this.#ctes.get(cte) ?? { columns: [], open: true, openOrigins: [], keys: [], cuts: false, limits: false };
  }

  /**
   * Analyses a query and writes its companions.
   * @param outer what it can see besides its own FROM (for LATERAL and for subqueries in expressions)
   * @param flow receives everything that the query reads
   */
  query(select: SelectStmt, outer: Scope | undefined, flow: Flow): Rows {
    if (select.withClause) this.with(select.withClause, outer, flow);
    const rows = this.#unskipped(select, outer, flow);
    if (rows.keys.length === 0 || !skips(select)) return rows;
    // Further in, whether it is computed at all depends on other rows, and so does whether it fails.
    const inside = select !== this.top;
    if (inside && mayFail(select)) this.risky();
    return skipRows(this.statement, select, rows, inside);
  }

  /** As {@link query}, without the keys of rows that OFFSET skips. */
  #unskipped(select: SelectStmt, outer: Scope | undefined, flow: Flow): Rows {
    if (select.op !== undefined && select.op !== "SETOP_NONE") {
      return this.survey.protectedSelects.has(select)
        ? this.#union(select, outer, flow)
        : this.#publicSetOperation(select, outer, flow);
    }
    const leaf = this.#leaf(select, outer, flow, false);
    return exportRows(this.statement, this.outermost, [leaf], leaf.columns, leaf);
  }

  #sublink(select: SelectStmt, scope: Scope, flow: Flow, link: SubLink | undefined): void {
    if (this.survey.protectedSelects.has(select)) {
      if (link && this.#links.read.has(link)) return;
      if (!link || !this.#links.admitted.has(link))
        refuse(
          "a subquery inside an expression reads a protected table",
          "join the table in FROM instead, for example JOIN support.tickets t ON t.customer_id = c.id",
        );
      const links = this.#links;
      this.#links = noLinks();
      const keys = sublinkKeys(this, link, select, scope, flow);
      this.#links = links;
      // An expression can be read more than once; its keys are needed once.
      links.read.add(link);
      links.keys.push(...keys);
      return;
    }
    const inner = new Flow();
    const rows = this.query(select, scope, inner);
    for (const column of rows.columns) for (const origin of column.origins) inner.origins.add(origin);
    for (const origin of rows.openOrigins) inner.origins.add(origin);
    flow.absorb(inner);
  }

  with(clause: WithClause, outer: Scope | undefined, flow: Flow): void {
    for (const node of clause.ctes ?? []) {
      if (!("CommonTableExpr" in node)) continue;
      const cte = node.CommonTableExpr;
      const select = cte.ctequery && "SelectStmt" in cte.ctequery ? cte.ctequery.SelectStmt : undefined;
      if (!select)
        refuse(
          "a WITH query changes data in a statement that reads protected tables",
          "run the INSERT, UPDATE or DELETE as a statement of its own",
        );
      if (clause.recursive && this.survey.protectedSelects.has(select))
        refuse(
          "a recursive query reads protected tables",
          "leave out RECURSIVE, or read the tree from public tables and join the protected table outside",
        );
      const rows = this.query(select, outer, flow);
      const names = strings(cte.aliascolnames);
      const columns = rows.columns.map((column, i) => ({ ...column, name: names[i] ?? column.name }));
      this.#ctes.set(cte, { ...rows, columns, open: rows.open || clause.recursive === true });
    }
  }

  /** UNION ALL over protected tables: each branch carries its own keys and NULL for the others'. */
  #union(select: SelectStmt, outer: Scope | undefined, flow: Flow): Rows {
    const branches = unionBranches(select, true);
    const leaves = branches.map((branch) => {
      if (this.survey.protectedSelects.has(branch) && skips(branch))
        refuse(
          "a branch of UNION ALL has an OFFSET",
          "write the branch as a subquery: SELECT * FROM (...) b UNION ALL ...",
        );
      if (branch.withClause) this.with(branch.withClause, outer, flow);
      return this.#leaf(branch, outer, flow, true);
    });
    const [first] = leaves;
    const columns = (first?.columns ?? []).map((column, i): EntryColumn => ({
      name: column.name,
      origins: leaves.flatMap((leaf) => leaf.columns[i]?.origins ?? []),
    }));
    for (const node of select.sortClause ?? []) this.#sortItem(node, columns, undefined, flow, false);
    const limited = this.#limit(select, true, flow);
    if (limited && leaves.some((leaf) => leaf.cuts))
      refuse("LIMIT cuts rows of a branch that has a LIMIT of its own", "put the limit on one level only");
    return exportRows(this.statement, this.outermost, leaves, columns, {
      cuts: limited || leaves.some((leaf) => leaf.cuts),
      limits: limited || leaves.some((leaf) => leaf.limits),
    });
  }

  #publicSetOperation(select: SelectStmt, outer: Scope | undefined, flow: Flow): Rows {
    const left = select.larg ? this.query(select.larg, outer, flow) : undefined;
    const right = select.rarg ? this.query(select.rarg, outer, flow) : undefined;
    return eitherRows(left, right);
  }

  #leaf(select: SelectStmt, outer: Scope | undefined, flow: Flow, branch: boolean): Leaf {
    if (select.valuesLists) return this.#values(select, outer, flow);
    const from = new FromReader(this, outer, flow).read(select.fromClause ?? []);
    const enclosing = this.#links;
    const links = (this.#links = { ...noLinks(), admitted: this.#protectedLinks(select) });
    const strict = links.admitted.size > 0 || from.scope.entries.some((entry) => entry.keys.length > 0);
    const targets = this.targets(select.targetList ?? [], from, strict || branch);
    const aggregated = strict && groups(select, targets.flow);
    this.#clauses(select, from, flow);
    const rowKeys = [...from.scope.entries.flatMap((entry) => entry.keys), ...links.keys];
    const merged = strict && this.#distinct(select, targets, rowKeys, from, flow);
    const grouped = aggregated || merged;
    const keys = grouped ? rowKeys.map(groupKey) : rowKeys;
    const limited = this.#limit(select, strict, flow);
    for (const node of select.sortClause ?? [])
      this.#sortItem(node, targets.columns, from.scope, flow, aggregated || !strict);
    this.#links = enclosing;
    flow.absorb(targets.flow);
    const entries = from.scope.entries;
    const cut = entries.find((entry) => (grouped ? entry.limits : entry.cuts));
    if (cut && (limited || grouped || select.distinctClause || targets.flow.setReturning)) refuseCut(cut);
    // A group that is dropped further out hides subjects as a row cut off by LIMIT does.
    const limits = strict && (limited || entries.some((entry) => entry.limits) || isDistinctOn(select));
    const cuts = limits || (strict && (grouped || entries.some((entry) => entry.cuts)));
    return {
      select,
      columns: targets.columns,
      open: targets.open,
      openOrigins: targets.open ? entries.flatMap(wholeRow) : [],
      keys,
      cuts,
      limits,
      append: (expressions) => appendHidden(this.statement, select, targets.expanded, expressions),
    };
  }

  #protectedLinks(select: SelectStmt): Set<SubLink> {
    if (!this.survey.protectedSelects.has(select)) return new Set();
    return new Set(
      [...admissible(select)].filter(
        (link) =>
          link.subselect &&
          "SelectStmt" in link.subselect &&
          this.survey.protectedSelects.has(link.subselect.SelectStmt),
      ),
    );
  }

  #values(select: SelectStmt, outer: Scope | undefined, flow: Flow): Leaf {
    const scope: Scope = { entries: [], outer };
    const columns: EntryColumn[] = [];
    for (const row of select.valuesLists ?? []) {
      const items = "List" in row ? (row.List.items ?? []) : [];
      items.forEach((item, i) => {
        const cell = new Flow();
        this.reader.read(item, scope, cell);
        flow.absorb(cell);
        columns[i] = { name: `column${i + 1}`, origins: [...(columns[i]?.origins ?? []), ...cell.origins] };
      });
    }
    const append = (expressions: readonly string[]) => {
      if (expressions.length > 0)
        refuse(
          "VALUES is combined with rows of a protected table",
          "write SELECT ... UNION ALL SELECT instead of VALUES",
        );
    };
    return { select, columns, open: false, openOrigins: [], keys: [], cuts: false, limits: false, append };
  }

  /** WHERE, GROUP BY, HAVING, WINDOW. */
  #clauses(select: SelectStmt, from: From, flow: Flow): void {
    if (select.whereClause) {
      const where = new Flow();
      this.condition(select.whereClause, from.scope, where);
      this.predicate(where);
      for (const entry of where.entries) if (entry.cuts && from.scope.entries.includes(entry)) refuseCut(entry);
      flow.absorb(where);
    }
    for (const part of [select.groupClause, select.havingClause, select.windowClause]) {
      const read = new Flow();
      this.reader.read(part, from.scope, read);
      this.predicate(read);
      flow.absorb(read);
    }
  }

  /** Reads a condition, and notes whether it says more than 'this subject'. */
  condition(node: Node, scope: Scope, flow: Flow): void {
    const conjuncts = "BoolExpr" in node && node.BoolExpr.boolop === "AND_EXPR" ? (node.BoolExpr.args ?? []) : [node];
    for (const conjunct of conjuncts) {
      const read = new Flow();
      this.reader.read(conjunct, scope, read);
      if (aboutSubjects(read) && !isKeyEquality(this.reader, conjunct, scope)) this.scope = true;
      if (read.aggregate || read.window)
        refuse("an aggregate or window function in a condition", "put it in a subquery on public tables");
      flow.merge(read);
    }
  }

  #limit(select: SelectStmt, strict: boolean, flow: Flow): boolean {
    const read = new Flow();
    this.reader.read([select.limitCount, select.limitOffset], { entries: [], outer: undefined }, read);
    flow.absorb(read);
    if (!strict) return false;
    if (!skips(select) && (!select.limitCount || isNull(select.limitCount))) return false;
    this.scope = true;
    return true;
  }

  #sortItem(
    node: Node,
    columns: readonly EntryColumn[],
    scope: Scope | undefined,
    flow: Flow,
    aggregates: boolean,
  ): void {
    const expression = "SortBy" in node ? node.SortBy.node : undefined;
    if (!expression) return;
    const read = new Flow();
    const fields = columnFields(expression);
    const position = "A_Const" in expression ? expression.A_Const.ival?.ival : undefined;
    const outputs =
      position !== undefined
        ? columns.slice(position - 1, position)
        : fields?.length === 1
          ? columns.filter((column) => column.name === fields[0])
          : [];
    for (const output of outputs) for (const origin of output.origins) read.origins.add(origin);
    if (outputs.length === 0 && scope) this.reader.read(expression, scope, read);
    if (!aggregates && (read.aggregate || read.window))
      refuse(
        "ORDER BY an aggregate or a window function over protected rows",
        "order by a column, or select the aggregate",
      );
    this.predicate(read);
    flow.absorb(read);
  }

  /**
   * DISTINCT may stay where every hidden key is decided by the visible columns. Elsewhere it is written as GROUP BY, and
   * the rows carry the keys of all rows that were merged into them.
   * @returns whether it was
   */
  #distinct(select: SelectStmt, targets: Targets, keys: readonly HiddenKey[], from: From, flow: Flow): boolean {
    if (!select.distinctClause) return false;
    if (isDistinctOn(select)) {
      const read = new Flow();
      this.reader.read(select.distinctClause, from.scope, read);
      this.predicate(read);
      flow.absorb(read);
      this.scope = true;
      return false;
    }
    if (keys.every((key) => isDecided(key, targets.columns))) return false;
    if (targets.flow.setReturning || targets.open)
      refuse("DISTINCT merges rows of different subjects", "select the keys of the tables as well, or drop DISTINCT");
    this.predicate(targets.flow);
    distinctAsGroups(this.statement, select, targets.columns.length);
    return true;
  }

  /** The output columns of a target list; with `expand`, stars are written out in the text. */
  targets(list: readonly Node[], from: From, expand: boolean): Targets {
    const columns: EntryColumn[] = [];
    const flow = new Flow();
    let open = false,
      expanded: string | undefined;
    for (const node of list) {
      if (!("ResTarget" in node)) continue;
      const target = node.ResTarget;
      const fields = columnFields(target.val);
      if (fields?.at(-1) !== "*") {
        columns.push(this.#target(target, from, flow));
        continue;
      }
      const stars = starItems(fields, from);
      for (const star of stars)
        columns.push(star.column.name === star.name ? star.column : { ...star.column, name: star.name });
      for (const star of stars) for (const origin of star.column.origins) flow.origins.add(origin);
      const vague = starEntries(fields, from).some((entry) => entry.open);
      open ||= vague;
      if (expand) expanded = expandStar(this.statement, target, stars, vague, from);
    }
    return { columns, open, flow, expanded };
  }

  #target(target: ResTarget, from: From, flow: Flow): EntryColumn {
    const read = new Flow();
    const indirection =
      target.val && "A_Indirection" in target.val ? strings(target.val.A_Indirection.indirection) : [];
    if (indirection.includes("*"))
      refuse("(...).* expands the columns of a row value", "name the columns, or write alias.*");
    this.reader.read(target.val, from.scope, read);
    flow.merge(read);
    const base = baseColumn(target.val, from.scope)?.base;
    return { name: target.name ?? figureName(target.val), origins: [...read.origins], base };
  }
}
