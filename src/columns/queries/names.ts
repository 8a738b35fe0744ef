/** Numbers back to names, and forms to what they show. Both never change, so they are asked for once. */
import type { Columns, ColumnsTable } from "../columns.ts";
import { LIMITS } from "../../base/limits.ts";

/** What one use of a form shows. */
export interface FormUse {
  readonly table: string;
  readonly kind: string;
  readonly clear: readonly string[];
  readonly masked: readonly string[];
  readonly predicate: readonly string[];
}

const NO_USES: ReadonlyMap<number, FormUse> = new Map();

type NameTable = Extract<ColumnsTable, "actors" | "logs" | "kinds">;

/** One for each `Columns`. */
export class Names {
  readonly #columns: Columns;
  readonly #names: Readonly<Record<NameTable, Map<string, string>>> = {
    actors: new Map(),
    logs: new Map(),
    kinds: new Map(),
  };
  /** By form, then by use. */
  readonly #forms = new Map<string, ReadonlyMap<number, FormUse>>();

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  /** Names of these numbers; a number without one stands for itself. */
  async of(table: NameTable, numbers: Iterable<string>): Promise<(number: string) => string> {
    const cache = this.#names[table];
    const missing = missingOf(cache, numbers);
    if (missing.length > 0) {
      const rows = await this.#columns.select(
        `SELECT number, any(name) AS name FROM ${table} WHERE number IN (${missing.join(", ")}) GROUP BY number`,
      );
      for (const [number, name] of rows) cache.set(String(number), String(name));
    }
    return (number) => cache.get(number) ?? number;
  }

  /** What the uses of these forms show, by their numbers. */
  async forms(forms: Iterable<string>): Promise<(form: string) => ReadonlyMap<number, FormUse>> {
    const missing = missingOf(this.#forms, forms);
    if (missing.length > 0) {
      const rows = await this.#columns.select(
        `SELECT form, use, any(relation) AS r, any(kind) AS k, any(clear) AS c, any(masked) AS m, any(predicate) AS p FROM forms WHERE form IN (${missing.join(", ")}) GROUP BY form, use ORDER BY form, use`,
      );
      const uses = new Map<string, Map<number, FormUse>>();
      for (const [form, use, table, kind, clear, masked, predicate] of rows) {
        const of = uses.get(String(form)) ?? new Map<number, FormUse>();
        uses.set(String(form), of);
        of.set(Number(use), {
          table: String(table),
          kind: String(kind),
          clear: columnNames(clear),
          masked: columnNames(masked),
          predicate: columnNames(predicate),
        });
      }
      for (const [form, of] of uses) this.#forms.set(form, of);
    }
    return (form) => this.#forms.get(form) ?? NO_USES;
  }
}

/** The distinct ones that the cache lacks. A cache that is full is emptied first, and then lacks all. */
function missingOf(cache: Map<string, unknown>, wanted: Iterable<string>): string[] {
  if (cache.size >= LIMITS.columnsNamesCachedMax) cache.clear();
  return [...new Set(wanted)].filter((number) => !cache.has(number));
}

function columnNames(json: unknown): readonly string[] {
  return JSON.parse(String(json)) as string[];
}
