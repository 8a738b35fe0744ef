/** Whether a condition says something about subjects, or merely which of them is meant. */
import type { Node } from "libpg-query";
import { isKeyColumn } from "./from.ts";
import { strings } from "./nodes.ts";
import { baseColumn, Flow, type Reader } from "./reader.ts";
import type { Scope } from "./scope.ts";

/** What was read depends on protected rows: on their columns, or on how many there are (a count in a subquery). */
export function aboutSubjects(flow: Flow): boolean {
  return flow.origins.size > 0 || [...flow.entries].some((entry) => entry.hiding);
}

/** A condition that names subjects by their keys, and so says nothing else about them. */
export function isKeyEquality(reader: Reader, node: Node, scope: Scope): boolean {
  if (!("A_Expr" in node)) return false;
  const { kind, name, lexpr, rexpr } = node.A_Expr;
  if (!(kind === "AEXPR_OP" || kind === "AEXPR_IN" || kind === "AEXPR_OP_ANY") || strings(name).at(-1) !== "=")
    return false;
  const side = (of: Node | undefined) => {
    const flow = new Flow();
    reader.read(of, scope, flow);
    return !aboutSubjects(flow) || isKey(of, scope);
  };
  return side(lexpr) && side(rexpr);
}

function isKey(node: Node | undefined, scope: Scope): boolean {
  const column = baseColumn(node, scope);
  return column !== undefined && isKeyColumn(column);
}
