/**
 * The first look at a query: which relations, functions and operators does it name? Refuses what is refused wherever it
 * stands, and finds out whether a protected table is touched at all. If none is, the text passes byte for byte.
 */
import type { A_Expr, CommonTableExpr, FuncCall, Node, RangeVar, SelectStmt, TypeName, WithClause } from "libpg-query";
import { WhosawError } from "../base/errors.ts";
import type { Relation } from "./catalog.ts";
import { embedsAscii } from "./encodings.ts";
import { functionClass, type FunctionClass } from "./functions.ts";
import { resolveName, type Resolved } from "./names.ts";
import { isQueryKind, strings } from "./nodes.ts";
import { refuse, refuseAlways } from "./refusal.ts";
import type { StatementContext } from "./statement.ts";

export interface Survey {
  readonly relations: ReadonlyMap<RangeVar, Resolved>;
  /** Names that mean a common table expression. */
  readonly ctes: ReadonlyMap<RangeVar, CommonTableExpr>;
  /** Selects that read a protected table, at any depth. */
  readonly protectedSelects: ReadonlySet<SelectStmt>;
  /** A protected table is read or written somewhere. */
  readonly protected: boolean;
  readonly unknown: readonly RangeVar[];
  readonly calls: ReadonlySet<FunctionClass>;
  readonly modifyingCte: boolean;
  readonly recursive: boolean;
  /** SELECT ... INTO this. */
  readonly into: RangeVar | undefined;
  /** set_config('search_path', ...) is called. */
  readonly setsSearchPath: boolean;
  /** set_config('client_encoding', ...) is called. */
  readonly setsEncoding: boolean;
}

interface CteScope {
  readonly name: string;
  readonly cte: CommonTableExpr;
  readonly outer: CteScope | undefined;
}

/**
 * The relation exists, but not on the search path as the gateway knows it: told as the server would, and not left to the
 * server, which may know the path better and find a protected table there.
 */
function notOnSearchPath(name: RangeVar, { source }: StatementContext): WhosawError {
  const fields = { P: source.position(name.location), F: "parse_relation.c", R: "parserOpenTable" };
  return new WhosawError("UNDEFINED_TABLE", `relation "${name.relname}" does not exist`, { fields });
}

type Body = Record<string, unknown>;

class Surveyor implements Survey {
  readonly relations = new Map<RangeVar, Resolved>();
  readonly ctes = new Map<RangeVar, CommonTableExpr>();
  readonly protectedSelects = new Set<SelectStmt>();
  readonly unknown: RangeVar[] = [];
  readonly calls = new Set<FunctionClass>();
  protected = false;
  modifyingCte = false;
  recursive = false;
  into: RangeVar | undefined;
  setsSearchPath = false;
  setsEncoding = false;

  readonly #statement: StatementContext;
  readonly #protectedCtes = new Set<CommonTableExpr>();
  readonly #selects: SelectStmt[] = [];
  #scope: CteScope | undefined;
  /** `alias.f` where some user function is named f: a call, unless every such alias has that column. */
  readonly #attributes: { alias: string; name: string }[] = [];

  constructor(statement: StatementContext) {
    this.#statement = statement;
  }

  walk(value: unknown): void {
    if (Array.isArray(value)) {
      for (const item of value) this.walk(item);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    for (const key in value) {
      const child = (value as Body)[key];
      if (typeof child !== "object" || child === null) continue;
      if (key === "typeName") this.type(child);
      const first = key.charCodeAt(0);
      if (first >= 65 && first <= 90) this.#visit(key, child as Body);
      else this.walk(child);
    }
  }

  #visit(kind: string, body: Body): void {
    const visitor = VISITORS[kind];
    if (visitor) visitor(this, body);
    else if (isQueryKind(kind)) this.walk(body);
    else refuse(`this statement contains a ${kind}, which the gateway does not know`, "write the statement without it");
  }

