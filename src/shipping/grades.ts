/** How surely a disclosure belongs to its actor and subject: as a number of columns, and in words. */
import { GRADES } from "../columns/rows.ts";
import type { ImportGrade } from "../ledger/entry.ts";

export const IMPORT_GRADES: Readonly<Record<ImportGrade, number>> = {
  exact: GRADES.exact,
  "page-level": GRADES.pageLevel,
  possible: GRADES.possible,
};

const WORDS = {
  [GRADES.exact]: "exact",
  [GRADES.unattributed]: "unattributed",
  [GRADES.asserted]: "asserted",
  [GRADES.pageLevel]: "page-level",
  [GRADES.possible]: "possible",
} as const;

/** As answers say it. */
export type Grade = (typeof WORDS)[keyof typeof WORDS];

/** Of a disclosure through a gateway: a person who signed in is sure; a service account names nobody. */
export function gradeOf(actor: string): number {
  return actor.startsWith("svc:") ? GRADES.unattributed : GRADES.exact;
}

/** @param grade of GRADES; one that this version does not know proves nothing */
export function gradeName(grade: number): Grade {
  return (WORDS as Readonly<Record<number, Grade>>)[grade] ?? "possible";
}
