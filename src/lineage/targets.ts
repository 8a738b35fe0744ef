/** Target lists in the text: stars written out as columns, hidden columns behind the last visible one. */
import type { ResTarget, SelectStmt } from "libpg-query";
import { assert } from "../base/assert.ts";
import type { From, StarItem } from "./from.ts";
import { findEntry } from "./reader.ts";
import { refuse } from "./refusal.ts";
import { qualified, type Entry } from "./scope.ts";
import type { StatementContext } from "./statement.ts";
import { isSymbol, keyword } from "./tokens.ts";

/** The entries whose columns a star stands for. */
export function starEntries(fields: readonly string[], from: From): readonly Entry[] {
  if (fields.length === 1) return from.scope.entries;
  const entry = findEntry(from.scope, fields.at(-2) ?? "", fields.at(-3));
  return entry ? [entry] : [];
}

/** The columns that `*` or `alias.*` stands for. */
export function starItems(fields: readonly string[], from: From): readonly StarItem[] {
  if (fields.length === 1) return from.stars;
  const entry = starEntries(fields, from)[0];
  if (!entry) return [];
  return entry.columns.map((column) => ({
    name: column.name,
    sql: qualified(entry, column.name),
    column,
    merged: false,
    entry,
  }));
}

/** Writes the columns of a star into the text; returns them for `TABLE t`, which has no star to replace. */
export function expandStar(
  statement: StatementContext,
  target: ResTarget,
  stars: readonly StarItem[],
  vague: boolean,
  from: From,
): string | undefined {
  const { source, splices } = statement;
  if (vague) refuse("* stands for columns that the gateway does not know", "name the columns");
  if (stars.length === 0) refuse("* stands for no column", "name the columns");
  for (const star of stars) {
    const namesakes = star.merged
      ? from.stars.filter((other) => other.name === star.name)
      : stars.filter((other) => other.entry === star.entry && other.name === star.name);
    if (namesakes.length > 1) refuse(`* stands for two columns named ${star.name}`, "name the columns");
  }
  const list = stars.map((star) => star.sql).join(", ");
  if (target.location === -1) return list;
  const first = source.tokenAt(target.location);
  let last = first,
    brackets = 0;
  for (; !isSymbol(source.tokens, last, "*"); last++) if (isSymbol(source.tokens, last, "(")) brackets++;
  // `(c.*)` is a star as well.
  for (; brackets > 0; brackets--) assert(isSymbol(source.tokens, ++last, ")"), "a star in brackets");
  splices.replace(source.start(first), source.end(last), list);
  return undefined;
}

/** Writes hidden columns behind the last visible one. */
export function appendHidden(
  statement: StatementContext,
  select: SelectStmt,
  expanded: string | undefined,
  expressions: readonly string[],
): void {
  if (expressions.length === 0 && expanded === undefined) return;
  const { source, splices } = statement;
  const last = select.targetList?.at(-1);
  if (expanded !== undefined) {
    const word = keywordBefore(statement, select, "table");
    splices.replace(source.start(word), source.end(word), `select ${[expanded, ...expressions].join(", ")} from`);
  } else if (last && "ResTarget" in last) {
    const after = source.afterTargets(source.tokenAt(last.ResTarget.location));
    splices.insert(source.end(after - 1), `, ${expressions.join(", ")}${source.gapBefore(after)}`);
  } else {
    splices.insert(source.start(keywordBefore(statement, select, "from")), `${expressions.join(", ")} `);
  }
}

/** The keyword before the first table of FROM. */
export function keywordBefore(statement: StatementContext, select: SelectStmt, word: string): number {
  const { source } = statement;
  let first = select.fromClause?.[0];
  while (first && "JoinExpr" in first) first = first.JoinExpr.larg;
  if (!first || !("RangeVar" in first)) refuse("a SELECT without columns", "select at least one column");
  let token = source.tokenAt(first.RangeVar.location) - 1;
  while (token > 0 && (keyword(source.tokens, token) === "only" || isSymbol(source.tokens, token, "("))) token--;
  if (keyword(source.tokens, token) !== word) refuse("a SELECT without columns", "select at least one column");
  return token;
}
