/** How rows of a table name their subject: through a column, or through other tables, the most telling way first. */
import { LIMITS } from "../base/limits.ts";
import type { KeyRule } from "../lineage/classification.ts";
import { configName, type TableFacts } from "./database.ts";
import type { Link, Links } from "./links.ts";
import type { TableSample } from "./sample.ts";
import type { SubjectTable } from "./subjects.ts";
import { tableWords, words } from "./words.ts";

/** A way from a row to its subject. */
export interface Way {
  readonly subject: SubjectTable;
  readonly key: KeyRule;
  /** From the row's own column to the subject's table. */
  readonly links: readonly Link[];
  /** Every step is a foreign key. */
  readonly declared: boolean;
  /** Some rows have been seen to name nobody; undefined: it is possible, and none was seen. */
  readonly nulls: "never" | "possible" | "seen";
  /** How telling it is; less is better. */
  readonly cost: number;
  /** The last step says that it is the customer's, not just anybody's. */
  readonly customer: boolean;
}

export type Ways = ReadonlyMap<number, Way>;
export type Samples = ReadonlyMap<number, TableSample>;

const COST = {
  customer: 0,
  own: 2,
  parentOfCustomer: 1,
  parent: 3,
  nullable: 2,
  alike: -0.5,
  step: 0.25,
  laterKind: 5,
} as const;

/** The best way of every table that has one; the subjects' own tables are left out. */
export function findWays(
  tables: readonly TableFacts[],
  subjects: readonly SubjectTable[],
  links: Links,
  samples: Samples,
): Ways {
  const ways = new Map<number, Way>();
  const own = new Set(subjects.map(({ table }) => table.relation.oid));
  // Round after round, ways grow by one step, until none gets better.
  for (let round = 0; round < LIMITS.initPathStepsMax; round++) {
    let better = false;
    for (const table of tables) {
      if (own.has(table.relation.oid)) continue;
      const best = bestWay(table, subjects, links, samples, ways);
      const before = ways.get(table.relation.oid);
      if (best === undefined || (before !== undefined && before.cost <= best.cost)) continue;
      ways.set(table.relation.oid, best);
      better = true;
    }
    if (!better) break;
  }
  return ways;
}

function bestWay(
  table: TableFacts,
  subjects: readonly SubjectTable[],
  links: Links,
  samples: Samples,
  ways: Ways,
): Way | undefined {
  let best: Way | undefined;
  for (const link of links.get(table.relation.oid) ?? []) {
    if (link.target === table || link.meaning === "doer") continue;
    const index = subjects.findIndex((subject) => subject.table === link.target);
    const parent = ways.get(link.target.relation.oid);
    const way =
      index >= 0
        ? directWay(table, link, subjects[index]!, index, samples)
        : parent === undefined || parent.links.some((step) => step.target === table)
          ? undefined
          : parentWay(table, link, parent, samples);
    if (way !== undefined && (best === undefined || way.cost < best.cost)) best = way;
  }
  return best;
}

function directWay(
  table: TableFacts,
  link: Link,
  subject: SubjectTable,
  index: number,
  samples: Samples,
): Way | undefined {
  const customer = link.meaning === "customer";
  const toKey = link.targetColumn === subject.key.name;
  if (!toKey && !readableInPath(link.target)) return undefined;
  const key: KeyRule = toKey
    ? { column: link.column.name }
    : { path: [configName(link.column.name), stepName(link.target, subject.key.name)] };
  const nulls = nullsOf(table, link, samples);
  return {
    subject,
    key,
    links: [link],
    declared: link.declared,
    nulls,
    customer,
    cost:
      (customer ? COST.customer : COST.own) +
      (nulls === "never" || customer ? 0 : COST.nullable) +
      (index === 0 ? 0 : COST.laterKind),
  };
}

function parentWay(table: TableFacts, link: Link, parent: Way, samples: Samples): Way | undefined {
  if (!readableInPath(link.target) || link.column.key?.array === true) return undefined;
  const steps =
    "column" in parent.key ? [configName(parent.key.column)] : "path" in parent.key ? [...parent.key.path] : [];
  const [first, ...rest] = steps;
  if (first === undefined || steps.length >= LIMITS.initPathStepsMax) return undefined;
  const own = nullsOf(table, link, samples);
  const alike = words(table.relation.name)
    .join("")
    .includes(tableWords(link.target.relation.name).at(-1) ?? " ");
  return {
    subject: parent.subject,
    key: { path: [configName(link.column.name), `${stepName(link.target)}.${first}`, ...rest] },
    links: [link, ...parent.links],
    declared: link.declared && parent.declared,
    nulls: worse(own, parent.nulls),
    customer: parent.customer,
    cost:
      (parent.customer ? COST.parentOfCustomer : COST.parent) +
      (own === "never" ? 0 : COST.nullable / 2) +
      (alike ? COST.alike : 0) +
      COST.step * parent.links.length +
      (parent.cost >= COST.laterKind ? COST.laterKind : 0),
  };
}

function stepName(table: TableFacts, ...column: readonly string[]): string {
  return configName(table.relation.schema, table.relation.name, ...column);
}

/** What a key path may read: see the catalog's rules for paths. */
function readableInPath({ relation, primaryKey }: TableFacts): boolean {
  const inherited = relation.kind === "table" && relation.hasInheritors;
  return primaryKey !== undefined && !relation.hasRowSecurity && !inherited && relation.kind !== "foreign";
}

function nullsOf(table: TableFacts, { column }: Link, samples: Samples): Way["nulls"] {
  if (column.notNull) return "never";
  const sampled = samples.get(table.relation.oid)?.get(column.name);
  const seen = (sampled?.nulls ?? 0) > 0 || (column.nullFraction ?? 0) > 0;
  return seen ? "seen" : "possible";
}

function worse(a: Way["nulls"], b: Way["nulls"]): Way["nulls"] {
  const order = ["never", "possible", "seen"] as const;
  return order[Math.max(order.indexOf(a), order.indexOf(b))] ?? "seen";
}
