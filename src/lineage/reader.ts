/** Reads expressions: which protected columns flow through them, and whether they could fail on a stored value. */
import type { A_Expr, ColumnRef, FuncCall, Node, SelectStmt, SubLink, TypeCast } from "libpg-query";
import { WhosawError } from "../base/errors.ts";
import { functionClass, PATTERN_OPERATORS, SAFE_AGGREGATES, SAFE_CASTS, SAFE_OPERATORS } from "./functions.ts";
import { isQueryKind, strings } from "./nodes.ts";
import { refuse } from "./refusal.ts";
import { isSystemColumn, wholeRow, type Entry, type EntryColumn, type Origin, type Scope } from "./scope.ts";

type Body = Record<string, unknown>;

/** What was met while reading one expression or clause. */
export class Flow {
  readonly origins = new Set<Origin>();
  readonly entries = new Set<Entry>();
  aggregate = false;
  window = false;
  setReturning = false;

  /** What a subquery read: its own aggregates are none here. */
  absorb(other: Flow): void {
    for (const origin of other.origins) this.origins.add(origin);
    for (const entry of other.entries) this.entries.add(entry);
  }
  merge(other: Flow): void {
    this.absorb(other);
    this.aggregate ||= other.aggregate;
    this.window ||= other.window;
    this.setReturning ||= other.setReturning;
  }
}

export interface Hooks {
  /** Analyses a subquery inside an expression; its output and its predicates flow into the flow. */
  subquery(select: SelectStmt, scope: Scope, flow: Flow, link: SubLink | undefined): void;
  /** Something that can fail is applied to a protected column. */
  risky(): void;
  /** A byte offset of the parser as an error's position. */
  position(byte: number | undefined): string;
}

