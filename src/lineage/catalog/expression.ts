/** Keys given as SQL over one row: checked for what they read, and made to read it through an alias. */
import { parseSync, scanSync } from "libpg-query";
import type { Relation } from "../catalog.ts";
import { Mismatch, requireColumn } from "./mismatch.ts";
import { quoteIdentifier, quoteLiteral } from "./names.ts";
import type { CatalogQuery } from "./statements.ts";

export interface KeyExpression {
  readonly typeOid: number;
  readonly columns: readonly string[];
  /** The expression over the range-table entry known as `alias`, in brackets. */
  sql(alias: string): string;
}

/** What a key expression may consist of. Everything else (subselects, aggregates over windows, parameters) is turned down. */
const ALLOWED_NODES: ReadonlySet<string> = new Set([
  "A_Const",
  "A_Expr",
  "A_ArrayExpr",
  "A_Indices",
  "A_Indirection",
  "BoolExpr",
  "BooleanTest",
  "CaseExpr",
  "CaseWhen",
  "CoalesceExpr",
  "ColumnRef",
  "FuncCall",
  "Integer",
  "List",
  "MinMaxExpr",
  "NullTest",
  "String",
  "TypeCast",
  "TypeName",
]);
/** Fields of nodes whose values are nodes without a name of their own. */
const PLAIN_FIELDS: ReadonlySet<string> = new Set(["typeName", "ival", "fval", "sval", "boolval", "bsval"]);

interface Found {
  readonly columns: { name: string; start: number }[];
  readonly functions: Set<string>;
}

interface NodeRecord {
  readonly [field: string]: unknown;
}

const isRecord = (value: unknown): value is NodeRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function lastString(list: unknown): string | undefined {
  const last: unknown = Array.isArray(list) ? list.at(-1) : undefined;
  const node = isRecord(last) ? last["String"] : undefined;
  return isRecord(node) && typeof node["sval"] === "string" ? node["sval"] : undefined;
}

function collect(kind: string, node: NodeRecord, found: Found): void {
  if (!ALLOWED_NODES.has(kind))
    throw new Mismatch(`a key expression may not contain ${kind}; it reads columns of its own row only`);
  if (kind === "ColumnRef") {
    const name = Array.isArray(node["fields"]) && node["fields"].length === 1 ? lastString(node["fields"]) : undefined;
    if (name === undefined)
      throw new Mismatch("a key expression names columns plainly, without a table before them and without *");
    found.columns.push({ name, start: Number(node["location"] ?? 0) });
    return;
  }
  if (kind === "FuncCall") {
    if (node["over"] !== undefined || node["agg_star"] === true)
      throw new Mismatch("a key expression may not aggregate");
    found.functions.add(lastString(node["funcname"]) ?? "");
  }
  for (const [field, value] of Object.entries(node)) visit(field, value, found);
}

function visit(field: string, value: unknown, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value) visit("", item, found);
  } else if (isRecord(value)) {
    if (PLAIN_FIELDS.has(field)) return collect("TypeName", value, found);
    const entries = Object.entries(value);
    if (entries.length !== 1 || !isRecord(entries[0]![1])) throw new Mismatch("a key expression could not be read");
    collect(entries[0]![0], entries[0]![1], found);
  }
}

/** The one expression of `SELECT <text>`, and nothing besides it. */
function parseExpression(text: string): Found {
  let tree: unknown;
  try {
    tree = parseSync(`SELECT ${text}`);
  } catch (error) {
    throw new Mismatch(
      `the key expression cannot be parsed: ${error instanceof Error ? error.message : "unknown error"}`,
    );
  }
  const stmts = isRecord(tree) ? tree["stmts"] : undefined;
  const first: unknown = Array.isArray(stmts) && stmts.length === 1 ? stmts[0] : undefined;
  const stmt =
    isRecord(first) && first["stmt_len"] === undefined && isRecord(first["stmt"])
      ? first["stmt"]["SelectStmt"]
      : undefined;
  const extra = isRecord(stmt)
    ? Object.keys(stmt).filter((key) => !["targetList", "limitOption", "op"].includes(key))
    : [""];
  const targets = isRecord(stmt) ? stmt["targetList"] : undefined;
  const target: unknown = Array.isArray(targets) && targets.length === 1 ? targets[0] : undefined;
  const result = isRecord(target) && isRecord(target["ResTarget"]) ? target["ResTarget"] : undefined;
  if (
    extra.length > 0 ||
    result === undefined ||
    result["name"] !== undefined ||
    !isRecord(stmt) ||
    stmt["op"] !== "SETOP_NONE"
  ) {
    throw new Mismatch("the key is not one SQL expression");
  }
  const found: Found = { columns: [], functions: new Set() };
  visit("", result["val"], found);
  return found;
}

