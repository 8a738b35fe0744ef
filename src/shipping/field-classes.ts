/** What sort of field a column is (identity, contact, content ...), as the configuration says. */
import type { Config } from "../config/config.ts";

/** For a protected column that has no class in whosaw.yaml. */
const UNCLASSIFIED = "other";

export class FieldClasses {
  readonly #tables = new Map<string, Readonly<Record<string, string>>>();

  constructor({ subjects }: Pick<Config["classification"], "subjects">) {
    for (const { tables } of Object.values(subjects)) {
      for (const [table, { fields }] of Object.entries(tables)) this.#tables.set(table, fields);
    }
  }

  /** @param table schema-qualified */
  classOf(table: string, column: string): string {
    const fields = this.#tables.get(table);
    return fields !== undefined && Object.hasOwn(fields, column) ? (fields[column] ?? UNCLASSIFIED) : UNCLASSIFIED;
  }
}