/** Finds a column by name, innermost scope first. Ambiguous names (an error on the server) count for all that match. */
export function findColumn(scope: Scope | undefined, name: string): { entry: Entry; column: EntryColumn }[] {
  for (let s = scope; s; s = s.outer) {
    const found = s.entries.flatMap((entry) =>
      entry.columns.filter((column) => column.name === name).map((column) => ({ entry, column })),
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** Finds a table by its alias, innermost scope first. */
export function findEntry(scope: Scope | undefined, alias: string, schema: string | undefined): Entry | undefined {
  for (let s = scope; s; s = s.outer) {
    const found = s.entries.find((entry) => entry.alias === alias && (schema === undefined || entry.schema === schema));
    if (found) return found;
  }
  return undefined;
}

function isOuter(entry: Entry, scope: Scope): boolean {
  for (let outer = scope.outer; outer; outer = outer.outer) if (outer.entries.includes(entry)) return true;
  return false;
}

export class Reader {
  readonly #hooks: Hooks;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  read(value: unknown, scope: Scope, flow: Flow): void {
    if (Array.isArray(value)) {
      for (const item of value) this.read(item, scope, flow);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    for (const key in value) {
      const child = (value as Body)[key];
      if (typeof child !== "object" || child === null) continue;
      const first = key.charCodeAt(0);
      if (first >= 65 && first <= 90) this.#visit(key, child as Body, scope, flow);
      else this.read(child, scope, flow);
    }
  }

  #visit(kind: string, body: Body, scope: Scope, flow: Flow): void {
    switch (kind) {
      case "ColumnRef":
        return this.#column(body, scope, flow);
      case "SubLink": {
        const link = body as SubLink;
        this.read(link.testexpr, scope, flow);
        if (link.subselect && "SelectStmt" in link.subselect)
          this.#hooks.subquery(link.subselect.SelectStmt, scope, flow, link);
        return;
      }
      case "SelectStmt":
        return this.#hooks.subquery(body, scope, flow, undefined);
      case "FuncCall":
        return this.#call(body, scope, flow);
      case "A_Expr":
        return this.#operator(body, scope, flow);
      case "TypeCast":
        return this.#cast(body, scope, flow);
      case "GroupingFunc":
        flow.aggregate = true;
        return this.read(body, scope, flow);
      case "JsonObjectAgg":
      case "JsonArrayAgg":
        flow.aggregate = true;
        return this.#risk(body, scope, flow);
      case "CollateClause":
      case "BoolExpr":
      case "CaseExpr":
      case "CaseWhen":
      case "CoalesceExpr":
      case "MinMaxExpr":
      case "NullTest":
      case "BooleanTest":
      case "RowExpr":
      case "A_ArrayExpr":
      case "List":
      case "SortBy":
      case "ResTarget":
      case "NamedArgExpr":
      case "String":
      case "A_Const":
      case "GroupingSet":
        return this.read(body, scope, flow);
      default:
        if (!isQueryKind(kind))
          refuse(
            `this statement contains a ${kind}, which the gateway does not know`,
            "write the statement without it",
          );
        return this.#risk(body, scope, flow);
    }
  }

  /** Reads the children of a node that may fail on what flows into it. */
  #risk(body: unknown, scope: Scope, flow: Flow): void {
    const inner = new Flow();
    this.read(body, scope, inner);
    if (inner.origins.size > 0) this.#hooks.risky();
    flow.merge(inner);
  }

  #column(node: ColumnRef, scope: Scope, flow: Flow): void {
    const fields = strings(node.fields);
    const name = fields[fields.length - 1] ?? "";
    if (fields.length === 1 && name !== "*") return this.#bareName(name, scope, flow);
    if (fields.length === 1) return scope.entries.forEach((entry) => this.#row(entry, flow));
    const alias = fields[fields.length - 2] ?? "";
    const entry = findEntry(scope, alias, fields.length > 2 ? fields[fields.length - 3] : undefined);
    if (!entry) return; // the server says that there is no such entry
    if (name === "*") return this.#row(entry, flow);
    flow.entries.add(entry);
    const columns = entry.columns.filter((column) => column.name === name);
    for (const column of columns) for (const origin of column.origins) flow.origins.add(origin);
    if (columns.length > 0 || isSystemColumn(name)) return;
    if (entry.open) for (const origin of entry.openOrigins) flow.origins.add(origin);
    else if (entry.keys.length > 0 || wholeRow(entry).length > 0) {
      // `alias.to_json` calls to_json(alias): it would show the whole row. So does one of OLD, NEW or a join's alias.
      throw new WhosawError("UNDEFINED_COLUMN", `column ${alias}.${name} does not exist`, {
        hint: "name one of its columns; a function of the row is written f(alias)",
        fields: { P: this.#hooks.position(node.location), F: "parse_relation.c", R: "errorMissingColumn" },
      });
    }
  }

  #bareName(name: string, scope: Scope, flow: Flow): void {
    const found = findColumn(scope, name);
    for (const { entry, column } of found) {
      flow.entries.add(entry);
      for (const origin of column.origins) flow.origins.add(origin);
    }
    // An entry whose columns are not all known could have it too.
    for (let s: Scope | undefined = scope; s; s = s.outer) {
      for (const open of s.entries) {
        if (!open.open) continue;
        flow.entries.add(open);
        for (const origin of open.openOrigins) flow.origins.add(origin);
      }
    }
    const entry = found.length === 0 ? findEntry(scope, name, undefined) : undefined;
    if (entry) this.#row(entry, flow);
  }

  /** A whole row: all its columns. */
  #row(entry: Entry, flow: Flow): void {
    if (entry.hiding)
      refuse(
        `the whole row of ${entry.alias ?? "a subquery"} is read`,
        `name its columns, for example ${entry.alias ?? "alias"}.${entry.columns[0]?.name ?? "id"}`,
      );
    flow.entries.add(entry);
    for (const origin of wholeRow(entry)) flow.origins.add(origin);
  }

  #call(call: FuncCall, scope: Scope, flow: Flow): void {
    const name = strings(call.funcname).at(-1) ?? "";
    const kind = functionClass(name);
    const inner = new Flow();
    this.read(call, scope, inner);
    if (call.over) flow.window = true;
    else if (kind === "aggregate" || kind === "window" || call.agg_within_group) {
      // An aggregate over nothing but an outer query's columns belongs to that outer query.
      for (const entry of inner.entries)
        if (isOuter(entry, scope))
          refuse(`the aggregate ${name} reads columns of an outer query`, "join the tables and aggregate in one query");
      flow.aggregate = true;
    }
    if (kind === "set") flow.setReturning = true;
    if (inner.origins.size > 0 && kind !== "safe" && !SAFE_AGGREGATES.has(name)) this.#hooks.risky();
    flow.merge(inner);
  }

  #operator(expression: A_Expr, scope: Scope, flow: Flow): void {
    const name = strings(expression.name).at(-1) ?? "";
    const left = new Flow(),
      right = new Flow();
    this.read(expression.lexpr, scope, left);
    this.read(expression.rexpr, scope, right);
    const protectedOperand = left.origins.size > 0 || right.origins.size > 0;
    const safe = SAFE_OPERATORS.has(name) || (PATTERN_OPERATORS.has(name) && right.origins.size === 0);
    if (protectedOperand && !safe) this.#hooks.risky();
    flow.merge(left);
    flow.merge(right);
  }

  #cast(cast: TypeCast, scope: Scope, flow: Flow): void {
    const type = strings(cast.typeName?.names).at(-1) ?? "";
    const plain =
      SAFE_CASTS.has(type) && (cast.typeName?.arrayBounds?.length ?? 0) === 0 && cast.typeName?.typmods === undefined;
    if (plain) this.read(cast.arg, scope, flow);
    else this.#risk(cast.arg, scope, flow);
  }
}

/** The last name of a column reference, or undefined if the node is none. */
export function columnFields(node: Node | undefined): string[] | undefined {
  return node && "ColumnRef" in node ? strings(node.ColumnRef.fields) : undefined;
}

/** The column of FROM that an expression is, if it is nothing but that. */
export function baseColumn(node: Node | undefined, scope: Scope): EntryColumn | undefined {
  const fields = columnFields(node);
  const name = fields?.at(-1);
  if (!fields || name === undefined || name === "*") return undefined;
  if (fields.length > 1)
    return findEntry(scope, fields.at(-2) ?? "", fields.at(-3))?.columns.find((column) => column.name === name);
  const found = findColumn(scope, name);
  return found.length === 1 ? found[0]?.column : undefined;
}
