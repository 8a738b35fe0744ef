/** What stands behind LIMIT and OFFSET: numbers, parameters, and sums of them, which can be written a second time. */
import type { Node } from "libpg-query";
import { strings } from "./nodes.ts";
import { quoteIdentifier, refuse } from "./refusal.ts";

export interface Quantity {
  /** Undefined unless it is a whole number. */
  readonly value: bigint | undefined;
  /** Made anew from the tree: it holds numbers and parameters only. */
  readonly sql: string;
}

type Clause = "LIMIT" | "OFFSET";

const WHOLE = /^[+-]?\d{1,18}$/;
const OPERATORS: ReadonlySet<string> = new Set(["+", "-", "*"]);
const INTEGERS: ReadonlySet<string> = new Set(["int2", "int4", "int8"]);

/** @throws WhosawError REFUSED for anything else */
export function quantity(node: Node | undefined, clause: Clause): Quantity {
  const sql = written(node, clause);
  const digits = sql.replaceAll(/^'|'$/g, "");
  return { value: WHOLE.test(digits) ? BigInt(digits) : undefined, sql };
}

function written(node: Node | undefined, clause: Clause): string {
  if (node && "ParamRef" in node) return `$${node.ParamRef.number ?? 0}`;
  if (node && "A_Const" in node) return constant(node.A_Const, clause);
  if (node && "TypeCast" in node) {
    const names = strings(node.TypeCast.typeName?.names);
    if (!INTEGERS.has(names.at(-1) ?? "") || node.TypeCast.typeName?.arrayBounds) return other(clause);
    return `(${written(node.TypeCast.arg, clause)})::${names.map(quoteIdentifier).join(".")}`;
  }
  if (node && "A_Expr" in node && node.A_Expr.kind === "AEXPR_OP") {
    const { name, lexpr, rexpr } = node.A_Expr;
    const [operator, ...more] = strings(name);
    if (operator === undefined || more.length > 0 || !OPERATORS.has(operator)) return other(clause);
    const left = lexpr ? `${written(lexpr, clause)} ` : "";
    return `(${left}${operator} ${written(rexpr, clause)})`;
  }
  return other(clause);
}

type Constant = Extract<Node, { A_Const: unknown }>["A_Const"];

function constant(value: Constant, clause: Clause): string {
  if (value.isnull) return "null";
  if (value.ival) return String(value.ival.ival ?? 0);
  if (value.fval && /^-?[\d.]+$/.test(value.fval.fval ?? "")) return value.fval.fval ?? "";
  const text = value.sval?.sval ?? "";
  // A string that is a number means that number.
  return value.sval && WHOLE.test(text) ? `'${text}'` : other(clause);
}

function other(clause: Clause): never {
  return refuse(
    `${clause === "OFFSET" ? "OFFSET" : "LIMIT beside an OFFSET"} over protected rows is computed from more than numbers and parameters`,
    "write OFFSET $1, OFFSET 100 or OFFSET ($1 - 1) * 50, and the like for LIMIT",
  );
}
