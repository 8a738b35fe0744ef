/** Which tables hold the subjects themselves: one row, one person. */
import type { ColumnFacts, TableFacts } from "./database.ts";
import type { ColumnEvidence } from "./evidence.ts";
import type { Links } from "./links.ts";
import * as lexicon from "./words.ts";
import { says, singular, tableWords, words } from "./words.ts";

export interface SubjectTable {
  readonly kind: string;
  readonly table: TableFacts;
  readonly key: ColumnFacts;
  /** The boolean column that is true for staff. */
  readonly staffFlag: ColumnFacts | undefined;
}

export type Evidence = ReadonlyMap<number, ReadonlyMap<string, ColumnEvidence>>;

/**
 * @param chosen the table that somebody named as the subjects' own, if anybody did
 * @returns the most important first; empty if no table looks like one
 */
export function findSubjects(
  tables: readonly TableFacts[],
  evidence: Evidence,
  links: Links,
  chosen: string | undefined,
): SubjectTable[] {
  const pointedAt = countLinks(links);
  const scored = tables
    .map((table) => ({ table, score: scoreOf(table, evidence, pointedAt.get(table.relation.oid) ?? 0) }))
    .map(({ table, score }) => ({ table, score: table.name === chosen ? Number.MAX_SAFE_INTEGER : score }))
    .filter(({ table, score }) => score > 0 && keyColumn(table) !== undefined)
    .toSorted((a, b) => b.score - a.score);
  const candidates = new Map(scored.map(({ table, score }) => [table.relation.oid, score]));
  const names = new Set<string>();
  return scored
    .filter(({ table, score }) => !belongsToAnother(table, score, links, candidates))
    .map(({ table }) => {
      const kind = kindName(table, names);
      names.add(kind);
      return { kind, table, key: keyColumn(table)!, staffFlag: staffFlag(table) };
    });
}

function countLinks(links: Links): Map<number, number> {
  const counts = new Map<number, number>();
  for (const list of links.values()) {
    for (const { target, meaning } of list) {
      if (meaning !== "doer") counts.set(target.relation.oid, (counts.get(target.relation.oid) ?? 0) + 1);
    }
  }
  return counts;
}

const POINTS = {
  customers: 60,
  people: 30,
  staff: 15,
  wholeName: 10,
  identity: 10,
  contact: 10,
  linksMax: 20,
} as const;

/** 0 for tables that hold no people, or people that are told by another table's key. */
function scoreOf(table: TableFacts, evidence: Evidence, pointedAt: number): number {
  const columns = [...(evidence.get(table.relation.oid)?.values() ?? [])];
  const identity = columns.some((column) => column.personal && column.field === "identity");
  const contact = columns.some((column) => column.personal && column.field === "contact");
  const own = tableWords(table.relation.name);
  const last = own.slice(-1);
  if (says(last, lexicon.BELONGINGS) || says(last, lexicon.TENANTS)) return 0;
  const meaning = says(last, lexicon.CUSTOMERS)
    ? POINTS.customers
    : says(last, lexicon.PEOPLE)
      ? POINTS.people
      : says(last, lexicon.STAFF)
        ? POINTS.staff
        : 0;
  if (meaning === 0 ? !(identity && contact) : !(identity || contact)) return 0;
  if (meaning === 0 && says(last, lexicon.THINGS)) return 0;
  return (
    meaning +
    (own.length === 1 ? POINTS.wholeName : 0) +
    (identity ? POINTS.identity : 0) +
    (contact ? POINTS.contact : 0) +
    Math.min(pointedAt, POINTS.linksMax)
  );
}

function keyColumn(table: TableFacts): ColumnFacts | undefined {
  const usable = (column: ColumnFacts): boolean => column.key !== undefined && !column.key.array;
  return (
    table.columns.find((column) => column.name === table.primaryKey && usable(column)) ??
    table.columns.find(
      (column) => column.unique && column.notNull && usable(column) && words(column.name).at(-1) === "id",
    )
  );
}

/** A profile, an address book entry: it has the id of the person whose it is. */
function belongsToAnother(
  table: TableFacts,
  score: number,
  links: Links,
  candidates: ReadonlyMap<number, number>,
): boolean {
  return (links.get(table.relation.oid) ?? []).some((link) => {
    const other = candidates.get(link.target.relation.oid);
    if (other === undefined || link.target === table || link.meaning === "doer") return false;
    const must = link.column.notNull || link.column.unique || link.meaning === "customer";
    return must && other >= score;
  });
}

function staffFlag(table: TableFacts): ColumnFacts | undefined {
  return table.columns.find(
    ({ name, nature }) =>
      nature === "truth" &&
      says(words(name), lexicon.STAFF_FLAGS) &&
      words(name).every((word) => word === "is" || lexicon.STAFF_FLAGS.has(word)),
  );
}

const KIND_CHARS_MAX = 28;

/** `spree_users` to `user`; lower-case ASCII letters, as whosaw.yaml has it. */
export function kindName(table: TableFacts, taken: ReadonlySet<string>): string {
  const own = words(table.relation.name).map(singular);
  const word = own.findLast((part) => /^[a-z]+$/u.test(part)) ?? "subject";
  const base = word.slice(0, KIND_CHARS_MAX);
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}
