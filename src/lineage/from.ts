/** FROM: range-table entries, joins, and the order of columns that a star stands for. */
import type { Alias, JoinExpr, Node, RangeFunction, RangeSubselect, RangeVar } from "libpg-query";
import { strings, unwrap } from "./nodes.ts";
import { Flow } from "./reader.ts";
import { refuse, quoteIdentifier } from "./refusal.ts";
import {
  protectedEntry,
  publicEntry,
  qualified,
  type Entry,
  type EntryColumn,
  type HiddenKey,
  type Origin,
  type Scope,
} from "./scope.ts";
import type { QueryPlanner } from "./query.ts";
import type { Rows } from "./rows.ts";

/** One column of what `*` stands for. */
export interface StarItem {
  readonly name: string;
  readonly sql: string;
  readonly column: EntryColumn;
  /** Merged by USING or NATURAL: known by its bare name only. */
  readonly merged: boolean;
  readonly entry: Entry;
}

interface Item {
  readonly entries: readonly Entry[];
  readonly stars: readonly StarItem[];
}

export interface From {
  readonly scope: Scope;
  readonly stars: readonly StarItem[];
}

export class FromReader {
  readonly #planner: QueryPlanner;
  readonly #scope: Scope;
  readonly #flow: Flow;

  constructor(planner: QueryPlanner, outer: Scope | undefined, flow: Flow) {
    this.#planner = planner;
    this.#scope = { entries: [], outer };
    this.#flow = flow;
  }

  /** @param target the table that an INSERT, UPDATE or DELETE writes: it stands before the items */
  read(items: readonly Node[], target?: Entry): From {
    const first = target ? this.#add(target).stars : [];
    const stars = [...first, ...items.flatMap((item) => this.#item(item, false).stars)];
    return { scope: this.#scope, stars };
  }

  #item(node: Node, absent: boolean): Item {
    if ("RangeVar" in node) return this.#add(this.#relation(node.RangeVar, absent));
    if ("JoinExpr" in node) return this.#join(node.JoinExpr, absent);
    if ("RangeSubselect" in node) return this.#add(this.#subselect(node.RangeSubselect));
    if ("RangeFunction" in node) return this.#add(this.#function(node.RangeFunction));
    if ("RangeTableSample" in node) {
      const flow = new Flow();
      this.#planner.reader.read(node.RangeTableSample.args, this.#scope, flow);
      this.#flow.absorb(flow);
      const sampled = node.RangeTableSample.relation;
      if (sampled) return this.#item(sampled, absent);
    }
    const [kind, body] = unwrap(node);
    if (kind === "RangeTableFunc" || kind === "JsonTable") return this.#add(this.#tableFunction(body));
    return refuse(`FROM contains a ${kind}, which the gateway does not know`, "write the statement without it");
  }

  #add(entry: Entry): Item {
    this.#planner.enter();
    this.#scope.entries.push(entry);
    return {
      entries: [entry],
      stars: entry.columns.map((column) => ({
        name: column.name,
        sql: qualified(entry, column.name),
        column,
        merged: false,
        entry,
      })),
    };
  }

  #relation(range: RangeVar, absent: boolean): Entry {
    const alias = range.alias?.aliasname ?? range.relname ?? "";
    const colnames = strings(range.alias?.colnames);
    const cte = this.#planner.survey.ctes.get(range);
    if (cte) return derivedEntry(alias, this.#planner.cteRows(cte), colnames);
    const resolved = this.#planner.survey.relations.get(range);
    if (resolved?.kind !== "relation") return publicEntry(alias, undefined, colnames);
    const { relation, standing } = resolved;
    if (standing.kind !== "protected") return publicEntry(alias, relation, colnames);
    const table = standing.table.table;
    if (relation.hasRules)
      refuse(`the protected table ${table} has rewrite rules`, "drop the rules, or query another table");
    if (colnames.length > 0)
      refuse(`${table} is given new column names in FROM`, `leave out the column list: FROM ${table} AS ${alias}`);
    return protectedEntry(alias, this.#planner.use(standing.table), absent);
  }

  #subselect(range: RangeSubselect): Entry {
    const select = range.subquery && "SelectStmt" in range.subquery ? range.subquery.SelectStmt : undefined;
    if (!select) refuse("FROM contains a statement that is no SELECT", "run it as a statement of its own");
    const flow = new Flow();
    const rows = this.#planner.query(select, range.lateral ? this.#scope : this.#scope.outer, flow);
    if (range.lateral) this.#depend(flow);
    else this.#flow.absorb(flow);
    return derivedEntry(range.alias?.aliasname, rows, strings(range.alias?.colnames));
  }

  #function(range: RangeFunction): Entry {
    const flow = new Flow();
    this.#planner.reader.read(range.functions, this.#scope, flow);
    this.#depend(flow);
    const origins = [...flow.origins];
    const names = range.coldeflist
      ? range.coldeflist.map((node) => ("ColumnDef" in node ? (node.ColumnDef.colname ?? "") : ""))
      : strings(range.alias?.colnames);
    const columns = names.map((name): EntryColumn => ({ name, origins }));
    return {
      alias: range.alias?.aliasname ?? functionName(range),
      schema: undefined,
      columns,
      open: true,
      openOrigins: origins,
      keys: [],
      cuts: false,
      limits: false,
      hiding: false,
    };
  }