  select(select: SelectStmt): void {
    this.#selects.push(select);
    const scope = this.#scope;
    if (select.withClause) this.#with(select.withClause);
    if (select.intoClause?.rel) this.into = select.intoClause.rel;
    for (const key in select) {
      if (key === "withClause" || key === "intoClause" || key === "larg" || key === "rarg") continue;
      this.walk((select as Body)[key]);
    }
    if (select.larg) this.select(select.larg);
    if (select.rarg) this.select(select.rarg);
    this.#scope = scope;
    this.#selects.pop();
  }

  /** INSERT, UPDATE, DELETE, MERGE: the target is never a common table expression. */
  modify(body: Body): void {
    const scope = this.#scope;
    if (body["withClause"]) this.#with(body["withClause"]);
    this.relation(body["relation"] as RangeVar, true);
    for (const key in body) if (key !== "withClause" && key !== "relation") this.walk(body[key]);
    this.#scope = scope;
  }

  #with(clause: WithClause): void {
    const ctes = (clause.ctes ?? []).map((node) => (node as { CommonTableExpr: CommonTableExpr }).CommonTableExpr);
    const add = (cte: CommonTableExpr) => (this.#scope = { name: cte.ctename ?? "", cte, outer: this.#scope });
    if (clause.recursive) {
      this.recursive = true;
      ctes.forEach(add);
    }
    for (const cte of ctes) {
      const before = this.protected;
      this.protected = false;
      if (cte.ctequery && !("SelectStmt" in cte.ctequery)) this.modifyingCte = true;
      this.walk(cte);
      if (this.protected) this.#protectedCtes.add(cte);
      this.protected ||= before;
      if (!clause.recursive) add(cte);
    }
  }

