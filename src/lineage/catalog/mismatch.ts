/** Names of the configuration that the database does not know, and what they may have been meant to be. */
import type { Column, Relation } from "../catalog.ts";
import type { Facts } from "./facts.ts";
import { nearestName, splitQualified } from "./names.ts";

/** One sentence for each thing that does not fit. */
export class Mismatch extends Error {}

/** The column, or a Mismatch that names the nearest one. */
export function requireColumn(relation: Relation, name: string, what: string): Column {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  const near = nearestName(
    name,
    relation.columns.map((candidate) => candidate.name),
  );
  throw new Mismatch(
    `${what} ${name} does not exist in ${relation.schema}.${relation.name}${near === undefined ? "" : `; did you mean ${near}?`}`,
  );
}

/** The relation of that qualified name, or a Mismatch that names the nearest one. */
export function requireRelation(name: string, facts: Facts): Relation {
  const parts = splitQualified(name);
  if (parts === undefined || parts.length !== 2) throw new Mismatch(`${name} is not a name of the form schema.table`);
  let sameName: string | undefined;
  const candidates: string[] = [];
  for (const relation of facts.relations.values()) {
    if (relation.kind === "index" || relation.kind === "toast" || relation.kind === "composite") continue;
    if (relation.name === parts[1] && relation.schema === parts[0]) return relation;
    if (relation.schema === "pg_catalog" || relation.schema === "information_schema") continue;
    if (relation.name === parts[1]) sameName = `${relation.schema}.${relation.name}`;
    candidates.push(`${relation.schema}.${relation.name}`);
  }
  const near = sameName ?? nearestName(name, candidates);
  throw new Mismatch(`${name} does not exist${near === undefined ? "" : `; did you mean ${near}?`}`);
}