  #tableFunction(body: Record<string, unknown>): Entry {
    const flow = new Flow();
    this.#planner.reader.read(body, this.#scope, flow);
    if (flow.origins.size > 0) this.#planner.risky();
    this.#depend(flow);
    const alias = body["alias"] as Alias | undefined;
    return {
      alias: alias?.aliasname ?? "xmltable",
      schema: undefined,
      columns: [],
      open: true,
      openOrigins: [...flow.origins],
      keys: [],
      cuts: false,
      limits: false,
      hiding: false,
    };
  }

  /** A lateral item decides which rows of the items it reads appear: as a join condition does. */
  #depend(flow: Flow): void {
    this.#planner.predicate(flow);
    for (const entry of flow.entries) if (entry.cuts && this.#scope.entries.includes(entry)) refuseCut(entry);
    this.#flow.absorb(flow);
  }

  #join(join: JoinExpr, absent: boolean): Item {
    const type = join.jointype ?? "JOIN_INNER";
    if (!join.larg || !join.rarg) refuse("a join without two sides", "write it with two tables");
    const left = this.#item(join.larg, absent || type === "JOIN_RIGHT" || type === "JOIN_FULL");
    const right = this.#item(join.rarg, absent || type === "JOIN_LEFT" || type === "JOIN_FULL");
    const entries = [...left.entries, ...right.entries];
    // A row without a partner tells that nobody has one.
    const missing = [
      ...(type === "JOIN_LEFT" || type === "JOIN_FULL" ? right.entries : []),
      ...(type === "JOIN_RIGHT" || type === "JOIN_FULL" ? left.entries : []),
    ];
    this.#planner.tellsMore(missing.some((entry) => entry.keys.length > 0));
    if (join.alias && entries.some((entry) => entry.keys.length > 0)) {
      refuse(
        `a join over protected tables is named ${join.alias.aliasname ?? ""}`,
        "leave out the name of the join and use the tables' own names",
      );
    }
    const names = join.isNatural
      ? left.stars.map((star) => star.name).filter((name) => right.stars.some((star) => star.name === name))
      : strings(join.usingClause);
    if (names.length > 0 && entries.some((entry) => entry.open))
      refuse("USING or NATURAL joins something whose columns are not known", "write the condition with ON");
    const kept =
      type === "JOIN_LEFT" ? left.entries : type === "JOIN_RIGHT" ? right.entries : type === "JOIN_FULL" ? entries : [];
    this.#condition(join, names, left, right, kept);
    if (join.join_using_alias) this.#usingAlias(join.join_using_alias.aliasname ?? "", names, left, right);
    return { entries, stars: mergeStars(names, left, right) };
  }

  #condition(join: JoinExpr, names: readonly string[], left: Item, right: Item, kept: readonly Entry[]): void {
    const flow = new Flow();
    if (join.quals) this.#planner.condition(join.quals, this.#scope, flow);
    for (const star of [...left.stars, ...right.stars]) {
      if (!names.includes(star.name)) continue;
      flow.entries.add(star.entry);
      for (const origin of star.column.origins) flow.origins.add(origin);
      if (star.column.base && !isKeyColumn(star.column)) this.#planner.tellsMore(star.column.origins.length > 0);
    }
    this.#planner.predicate(flow);
    for (const entry of flow.entries) if (entry.cuts && !kept.includes(entry)) refuseCut(entry);
    this.#flow.absorb(flow);
  }

  /** `JOIN ... USING (x) AS j`: j.x is the merged column. */
  #usingAlias(alias: string, names: readonly string[], left: Item, right: Item): void {
    const columns = names.map((name): EntryColumn => ({
      name,
      origins: originsOf(name, [...left.stars, ...right.stars]),
    }));
    this.#scope.entries.push({
      alias,
      schema: undefined,
      columns,
      open: false,
      openOrigins: [],
      keys: [],
      cuts: false,
      limits: false,
      hiding: false,
    });
  }
}

