/** The verdict on one table: whose rows it holds, that they are nobody's, or that somebody has to decide. */
import type { ProposedRule, ProposedTable } from "./proposal.ts";
import type { TableFacts } from "./database.ts";
import type { ColumnEvidence, FieldClass } from "./evidence.ts";
import type { Way, Ways } from "./keys.ts";
import type { Link, Links } from "./links.ts";
import { kindName, type Evidence, type SubjectTable } from "./subjects.ts";
import * as lexicon from "./words.ts";
import { says, tableWords, words } from "./words.ts";

export interface VerdictInput {
  readonly subjects: readonly SubjectTable[];
  readonly ways: Ways;
  readonly links: Links;
  readonly evidence: Evidence;
  /** Take what names and values say for a foreign key. */
  readonly trustNames: boolean;
}

export function verdictOn(table: TableFacts, input: VerdictInput): ProposedTable {
  const evidence = input.evidence.get(table.relation.oid) ?? new Map<string, ColumnEvidence>();
  const subject = input.subjects.find((candidate) => candidate.table === table);
  if (subject !== undefined) return subjectVerdict(subject, evidence);
  const way = input.ways.get(table.relation.oid);
  if (way !== undefined) return wayVerdict(table, way, evidence, input);
  return unlinkedVerdict(table, evidence, input);
}

function subjectVerdict(subject: SubjectTable, evidence: ReadonlyMap<string, ColumnEvidence>): ProposedTable {
  const { table, key, staffFlag } = subject;
  const found = foundText(evidence);
  const rule = ruleFor(subject.kind, table, evidence, { column: key.name }, false);
  if (staffFlag === undefined || !isPlain(key.name) || !isPlain(staffFlag.name))
    return { table, verdict: "protected", why: `one row is one ${subject.kind}${found}`, rule, decide: undefined };
  const not = staffFlag.notNull ? `not ${staffFlag.name}` : `${staffFlag.name} is not true`;
  return {
    table,
    verdict: "protected",
    why: `one row is one ${subject.kind}, or one of the staff (${staffFlag.name})${found}`,
    rule: { ...rule, key: { sql: `case when ${not} then ${key.name} end` }, nullable: true },
    decide: undefined,
  };
}

/** Needs no quotes in an expression. */
function isPlain(name: string): boolean {
  return (
    /^[a-z_][a-z0-9_]*$/u.test(name) &&
    !/^(?:user|case|when|then|end|not|null|order|group|all|any|is|true|false)$/u.test(name)
  );
}

function wayVerdict(
  table: TableFacts,
  way: Way,
  evidence: ReadonlyMap<string, ColumnEvidence>,
  { trustNames }: VerdictInput,
): ProposedTable {
  const { subject, key, nulls } = way;
  const holdsSomething = [...evidence.values()].some(
    (column) => column.personal || column.open || column.field !== undefined,
  );
  const nullable = nulls === "seen" && !holdsSomething;
  const rule = ruleFor(subject.kind, table, evidence, key, nullable);
  const how = wayText(way);
  if (!way.declared && !(trustNames && way.links.every(isBorneOut))) {
    return {
      table,
      verdict: "unsure",
      why: `${how}; there is no foreign key${foundText(evidence)}`,
      rule,
      decide: `Is ${lastColumn(way)} really the ${subject.kind}'s? Then take the suggested key.`,
    };
  }
  if (nulls === "seen" && holdsSomething) {
    return {
      table,
      verdict: "unsure",
      why: `${how}, but some rows name nobody${foundText(evidence)}`,
      rule,
      decide: `Whose are the rows without ${lastColumn(way)}? With the suggested key, statements that show them are refused; add nullable: true only if they hold nobody's data.`,
    };
  }
  return { table, verdict: "protected", why: `${how}${foundText(evidence)}`, rule, decide: undefined };
}

/** Every value that was looked at has its row. */
function isBorneOut({ declared, checked }: Link): boolean {
  return declared || (checked !== undefined && checked.asked > 0 && checked.found === checked.asked);
}

function wayText({ links, subject }: Way): string {
  const steps = links.map(({ column, checked, declared }) => {
    const share =
      declared || checked === undefined || checked.asked === 0
        ? ""
        : ` (${checked.found} of ${checked.asked} values fit)`;
    return `${column.name}${share}`;
  });
  return `${steps.join(", then ")} leads to the ${subject.kind}`;
}

function lastColumn({ links }: Way): string {
  return links[0]?.column.name ?? "it";
}

