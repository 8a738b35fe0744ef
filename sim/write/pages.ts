/**
 * What a view of the simulated company is in SQL and in the ledger: one statement on the table that the helpdesk's pages are
 * made from, a row a customer; so a view is one disclosure, and its fields are the columns that the statement shows.
 */
import { CLASS_BITS } from "../../src/asks/class-bits.ts";
import type { Entry } from "../../src/ledger/entry.ts";

/** The support database's table of what a page shows: a row a customer. */
export const PAGES_TABLE = "support.pages";
export const SUBJECT_KIND = "customer";

/** Columns of a field class: its name in whosaw.yaml, and its bit. */
const CLASSES = (
  [
    { name: "identity", columns: ["name"] },
    { name: "contact", columns: ["email", "phone"] },
    { name: "content", columns: ["subject", "body"] },
    { name: "secret", columns: ["card"] },
    { name: "ticket", columns: ["number"] },
    { name: "other", columns: ["orders"] },
  ] as const
).map((of) => ({ ...of, bit: CLASS_BITS[of.name] }));
/** Rows that one statement may show from where on it is a page of many, not a look at one. */
const MANY = 2;

/** The protected columns of the pages table: name to field class. */
export const PAGE_COLUMNS: ReadonlyMap<string, string> = new Map(
  CLASSES.flatMap(({ name, columns }) => columns.map((column) => [column, name] as const)),
);

/** Names of field classes in a bit set, in the order of their bits. */
export function classNames(fields: number): string[] {
  return CLASSES.filter(({ bit }) => (fields & bit) !== 0).map(({ name }) => name);
}

/** What a statement shows. */
export interface PageShape {
  /** A bit set of field classes. */
  readonly fields: number;
  /** A page of many shows names alone in clear. */
  readonly listed: boolean;
  readonly many: boolean;
  /** Counts, and shows nothing. */
  readonly probe: boolean;
}

/** The same number for the same shape; less than SHAPES. */
export function shapeNumber(fields: number, listed: boolean, subjects: number): number {
  return (fields & 63) * 4 + (listed ? 2 : 0) + (subjects >= MANY ? 1 : 0);
}

/** The shape of a probe: how many customers have this address. */
export const PROBE = 64 * 4;
export const SHAPES: number = PROBE + 1;

/** The shape that has this number. */
export function shapeOf(number: number): PageShape {
  if (number === PROBE) return { fields: 0, listed: false, many: false, probe: true };
  return { fields: number >> 2, listed: (number & 2) !== 0, many: (number & 1) !== 0, probe: false };
}

/** With enough subjects it is a list, whatever it was meant to be. */
export function showsNamesAlone({ fields, listed }: PageShape): boolean {
  return listed || fields === CLASS_BITS.identity;
}

/** Columns that a shape shows in clear, and those that it shows masked. */
function columnsOf({ fields, listed }: PageShape): { readonly clear: string[]; readonly masked: string[] } {
  const shown = CLASSES.filter(({ bit }) => (fields & bit) !== 0);
  const inClear = (bit: number): boolean => !listed || bit === CLASS_BITS.identity;
  return {
    clear: shown.filter(({ bit }) => inClear(bit)).flatMap(({ columns }) => [...columns]),
    masked: shown.filter(({ bit }) => !inClear(bit)).flatMap(({ columns }) => [...columns]),
  };
}

/** The statement that shows it; $1 is a customer, or an array of them, or of a probe an e-mail address. */
export function pageSql(shape: PageShape): string {
  if (shape.probe) return `SELECT count(*) FROM ${PAGES_TABLE} WHERE email = $1`;
  const { clear } = columnsOf(shape);
  const columns = [...clear, "country"].join(", ");
  return `SELECT ${columns} FROM ${PAGES_TABLE} WHERE customer_id ${shape.many ? "= ANY ($1)" : "= $1"}`;
}

/** The form entry of a shape. @param fingerprint hex */
export function pageForm(shape: PageShape, fingerprint: string): Entry & { kind: "form" } {
  const { clear, masked } = columnsOf(shape);
  const sorted = { clear: clear.toSorted(), masked: masked.toSorted() };
  const use = {
    table: PAGES_TABLE,
    subjectKind: SUBJECT_KIND,
    ...sorted,
    predicate: [shape.probe ? "email" : "customer_id"],
  };
  return { kind: "form", fingerprint, text: pageSql(shape), uses: [use], scope: shape.probe };
}