/** The column is the whole key of its table. */
export function isKeyColumn(column: EntryColumn): boolean {
  const table = column.base?.key.use.table;
  return (
    table !== undefined &&
    table.pathReads.length === 0 &&
    table.keyColumns.length === 1 &&
    table.keyColumns[0] === column.base?.column
  );
}

/** @throws WhosawError REFUSED: rows of this entry stand for subjects who would go unrecorded */
export function refuseCut(entry: Entry): never {
  return refuse(
    `rows of ${entry.alias ?? "a subquery"}, which has LIMIT, GROUP BY or DISTINCT ON, are dropped or merged further out`,
    "put the condition inside, into its WHERE; or LEFT JOIN to it, so that every row of it is returned",
  );
}

function functionName(range: RangeFunction): string {
  const first = range.functions?.[0];
  const call = first && "List" in first ? first.List.items?.[0] : undefined;
  return call && "FuncCall" in call ? (strings(call.FuncCall.funcname).at(-1) ?? "") : "";
}

function originsOf(name: string, stars: readonly StarItem[]): Origin[] {
  return stars.filter((star) => star.name === name).flatMap((star) => star.column.origins);
}

/** Merged columns come first, in the order of USING (or of the left side for NATURAL), then the rest of both sides. */
function mergeStars(names: readonly string[], left: Item, right: Item): StarItem[] {
  const all = [...left.stars, ...right.stars];
  const merged = names.flatMap((name): StarItem[] => {
    const first = left.stars.find((star) => star.name === name);
    return first
      ? [
          {
            name,
            sql: quoteIdentifier(name),
            column: { name, origins: originsOf(name, all) },
            merged: true,
            entry: first.entry,
          },
        ]
      : [];
  });
  return [...merged, ...all.filter((star) => !names.includes(star.name))];
}

/** An entry for a subquery or a common table expression; its hidden keys are its last columns. */
function derivedEntry(alias: string | undefined, rows: Rows, colnames: readonly string[]): Entry {
  const keys = rows.keys.map((key): HiddenKey => {
    const sql =
      alias === undefined ? quoteIdentifier(key.name) : `${quoteIdentifier(alias)}.${quoteIdentifier(key.name)}`;
    return { sql, plain: undefined, use: key.use, array: key.array, nullable: key.nullable, absent: true };
  });
  const columns = rows.columns.map((column, i): EntryColumn => {
    const key = column.base ? keys[column.base.key] : undefined;
    return {
      name: colnames[i] ?? column.name,
      origins: column.origins,
      base: key && column.base ? { key, column: column.base.column } : undefined,
    };
  });
  return {
    alias,
    schema: undefined,
    columns,
    open: rows.open,
    openOrigins: rows.openOrigins,
    keys,
    cuts: rows.cuts,
    limits: rows.limits,
    hiding: keys.length > 0,
  };
}