/** The text cut at its column references. */
function cut(text: string, found: Found): { pieces: string[]; columns: string[] } {
  const bytes = Buffer.from(text, "utf8");
  const shift = "SELECT ".length;
  const ends = new Map<number, number>();
  for (const token of scanSync(`SELECT ${text}`).tokens) {
    if (token.tokenName === "SQL_COMMENT" || token.tokenName === "C_COMMENT")
      throw new Mismatch("a key expression may not contain comments");
    ends.set(token.start, token.end);
  }
  const pieces: string[] = [];
  const columns: string[] = [];
  let at = 0;
  for (const column of found.columns.toSorted((a, b) => a.start - b.start)) {
    const end = ends.get(column.start);
    if (end === undefined) throw new Mismatch("a key expression could not be read");
    pieces.push(bytes.toString("utf8", at, column.start - shift));
    columns.push(column.name);
    at = end - shift;
  }
  pieces.push(bytes.toString("utf8", at));
  return { pieces, columns };
}

async function refuseImpure(functions: ReadonlySet<string>, query: CatalogQuery): Promise<void> {
  if (functions.size === 0) return;
  const names = [...functions].map(quoteLiteral).join(", ");
  const rows = await query(
    `SELECT DISTINCT p.proname FROM pg_catalog.pg_proc p WHERE p.proname IN (${names}) AND (p.provolatile = 'v' OR p.proretset OR p.prokind <> 'f')`,
  );
  const name = rows[0]?.[0];
  if (name !== undefined)
    throw new Mismatch(`a key expression may not call ${name}: it would not yield the same key for the same row`);
}

/**
 * The type of the expression, from the server, without reading a row: the branch that holds it is never taken, and the
 * columns are NULLs of the right types, so that the gateway's user needs no privilege on the table.
 */
async function typeOf(sql: string, relation: Relation, alias: string, query: CatalogQuery): Promise<number> {
  const types = await query(
    `SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = ${relation.oid} AND a.attnum > 0 AND NOT a.attisdropped`,
  );
  const row = types.map(([name, type]) => `NULL::${type} AS ${quoteIdentifier(name ?? "")}`).join(", ");
  await query("SAVEPOINT whosaw_key");
  try {
    const rows = await query(
      `SELECT pg_catalog.pg_typeof(CASE WHEN false THEN ${sql} END)::pg_catalog.oid FROM (SELECT ${row}) AS ${alias}`,
    );
    await query("RELEASE SAVEPOINT whosaw_key");
    return Number(rows[0]?.[0]);
  } catch (error) {
    await query("ROLLBACK TO SAVEPOINT whosaw_key");
    throw new Mismatch(
      `the server turned the key expression down: ${error instanceof Error ? error.message : "unknown error"}`,
    );
  }
}

/**
 * Analyses the SQL of a key rule. Needs libpg-query loaded, and a transaction.
 * @throws Mismatch
 */
export async function analyseExpression(text: string, relation: Relation, query: CatalogQuery): Promise<KeyExpression> {
  const found = parseExpression(text);
  for (const { name } of found.columns) requireColumn(relation, name, "the key expression's column");
  const { pieces, columns } = cut(text, found);
  const sql = (alias: string): string => {
    const parts = [pieces[0]!];
    columns.forEach((column, index) => parts.push(`${alias}.${quoteIdentifier(column)}`, pieces[index + 1]!));
    return `(${parts.join("")})`;
  };
  await refuseImpure(found.functions, query);
  const alias = "whosaw_row";
  return { typeOid: await typeOf(sql(alias), relation, alias, query), columns: [...new Set(columns)], sql };
}