  relation(name: RangeVar, target: boolean): void {
    if (!target && name.schemaname === undefined) {
      for (let scope = this.#scope; scope; scope = scope.outer) {
        if (scope.name !== name.relname) continue;
        this.ctes.set(name, scope.cte);
        if (this.#protectedCtes.has(scope.cte)) this.#markProtected();
        return;
      }
    }
    const resolved = resolveName(this.#statement.context, this.#statement.temps, name);
    this.relations.set(name, resolved);
    if (resolved.kind === "unknown") {
      if (resolved.elsewhere) throw notOnSearchPath(name, this.#statement);
      this.unknown.push(name);
    } else if (resolved.kind === "relation") {
      this.#classify(resolved);
      if (target) this.#target(resolved.relation);
    }
  }

  #classify(resolved: Extract<Resolved, { kind: "relation" }>): void {
    const { relation, standing } = resolved;
    const table = `${relation.schema}.${relation.name}`;
    if (standing.kind === "protected") this.#markProtected();
    else if (standing.kind === "unclassified") {
      if (relation.kind === "view" && this.#statement.context.catalog.standing(relation).kind === "protected")
        refuse(`${table} is a view, which cannot be protected`, "query the tables that it reads");
      if (relation.kind === "view" || relation.kind === "matview")
        refuse(`the view ${table} reads tables that are not public`, "query the tables themselves");
      refuse(
        `the table ${table} is neither protected nor declared public`,
        `declare it in the configuration: under subjects, or public: [${table}]`,
      );
    } else if (standing.kind === "system" && !standing.allowed) {
      refuse(
        `${table} can hold stored values or other sessions' statements`,
        "use pg_class, pg_attribute, pg_type, pg_index, pg_constraint or information_schema for questions about the schema",
      );
    }
  }

  /** What is written to does nothing but store rows. UPDATE pg_settings is a SET, by a rule, and so is one of a view on it. */
  #target(relation: Relation): void {
    const table = `${relation.schema}.${relation.name}`;
    const { catalog } = this.#statement.context;
    const isSystem = (of: Relation | undefined) => of !== undefined && catalog.standing(of).kind === "system";
    if (isSystem(relation) || relation.viewReads.some((oid) => isSystem(catalog.relation(oid))))
      refuseAlways(
        `${table} belongs to the server and is not written to`,
        "change a setting with SET, the schema with DDL",
      );
    if (relation.hasRules && !this.protected)
      refuse(
        `${table} has rewrite rules: writing to it could read other tables`,
        "drop the rules, or make triggers of them",
      );
  }

  #markProtected(): void {
    this.protected = true;
    for (const select of this.#selects) this.protectedSelects.add(select);
  }

  call(call: FuncCall): void {
    const names = strings(call.funcname);
    const name = names[names.length - 1] ?? "";
    const schema = names.length > 1 ? names[names.length - 2] : undefined;
    const builtIn =
      schema === "pg_catalog" ||
      (schema === "information_schema" && name === "_pg_expandarray") ||
      (schema === undefined && !this.#statement.context.catalog.overloadsBuiltIn(name));
    const known = builtIn && names.length <= 2 ? functionClass(name) : undefined;
    if (!known) {
      if (!builtIn)
        refuse(
          `the function ${names.join(".")} is not a built-in one: it could read tables by itself`,
          schema === undefined
            ? `write pg_catalog.${name} if the built-in function is meant; otherwise write out what it computes`
            : "write out what it computes, as a query on the tables",
        );
      refuse(
        `the function ${name} is not on the list of functions that only compute from their arguments`,
        "write the statement without it",
      );
    }
    this.calls.add(known);
    if (name === "set_config" || name === "current_setting") this.#setting(name, call.args ?? []);
    this.walk(call);
  }

  #setting(name: string, [argument, value]: readonly Node[]): void {
    const setting = literal(argument)?.toLowerCase();
    if (setting?.startsWith("whosaw.")) refuse(`${setting} belongs to the gateway`, "leave it out");
    if (name === "current_setting") return;
    if (setting === undefined) refuse("set_config with a computed name", "write the name of the setting as a literal");
    refuseSetting(setting);
    if (setting === "client_encoding" && embedsAscii(literal(value) ?? "sjis"))
      refuse("set_config with another client_encoding", "write SET client_encoding = 'UTF8'");
    if (setting === "client_encoding") this.setsEncoding = true;
    if (setting === "search_path") this.setsSearchPath = true;
  }

  type(name: TypeName): void {
    const names = strings(name.names);
    const type = names[names.length - 1] ?? "";
    if (names[0] !== "pg_catalog" && this.#statement.context.catalog.typeRunsCode(type))
      refuse(
        `the type ${names.join(".")} runs functions of its own: they could read tables by themselves`,
        "use its base type",
      );
  }

  operator(names: readonly string[]): void {
    const schema = names.length > 1 ? names[names.length - 2] : undefined;
    const operator = names[names.length - 1] ?? "";
    if (schema === undefined ? this.#statement.context.catalog.hasUserOperator(operator) : schema !== "pg_catalog") {
      refuse(
        `the operator ${operator} has a definition of its own in this database: it could read tables by itself`,
        `write OPERATOR(pg_catalog.${operator}) if the built-in operator is meant`,
      );
    }
  }

  jsonSyntax(body: Body): void {
    if (this.#statement.context.catalog.serverVersion < 170_000)
      refuse("SQL/JSON syntax that this server does not have", "use json_build_object, json_agg or jsonb_path_query");
    this.walk(body);
  }

  attribute(fields: readonly string[]): void {
    const name = fields[fields.length - 1] ?? "";
    if (fields.length > 1 && name !== "*" && this.#statement.context.catalog.hasUserFunction(name))
      this.#attributes.push({ alias: fields[fields.length - 2] ?? "", name });
  }

  indirection(fields: readonly string[]): void {
    for (const field of fields)
      if (field !== "*" && field !== "" && this.#statement.context.catalog.hasUserFunction(field))
        refuse(`(...).${field} could call the function ${field}`, `name the column with its table: alias.${field}`);
  }

  /** `t.f` calls f(t) when t has no column f. */
  finish(): void {
    for (const { alias, name } of this.#attributes) {
      let column = false;
      for (const [range, resolved] of this.relations) {
        if ((range.alias?.aliasname ?? range.relname) !== alias || resolved.kind !== "relation") continue;
        column = resolved.relation.columns.some((of) => of.name === name);
        if (!column) break;
      }
      if (!column)
        refuse(
          `${alias}.${name} could call the function ${name}`,
          "rename the column in the subquery, or name a column of a table",
        );
    }
  }
}

function literal(node: Node | undefined): string | undefined {
  return node && "A_Const" in node && node.A_Const.sval ? (node.A_Const.sval.sval ?? "") : undefined;
}

/** On servers before 17 these are calls of functions, which could be the users' own. */
const JSON_SYNTAX = [
  "JsonObjectConstructor",
  "JsonArrayConstructor",
  "JsonArrayQueryConstructor",
  "JsonObjectAgg",
  "JsonArrayAgg",
  "JsonParseExpr",
  "JsonScalarExpr",
  "JsonSerializeExpr",
  "JsonFuncExpr",
  "JsonTable",
  "MergeSupportFunc",
];

/** Settings that would let a session escape from what the gateway holds about it. */
export function refuseSetting(name: string): void {
  if (name === "role" || name === "session_authorization")
    refuseAlways(
      `${name} cannot be changed through the gateway`,
      "sign in as the person or service that should have it",
    );
  if (name === "standard_conforming_strings")
    refuseAlways("standard_conforming_strings must stay on", "write backslashes in E'...' strings");
  if (name.startsWith("whosaw.")) refuseAlways(`${name} belongs to the gateway`, "leave it out");
}

const VISITORS: Readonly<Record<string, (surveyor: Surveyor, body: Body) => void>> = {
  SelectStmt: (surveyor, body) => surveyor.select(body),
  InsertStmt: (surveyor, body) => surveyor.modify(body),
  UpdateStmt: (surveyor, body) => surveyor.modify(body),
  DeleteStmt: (surveyor, body) => surveyor.modify(body),
  MergeStmt: (surveyor, body) => surveyor.modify(body),
  RangeVar: (surveyor, body) => surveyor.relation(body, false),
  FuncCall: (surveyor, body) => surveyor.call(body),
  A_Expr: (surveyor, body) => {
    surveyor.operator(strings((body as A_Expr).name));
    surveyor.walk(body);
  },
  SubLink: (surveyor, body) => {
    if (body["operName"]) surveyor.operator(strings(body["operName"] as Node[]));
    surveyor.walk(body);
  },
  SortBy: (surveyor, body) => {
    if (body["useOp"]) surveyor.operator(strings(body["useOp"] as Node[]));
    surveyor.walk(body);
  },
  ColumnRef: (surveyor, body) => surveyor.attribute(strings(body["fields"] as Node[])),
  A_Indirection: (surveyor, body) => {
    surveyor.indirection(strings(body["indirection"] as Node[]));
    surveyor.walk(body);
  },
  RangeTableSample: (surveyor, body) => {
    const method = strings(body["method"] as Node[]);
    if (!["system", "bernoulli"].includes(method[method.length - 1] ?? ""))
      refuse(`the sampling method ${method.join(".")} is not a built-in one`, "use TABLESAMPLE bernoulli (percent)");
    surveyor.walk(body);
  },
  // As a node of its own: the parameter types of PREPARE.
  TypeName: (surveyor, body) => {
    surveyor.type(body);
    surveyor.walk(body);
  },
  // FOR UPDATE OF names entries of the FROM clause, not relations.
  LockingClause: () => undefined,
  ...Object.fromEntries(
    JSON_SYNTAX.map((kind) => [kind, (surveyor: Surveyor, body: Body) => surveyor.jsonSyntax(body)]),
  ),
};

/**
 * Looks at a query (or at any part of a statement that holds expressions).
 * @throws WhosawError REFUSED
 */
export function survey(statement: StatementContext, node: unknown): Survey {
  const surveyor = new Surveyor(statement);
  surveyor.walk(node);
  surveyor.finish();
  return surveyor;
}
