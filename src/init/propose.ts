/** From a connection to a proposal: reads the catalog, looks at a few values, and judges every table. */
import { LIMITS } from "../base/limits.ts";
import type { Classification } from "../lineage/classification.ts";
import { classify } from "../lineage/catalog/standing.ts";
import type { CatalogQuery } from "../lineage/catalog/statements.ts";
import { configName, type DatabaseFacts, readDatabase } from "./database.ts";
import { columnEvidence } from "./evidence.ts";
import { findWays } from "./keys.ts";
import { findLinks, type Links } from "./links.ts";
import type { Proposal, ProposedKind, ProposedTable } from "./proposal.ts";
import { sampleTable, type TableSample } from "./sample.ts";
import { type Evidence, findSubjects, type SubjectTable } from "./subjects.ts";
import { verdictOn } from "./verdicts.ts";
import { words } from "./words.ts";

export interface ProposeOptions {
  /** Look at the catalog alone, at no value. */
  readonly catalogOnly: boolean;
  /** Take what names and values say for a foreign key. */
  readonly trustNames: boolean;
  /** Called as tables are looked at. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** What was found out; verdicts can be made of it again without the database. */
export interface Findings {
  readonly database: DatabaseFacts;
  readonly links: Links;
  readonly samples: ReadonlyMap<number, TableSample>;
  readonly evidence: Evidence;
}

/**
 * Looks at the database, in the caller's read-only transaction (CATALOG_TRANSACTION).
 * @throws WhosawError as `query` does
 */
export async function examine(query: CatalogQuery, options: ProposeOptions): Promise<Findings> {
  await query(`SET LOCAL statement_timeout = ${LIMITS.initStatementMs}`);
  await query(`SET LOCAL lock_timeout = ${LIMITS.initStatementMs}`);
  const database = await readDatabase(query);
  const samples = new Map<number, TableSample>();
  const evidence = new Map<number, ReadonlyMap<string, ReturnType<typeof columnEvidence>>>();
  for (const [index, table] of database.tables.entries()) {
    const sample = options.catalogOnly ? undefined : await sampleTable(query, table);
    if (sample !== undefined) samples.set(table.relation.oid, sample);
    evidence.set(
      table.relation.oid,
      new Map(table.columns.map((column) => [column.name, columnEvidence(column, table, sample?.get(column.name))])),
    );
    options.onProgress?.(index + 1, database.tables.length);
  }
  const links = await findLinks(options.catalogOnly ? refuseAll : query, database);
  return { database, links, samples, evidence };
}

/** Stands for the database where no value may be looked at. */
const refuseAll: CatalogQuery = () => Promise.reject(new Error("no value is looked at"));

/** Judges every table. @param chosen the subjects' own table, if somebody named it */
export function propose(
  { database, links, samples, evidence }: Findings,
  options: Pick<ProposeOptions, "trustNames">,
  chosen?: string,
): Proposal {
  const subjects = findSubjects(database.tables, evidence, links, chosen);
  const ways = findWays(database.tables, subjects, links, samples);
  const input = { subjects, ways, links, evidence, trustNames: options.trustNames };
  const tables = database.tables.map((table) => verdictOn(table, input));
  return { kinds: subjects.map(kindOf), tables, ...sortViews(database, tables) };
}

function kindOf({ kind, table, staffFlag }: SubjectTable): ProposedKind {
  const strata: Record<string, string> = {};
  for (const { name } of staffFlag === undefined ? table.columns : []) {
    const plain = words(name).join("_");
    if (/^(?:country|country_code|land)$/u.test(plain)) strata["country"] ??= name;
    if (/^(?:language|lang|locale|sprache)$/u.test(plain)) strata["language"] ??= name;
  }
  return { name: kind, table: table.name, strata };
}

function sortViews(
  { views, facts }: DatabaseFacts,
  tables: readonly ProposedTable[],
): Pick<Proposal, "publicViews" | "otherViews"> {
  const open = new Set(tables.filter(({ verdict }) => verdict === "public").map(({ table }) => table.relation.oid));
  const isOpen = (oid: number): boolean => open.has(oid) || facts.relations.get(oid)?.kind === "view";
  const names = (wanted: boolean): string[] =>
    views
      .filter((view) => (view.viewReads.length > 0 && view.viewReads.every(isOpen)) === wanted)
      .map(({ schema, name }) => configName(schema, name))
      .sort();
  return { publicViews: names(true), otherViews: names(false) };
}

/** As the planner takes it: unsure tables are in neither list. */
export function classificationOf(proposal: Proposal): Classification {
  const subjects: Record<string, { tables: Record<string, Classification["subjects"][string]["tables"][string]> }> = {};
  for (const { table, verdict, rule } of proposal.tables) {
    if (verdict === "protected" && rule !== undefined)
      (subjects[rule.kind] ??= { tables: {} }).tables[table.name] = rule;
  }
  return { subjects, public: publicNames(proposal) };
}

export function publicNames({ tables, publicViews }: Proposal): string[] {
  return [...tables.filter(({ verdict }) => verdict === "public").map(({ table }) => table.name), ...publicViews];
}

/**
 * Holds the proposal against the catalog as the gateway will: a table that does not fit (row security on a key's path, a
 * name that cannot be written) becomes unsure, with the reason.
 */
export async function hold(query: CatalogQuery, proposal: Proposal, database: DatabaseFacts): Promise<Proposal> {
  const { mismatches } = await classify(database.facts, classificationOf(proposal), query);
  const named = proposal.tables.some(({ table }) => table.relation.name === "*");
  if (mismatches.length === 0 && !named) return proposal;
  const mismatchOf = async (classification: Classification): Promise<string | undefined> =>
    (await classify(database.facts, classification, query)).mismatches[0];
  const guarded: ProposedTable[] = [];
  for (const proposed of proposal.tables) {
    const one = { ...proposal, tables: [proposed], publicViews: [] };
    guarded.push(
      proposed.verdict === "protected" ? demoted(proposed, await mismatchOf(classificationOf(one))) : proposed,
    );
  }
  const { subjects } = classificationOf({ ...proposal, tables: guarded });
  const tables: ProposedTable[] = [];
  for (const proposed of guarded) {
    const reason = await (proposed.verdict === "public"
      ? mismatchOf({ subjects, public: [proposed.table.name] })
      : undefined);
    tables.push(demoted(proposed, reason));
  }
  const [publicViews, otherViews] = [[] as string[], [...proposal.otherViews]];
  for (const view of proposal.publicViews) {
    const reason = await mismatchOf({ subjects, public: [view] });
    (reason === undefined ? publicViews : otherViews).push(view);
  }
  return { ...proposal, tables, publicViews, otherViews: otherViews.sort() };
}

/** `schema.*` stands for all tables of the schema: a table of that name cannot be listed. */
function demoted(proposed: ProposedTable, mismatch: string | undefined): ProposedTable {
  const reason = proposed.table.relation.name === "*" ? "a table named * cannot be listed by its name" : mismatch;
  if (reason === undefined) return proposed;
  return {
    ...proposed,
    verdict: "unsure",
    rule: undefined,
    why: `${proposed.why}; but ${reason}`,
    decide: "Change what stands in the way, and run init again.",
  };
}