function unlinkedVerdict(
  table: TableFacts,
  evidence: ReadonlyMap<string, ColumnEvidence>,
  input: VerdictInput,
): ProposedTable {
  const unsure = (why: string, decide: string, rule?: ProposedRule): ProposedTable => ({
    table,
    verdict: "unsure",
    why,
    rule,
    decide,
  });
  const personal = [...evidence].filter(([, column]) => column.personal);
  const asPublic = "If it holds nobody's data, list it under public; otherwise say whose a row is.";
  if (personal.length > 0) {
    const names = new Set(input.subjects.map(({ kind }) => kind));
    // A person named somewhere in a text makes no row a person's.
    const told = personal.some(([, column]) => !column.open);
    const key =
      !told || isThing(table) || says(tableWords(table.relation.name).slice(-1), lexicon.TENANTS)
        ? undefined
        : table.primaryKey;
    const rule =
      key === undefined ? undefined : ruleFor(kindName(table, names), table, evidence, { column: key }, false);
    return unsure(
      `no column says whose row it is${foundText(evidence)}`,
      rule === undefined
        ? "List it under public if it holds nobody's data, such as the company's own addresses; otherwise give it a column with the subject's key."
        : `As suggested, every row counts as a subject of its own (${rule.kind}). Better: a column with the key of the person whose it is. ${asPublic}`,
      rule,
    );
  }
  const polymorphic = polymorphicColumns(table);
  if (polymorphic !== undefined && !isThing(table)) {
    return unsure(
      `${polymorphic} point to rows of several tables`,
      "List it under public if it says nothing about people; otherwise give it a column with the subject's key.",
    );
  }
  const doers = (input.links.get(table.relation.oid) ?? []).filter(
    (link) => link.meaning === "doer" && input.subjects.some((subject) => subject.table === link.target),
  );
  const made = doers.length === 0 ? "" : `; ${doers[0]?.column.name} says who did something to it`;
  if (/\b(?:personal|pii|gdpr|customer|personenbezogen)/iu.test(table.comment))
    return unsure("its comment speaks of people", asPublic);
  const open = [...evidence].filter(([, column]) => column.open || column.field === "content").map(([name]) => name);
  if (open.length === 0 && table.columns.length > 0 && !aboutPeople(table))
    return publicTable(table, `keys, numbers, codes and dates only${made}`);
  if (open.length > 0 && isThing(table) && !aboutPeople(table) && payloadColumns(table).length === 0)
    return publicTable(table, `by its name a thing, not a person${made}`);
  if (table.columns.length === 0) return unsure("it has no columns", "List it under public.");
  return open.length === 0
    ? unsure("its name speaks of people, its columns do not", asPublic)
    : unsure(`${few(open)} may hold anything, and nothing says whose row it is`, asPublic);
}

function publicTable(table: TableFacts, why: string): ProposedTable {
  return { table, verdict: "public", why, rule: undefined, decide: undefined };
}

function isThing(table: TableFacts): boolean {
  return says(tableWords(table.relation.name).slice(-2), lexicon.THINGS);
}

function aboutPeople(table: TableFacts): boolean {
  const own = tableWords(table.relation.name);
  return (
    [lexicon.CUSTOMERS, lexicon.PEOPLE, lexicon.STAFF].some((set) => says(own, set)) ||
    says(own.slice(-1), lexicon.BELONGINGS)
  );
}

function payloadColumns(table: TableFacts): string[] {
  return table.columns
    .filter(({ nature }) => nature === "payload" || nature === "text")
    .filter(({ name }) => says(words(name).slice(-1), lexicon.ANYTHING))
    .map(({ name }) => name);
}

/** `item_type` and `item_id`, or an id of an object whose table stands elsewhere. */
function polymorphicColumns(table: TableFacts): string | undefined {
  const names = new Set(table.columns.map(({ name }) => name));
  for (const name of names) {
    const stem = /^(.+)_type(?:_id)?$/u.exec(name)?.[1];
    if (stem !== undefined && names.has(`${stem}_id`)) return `${name} and ${stem}_id`;
  }
  const object = table.columns.find(({ name }) => /^(?:o|object|item|record|entity|target|foreign)_?id$/u.test(name));
  const linked = table.foreignKeys.some(({ column }) => column === object?.name);
  return object === undefined || linked ? undefined : `${object.name} and others`;
}

const STAMPS = /^(?:created|updated|modified|inserted|closed|opened|changed)_?(?:at|on|date|time)?$/u;
const STRATA = new Set([
  "status",
  "priority",
  "prio",
  "locale",
  "language",
  "lang",
  "country",
  "country_code",
  "currency",
  "segment",
]);

/** The key, what the fields are, and the columns that say nothing about a person. */
export function ruleFor(
  kind: string,
  table: TableFacts,
  evidence: ReadonlyMap<string, ColumnEvidence>,
  key: ProposedRule["key"],
  nullable: boolean,
): ProposedRule {
  const fields: Record<string, FieldClass> = {};
  const open: string[] = [];
  for (const column of table.columns) {
    const found = evidence.get(column.name);
    const name = words(column.name).join("_");
    // No mapping keeps that name; a column without a class is protected all the same.
    if (column.name === "__proto__") continue;
    if (found?.field !== undefined) fields[column.name] = found.field;
    else if (found?.personal !== true && column.nature !== "payload" && (STAMPS.test(name) || STRATA.has(name)))
      open.push(column.name);
  }
  return { kind, key, nullable, fields, public: open };
}

const FEW = 4;

function few(names: readonly string[]): string {
  return names.length <= FEW ? names.join(", ") : `${names.slice(0, FEW).join(", ")} and ${names.length - FEW} more`;
}

function foundText(evidence: ReadonlyMap<string, ColumnEvidence>): string {
  const named = [...evidence].filter(([, column]) => column.personal || column.field !== undefined);
  const byValue = named.filter(([, column]) => column.from === "values").map(([name]) => name);
  if (named.length === 0) return "";
  const shown = few(named.map(([name]) => name));
  return `; holds ${shown}${byValue.length === 0 ? "" : ` (${few(byValue)} by the look of the values)`}`;
}
