/** Holds one key rule against the database: which SQL yields the key of a row, of which type, and may it be NULL. */
import type { Column, ProtectedRelation, Relation } from "../catalog.ts";
import type { KeyRule } from "../classification.ts";
import type { Facts, KeyType } from "./facts.ts";
import { keyTypeOf } from "./facts.ts";
import type { KeyExpression } from "./expression.ts";
import { Mismatch, requireColumn, requireRelation } from "./mismatch.ts";
import { quoteIdentifier, splitQualified } from "./names.ts";

/** The part of a ProtectedRelation that its key rule decides. */
export type ResolvedKey = Pick<
  ProtectedRelation,
  "keyType" | "array" | "keyNeverNull" | "keySql" | "keyColumns" | "pathReads"
>;

function requireKeyType(column: Column, relation: Relation, facts: Facts): KeyType {
  const type = keyTypeOf(column.typeOid, facts.types);
  if (type !== undefined) return type;
  throw new Mismatch(
    `the key ${relation.schema}.${relation.name}.${column.name} is of a type that no subject key has; use an integer, uuid or text, an array of them, or key: {sql: ...} with a cast`,
  );
}

/** The column is declared NOT NULL, in every table that a scan of the relation reads. */
function neverNull(relation: Relation, name: string, facts: Facts): boolean {
  if (relation.kind !== "table" && relation.kind !== "partitioned") return false;
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column === undefined || !column.notNull) return false;
  if (!relation.hasInheritors) return true;
  for (const child of facts.relations.values()) {
    if (child.parents.includes(relation.oid) && !neverNull(child, name, facts)) return false;
  }
  return true;
}

function resolveColumn(name: string, relation: Relation, facts: Facts): ResolvedKey {
  const column = requireColumn(relation, name, "the key column");
  const type = requireKeyType(column, relation, facts);
  const quoted = quoteIdentifier(name);
  return {
    ...type,
    keyNeverNull: !type.array && neverNull(relation, name, facts),
    keySql: (alias) => `${alias}.${quoted}`,
    keyColumns: [name],
    pathReads: [],
  };
}

interface Step {
  readonly target: Relation;
  /** The unique column that is compared. */
  readonly matched: string;
  readonly read: Column;
  readonly neverNull: boolean;
}

/** Columns of `target` that a value of `from.column` can name one row by: the foreign key's, else the primary key. */
function matchedColumn(
  from: Relation,
  column: Column,
  target: Relation,
  facts: Facts,
): { name: string; alwaysHolds: boolean } {
  const name = `${target.schema}.${target.name}`;
  const unique = (number: number): boolean => facts.unique.has(`${target.oid}.${number}`);
  const foreign = facts.foreignKeys.filter(
    (key) =>
      key.relation === from.oid &&
      key.column === column.number &&
      key.target === target.oid &&
      unique(key.targetColumn),
  );
  const key = foreign.find((candidate) => candidate.alwaysHolds) ?? foreign[0];
  const number =
    key?.targetColumn ??
    target.columns.find((candidate) => facts.unique.get(`${target.oid}.${candidate.number}`) === true)?.number;
  const matched = target.columns.find((candidate) => candidate.number === number);
  if (matched === undefined) {
    throw new Mismatch(
      `the path from ${from.schema}.${from.name}.${column.name} to ${name} does not lead to one row: there is no foreign key of one column, and ${name} has no primary key of one column`,
    );
  }
  return { name: matched.name, alwaysHolds: key?.alwaysHolds === true && !from.hasInheritors };
}

function resolveStep(from: Relation, column: Column, segment: string, facts: Facts): Step {
  const parts = splitQualified(segment);
  if (parts === undefined || parts.length !== 3)
    throw new Mismatch(`${segment} in a key path is not of the form schema.table.column`);
  const target = requireRelation(`${quoteIdentifier(parts[0]!)}.${quoteIdentifier(parts[1]!)}`, facts);
  const name = `${target.schema}.${target.name}`;
  const read = requireColumn(target, parts[2]!, "the path's column");
  if (target.hasRowSecurity) {
    throw new Mismatch(
      `the key path reads ${name}, which has row security: rows hidden from a reader would leave subjects without a key; copy the key into ${from.schema}.${from.name} instead`,
    );
  }
  if (target.kind === "table" && target.hasInheritors) {
    throw new Mismatch(
      `the key path reads ${name}, which other tables inherit from: its keys are not unique over all of them`,
    );
  }
  const matched = matchedColumn(from, column, target, facts);
  const certain = matched.alwaysHolds && neverNull(from, column.name, facts);
  return { target, matched: matched.name, read, neverNull: certain };
}

function pathSql(steps: readonly Step[], first: string, alias: string): string {
  let value = `${alias}.${quoteIdentifier(first)}`;
  steps.forEach((step, index) => {
    let inner = `whosaw_step_${index + 1}`;
    while (alias.includes(inner)) inner += "_";
    const table = `${quoteIdentifier(step.target.schema)}.${quoteIdentifier(step.target.name)}`;
    value = `(SELECT ${inner}.${quoteIdentifier(step.read.name)} FROM ${table} AS ${inner} WHERE ${inner}.${quoteIdentifier(step.matched)} OPERATOR(pg_catalog.=) ${value})`;
  });
  return value;
}

function resolvePath(path: readonly [string, ...string[]], relation: Relation, facts: Facts): ResolvedKey {
  const [first, ...segments] = path;
  if (segments.length === 0) return resolveColumn(first, relation, facts);
  const steps: Step[] = [];
  let from = relation;
  let column = requireColumn(relation, first, "the key path's first column");
  for (const segment of segments) {
    const step = resolveStep(from, column, segment, facts);
    steps.push(step);
    [from, column] = [step.target, step.read];
  }
  const type = requireKeyType(column, from, facts);
  return {
    ...type,
    keyNeverNull: !type.array && steps.every((step) => step.neverNull) && neverNull(from, column.name, facts),
    keySql: (alias) => pathSql(steps, first, alias),
    keyColumns: [first],
    pathReads: steps.map((step) => ({ oid: step.target.oid, columns: [...new Set([step.matched, step.read.name])] })),
  };
}

function resolveExpression(expression: KeyExpression, relation: Relation, facts: Facts): ResolvedKey {
  const type = keyTypeOf(expression.typeOid, facts.types);
  if (type === undefined) {
    throw new Mismatch(
      `the key expression of ${relation.schema}.${relation.name} yields a type that no subject key has; cast it to bigint, uuid or text, or to an array of them`,
    );
  }
  return {
    ...type,
    keyNeverNull: false,
    keySql: (alias) => expression.sql(alias),
    keyColumns: expression.columns,
    pathReads: [],
  };
}

/**
 * @param expression the rule's SQL as analysed beforehand, for `sql` rules
 * @throws Mismatch
 */
export function resolveKey(
  rule: KeyRule,
  expression: KeyExpression | undefined,
  relation: Relation,
  facts: Facts,
): ResolvedKey {
  if ("column" in rule) return resolveColumn(rule.column, relation, facts);
  if ("path" in rule) return resolvePath(rule.path, relation, facts);
  if (expression === undefined)
    throw new Mismatch(`the key expression of ${relation.schema}.${relation.name} was not analysed`);
  return resolveExpression(expression, relation, facts);
}
