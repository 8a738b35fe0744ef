/** Listed or opened: whether a use shows no more of a subject than a queue page does. */
import type { FieldClasses } from "./field-classes.ts";
import type { FormEntry } from "./form-number.ts";

/** From so many subjects in one entry on, a page that shows little of each is a list. */
export const LISTED_SUBJECTS_MIN = 10;

/** Whether a use shows its subjects masked, or by identity fields alone. */
export function showsListOnly(use: FormEntry["uses"][number], classes: FieldClasses): boolean {
  return use.clear.every((field) => classes.classOf(`${use.table}.${field}`) === "identity");
}
