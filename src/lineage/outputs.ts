/** The name that PostgreSQL gives to an output column without alias (FigureColname in parse_target.c). */
import type { Node } from "libpg-query";
import { strings, unwrap } from "./nodes.ts";

/** How sure a name is: that of a type or a CASE gives way to that of its argument. */
type Named = { readonly name: string; readonly strong: boolean } | undefined;

const FIXED: Readonly<Record<string, string>> = {
  CoalesceExpr: "coalesce",
  A_ArrayExpr: "array",
  RowExpr: "row",
  GroupingFunc: "grouping",
  MergeSupportFunc: "merge_action",
  XmlSerialize: "xmlserialize",
  JsonParseExpr: "json",
  JsonScalarExpr: "json_scalar",
  JsonSerializeExpr: "json_serialize",
  JsonObjectConstructor: "json_object",
  JsonArrayConstructor: "json_array",
  JsonArrayQueryConstructor: "json_array",
  JsonObjectAgg: "json_objectagg",
  JsonArrayAgg: "json_arrayagg",
};
const VALUE_FUNCTIONS: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: "current_date",
  SVFOP_CURRENT_TIME: "current_time",
  SVFOP_CURRENT_TIME_N: "current_time",
  SVFOP_CURRENT_TIMESTAMP: "current_timestamp",
  SVFOP_CURRENT_TIMESTAMP_N: "current_timestamp",
  SVFOP_LOCALTIME: "localtime",
  SVFOP_LOCALTIME_N: "localtime",
  SVFOP_LOCALTIMESTAMP: "localtimestamp",
  SVFOP_LOCALTIMESTAMP_N: "localtimestamp",
  SVFOP_CURRENT_ROLE: "current_role",
  SVFOP_CURRENT_USER: "current_user",
  SVFOP_USER: "user",
  SVFOP_SESSION_USER: "session_user",
  SVFOP_CURRENT_CATALOG: "current_catalog",
  SVFOP_CURRENT_SCHEMA: "current_schema",
};

function last(names: readonly string[]): string | undefined {
  return names.findLast((name) => name !== "*" && name !== "");
}

function named(node: Node | undefined): Named {
  if (!node) return undefined;
  const strong = (name: string | undefined): Named => (name === undefined ? undefined : { name, strong: true });
  if ("ColumnRef" in node) return strong(last(strings(node.ColumnRef.fields)));
  if ("A_Indirection" in node)
    return (
      strong(last(strings(node.A_Indirection.indirection?.filter((of) => "String" in of)))) ??
      named(node.A_Indirection.arg)
    );
  if ("FuncCall" in node) return strong(strings(node.FuncCall.funcname).at(-1));
  if ("A_Expr" in node) return node.A_Expr.kind === "AEXPR_NULLIF" ? strong("nullif") : undefined;
  if ("CollateClause" in node) return named(node.CollateClause.arg);
  if ("TypeCast" in node) {
    const argument = named(node.TypeCast.arg);
    if (argument?.strong) return argument;
    const type = strings(node.TypeCast.typeName?.names).at(-1);
    return type === undefined ? argument : { name: type, strong: false };
  }
  if ("CaseExpr" in node) {
    const otherwise = named(node.CaseExpr.defresult);
    return otherwise?.strong ? otherwise : { name: "case", strong: false };
  }
  if ("MinMaxExpr" in node) return strong(node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest");
  if ("SQLValueFunction" in node) return strong(VALUE_FUNCTIONS[node.SQLValueFunction.op ?? ""]);
  if ("SubLink" in node) return sublink(node.SubLink.subLinkType, node.SubLink.subselect);
  if ("JsonFuncExpr" in node) {
    const op = node.JsonFuncExpr.op;
    return strong(op === "JSON_EXISTS_OP" ? "json_exists" : op === "JSON_QUERY_OP" ? "json_query" : "json_value");
  }
  return strong(FIXED[unwrap(node)[0]]);
}

function sublink(type: string | undefined, subselect: Node | undefined): Named {
  if (type === "EXISTS_SUBLINK") return { name: "exists", strong: true };
  if (type === "ARRAY_SUBLINK") return { name: "array", strong: true };
  if (type !== "EXPR_SUBLINK" || !subselect || !("SelectStmt" in subselect)) return undefined;
  let select = subselect.SelectStmt;
  while (select.larg) select = select.larg;
  const first = select.targetList?.[0];
  if (!first || !("ResTarget" in first)) return select.valuesLists ? { name: "column1", strong: true } : undefined;
  return first.ResTarget.name === undefined ? named(first.ResTarget.val) : { name: first.ResTarget.name, strong: true };
}

/** The output column's name of an expression without alias. */
export function figureName(node: Node | undefined): string {
  return named(node)?.name ?? "?column?";
}
