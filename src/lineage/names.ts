/** Which relation a name means: the gateway resolves names itself, the server gets them with their schema. */
import type { RangeVar } from "libpg-query";
import type { CatalogSnapshot, Relation, Standing } from "./catalog.ts";
import type { PlanContext } from "./planner.ts";
import { quoteIdentifier } from "./refusal.ts";
import type { StatementContext } from "./statement.ts";
import type { Survey } from "./survey.ts";

export type Resolved =
  /** A temporary table of this session; `qualify` when a table that matters has the same name. */
  | { readonly kind: "temp"; readonly qualify: boolean }
  /** No schema of the search path has it (`elsewhere`: but another schema does, and there it matters). */
  | { readonly kind: "unknown"; readonly elsewhere: boolean }
  | { readonly kind: "relation"; readonly relation: Relation; readonly standing: Standing; readonly qualify: boolean };

/** Relations whose contents are no rows of people. */
const CONTENTLESS = new Set(["sequence", "index", "composite"]);

/** The standing of a relation, views traced to what they read: a view is only as public as its tables. */
export function standingOf(catalog: CatalogSnapshot, relation: Relation): Standing {
  if (CONTENTLESS.has(relation.kind)) return { kind: "public" };
  const standing = catalog.standing(relation);
  if (relation.kind !== "view" && relation.kind !== "matview") return standing;
  if (standing.kind === "system") return standing;
  // A materialized view stores rows of its own, and can name their subjects.
  if (relation.kind === "matview" && standing.kind === "protected") return standing;
  const harmless = relation.viewReads.every((oid) => {
    const read = catalog.relation(oid);
    if (!read) return false;
    if (read.kind === "view" || read.kind === "matview") return true; // what it reads is in viewReads as well
    const of = catalog.standing(read);
    return of.kind === "public" || (of.kind === "system" && of.allowed);
  });
  // Whoever lists a view under subjects means that it shows people: it is not public, whatever it reads.
  return harmless && standing.kind !== "protected" ? { kind: "public" } : { kind: "unclassified" };
}

function matters(catalog: CatalogSnapshot, relation: Relation): boolean {
  const standing = standingOf(catalog, relation);
  return standing.kind !== "public" && !(standing.kind === "system" && standing.allowed);
}

/** Resolves a table name as the server would, pg_temp first, then the search path. */
export function resolveName(context: PlanContext, temps: ReadonlySet<string>, name: RangeVar): Resolved {
  const { catalog } = context;
  const relname = name.relname ?? "";
  if (name.schemaname !== undefined) {
    if (name.schemaname === "pg_temp")
      return temps.has(relname) ? { kind: "temp", qualify: false } : { kind: "unknown", elsewhere: true };
    const relation = catalog.find(name.schemaname, relname);
    if (!relation && /^pg_(toast|temp)/.test(name.schemaname)) return { kind: "unknown", elsewhere: true };
    return relation
      ? { kind: "relation", relation, standing: standingOf(catalog, relation), qualify: false }
      : { kind: "unknown", elsewhere: false };
  }
  // A namesake that matters anywhere: send the schema along, so that a search path that changed meanwhile cannot redirect the name.
  const namesakes = catalog.named(relname);
  const contested = namesakes.some((namesake) => matters(catalog, namesake));
  if (temps.has(relname)) return { kind: "temp", qualify: contested };
  for (const schema of context.searchPath) {
    const relation = catalog.find(schema, relname);
    if (relation) return { kind: "relation", relation, standing: standingOf(catalog, relation), qualify: contested };
  }
  return { kind: "unknown", elsewhere: contested };
}

/**
 * Schemas to write before the tables of a query that are named without one, by the token of the name.
 * @param all or only before names that could come to mean a table that matters
 */
export function missingSchemas(
  { source }: StatementContext,
  { relations }: Pick<Survey, "relations">,
  all: boolean,
): Map<number, string> {
  const schemas = new Map<number, string>();
  for (const [range, resolved] of relations) {
    if (range.schemaname !== undefined || resolved.kind === "unknown" || !(all || resolved.qualify)) continue;
    schemas.set(
      source.tokenAt(range.location),
      resolved.kind === "temp" ? "pg_temp." : `${quoteIdentifier(resolved.relation.schema)}.`,
    );
  }
  return schemas;
}
