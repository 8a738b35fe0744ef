/** What sort of field a column is (identity, contact, content ...), as the configuration says. */
import type { Config } from "../config/config.ts";

/** For a protected column that has no class in whosaw.yaml. */
const UNCLASSIFIED = "other";

/** The table of fields that an import knows by their class alone. Tables of the protected database have a schema before them. */
export const IMPORTED_TABLE = "import";

export class FieldClasses {
  readonly #classes = new Map<string, string>();

  constructor({ subjects }: Pick<Config["classification"], "subjects">) {
    for (const { tables } of Object.values(subjects)) {
      for (const [table, { fields }] of Object.entries(tables))
        for (const [column, name] of Object.entries(fields)) this.#classes.set(`${table}.${column}`, name);
    }
  }

  /** @param field a column behind its table: `support.customers.email` */
  classOf(field: string): string {
    const known = this.#classes.get(field);
    if (known !== undefined) return known;
    return field.startsWith(`${IMPORTED_TABLE}.`) ? field.slice(IMPORTED_TABLE.length + 1) : UNCLASSIFIED;
  }
}
