/** Classes of fields as bits: what a trace compares with what a caller knew. */
import type { FormUse } from "../columns/queries/names.ts";
import type { FieldClasses } from "../shipping/field-classes.ts";

/** Any other class is `other`. */
export const CLASS_BITS = { identity: 1, contact: 2, content: 4, secret: 8, ticket: 16, other: 32 } as const;

const BY_NAME: ReadonlyMap<string, number> = new Map(Object.entries(CLASS_BITS));

/** Of classes by their names. */
export function classBits(names: Iterable<string>): number {
  let bits = 0;
  for (const name of names) bits |= BY_NAME.get(name) ?? CLASS_BITS.other;
  return bits;
}

/** What a use shows in clear: a masked field tells a caller nothing. */
export function bitsOfUse({ table, clear }: FormUse, classes: FieldClasses): number {
  return classBits(clear.map((column) => classes.classOf(`${table}.${column}`)));
}
