/** Everybody whom one actor, or several, were shown in a window: each subject once. What a notice duty asks for. */
import { LIMITS } from "../../base/limits.ts";
import type { Columns, ColumnsValue } from "../columns.ts";
import type { FormUse, Names } from "./names.ts";
import { type SightedSubject, type Window, within } from "./sightings.ts";

/** A subject with all that the actors were shown of it. */
export interface ScopeSubject extends SightedSubject {
  /** Its kind by name. */
  readonly kind: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly disclosures: number;
  /** False if it was shown in lists only. */
  readonly opened: boolean;
  /** Over all disclosures, sorted. */
  readonly tables: readonly string[];
  /** Columns behind their table, `support.customers.email`, sorted. */
  readonly fields: readonly string[];
  /** Shown masked, and never in clear. */
  readonly masked: readonly string[];
  /** Never shown, but searched by. */
  readonly searchedBy: readonly string[];
}

/** How many subjects of a kind belong to a stratum. */
export interface ScopeStratum {
  /** The kind by name. */
  readonly kind: string;
  /** Undefined for subjects of which none is known. */
  readonly stratum: number | undefined;
  readonly subjects: number;
}

/**
 * Distinct subjects, by kind and key, as they come.
 * @param actors numbers64 of actor ids
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function* scope(
  columns: Columns,
  names: Names,
  actors: readonly bigint[],
  window: Window = {},
): AsyncGenerator<ScopeSubject[]> {
  if (actors.length === 0) return;
  const sql = `SELECT kind, key_type, subject, subject2, min(at) AS first, max(at) AS last, count() AS disclosures, min(listed) AS listed_only, groupUniqArray((form, use)) AS uses FROM disclosures_by_actor WHERE ${ofActors(actors)}${within(window)} GROUP BY kind, key_type, subject, subject2 ORDER BY kind, key_type, subject, subject2`;
  const fieldsOf = new FieldsOfUses(names);
  for await (const rows of columns.stream(sql)) {
    const kindOf = await names.of("kinds", distinct(rows, 0));
    await fieldsOf.prepare(rows.map((row) => row[USES] as Uses));
    yield rows.map((row) => ({
      kind: kindOf(String(row[0])),
      keyType: Number(row[1]),
      subject: BigInt(String(row[2])),
      subject2: BigInt(String(row[3])),
      firstMs: Number(row[4]),
      lastMs: Number(row[5]),
      disclosures: Number(row[6]),
      opened: Number(row[7]) === 0,
      ...fieldsOf.union(row[USES] as Uses),
    }));
  }
}

/**
 * The same subjects counted by kind and stratum.
 * @param actors numbers64 of actor ids
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function scopeStrata(
  columns: Columns,
  names: Names,
  actors: readonly bigint[],
  window: Window = {},
): Promise<ScopeStratum[]> {
  if (actors.length === 0) return [];
  const subjects = (what: string) =>
    `SELECT DISTINCT ${what} FROM disclosures_by_actor WHERE ${ofActors(actors)}${within(window)}`;
  const totals = await columns.select(
    `SELECT kind, count() AS subjects FROM (${subjects("kind, subject, subject2")}) GROUP BY kind ORDER BY kind`,
  );
  const kindOf = await names.of("kinds", distinct(totals, 0));
  const counted: ScopeStratum[] = [];
  for (const [kind, total] of totals) {
    // Of a subject that has moved, both rows stand there until they are merged.
    const rows = await columns.select(
      `SELECT stratum, count() AS subjects FROM (SELECT argMax(stratum, at) AS stratum FROM strata WHERE kind = ${Number(kind)} AND (subject, subject2) IN (${subjects("subject, subject2")} AND kind = ${Number(kind)}) GROUP BY subject, subject2) GROUP BY stratum ORDER BY stratum`,
    );
    const known = rows.map(([stratum, count]) => ({
      kind: kindOf(String(kind)),
      stratum: Number(stratum),
      subjects: Number(count),
    }));
    const rest = Number(total) - known.reduce((sum, { subjects: count }) => sum + count, 0);
    counted.push(...known);
    if (rest > 0) counted.push({ kind: kindOf(String(kind)), stratum: undefined, subjects: rest });
  }
  return counted;
}

/** Pairs of form and use. */
type Uses = readonly (readonly [string, number])[];
const USES = 8;

/** What of a subject was shown. */
export type ScopeFields = Pick<ScopeSubject, "tables" | "fields" | "masked" | "searchedBy">;

/** What several uses show together. */
export function unionOfUses(uses: readonly FormUse[]): ScopeFields {
  const named = (columns: "clear" | "masked" | "predicate"): string[] =>
    uses.flatMap((use) => use[columns].map((column) => `${use.table}.${column}`));
  return unionOfFields({
    tables: uses.map(({ table }) => table),
    fields: named("clear"),
    masked: named("masked"),
    searchedBy: named("predicate"),
  });
}

/** Sorted and distinct, each field only where most is said of it: shown in clear, then masked, then searched by. */
export function unionOfFields({ tables, fields, masked, searchedBy }: ScopeFields): ScopeFields {
  const clear = new Set(fields);
  const hidden = new Set(masked.filter((field) => !clear.has(field)));
  return {
    tables: sorted(tables),
    fields: sorted(clear),
    masked: sorted(hidden),
    searchedBy: sorted(searchedBy.filter((field) => !clear.has(field) && !hidden.has(field))),
  };
}

/** The same sets of uses come for most subjects. */
class FieldsOfUses {
  readonly #names: Names;
  readonly #unions = new Map<string, ScopeFields>();
  #usesOf: (form: string) => ReadonlyMap<number, FormUse> = () => new Map();

  constructor(names: Names) {
    this.#names = names;
  }

  /** Looks up the forms that `union` will be asked for. */
  async prepare(rows: readonly Uses[]): Promise<void> {
    const forms = new Set<string>();
    for (const uses of rows) for (const [form] of uses) forms.add(form);
    this.#usesOf = await this.#names.forms(forms);
  }

  union(uses: Uses): ScopeFields {
    const key = uses.join(" ");
    const known = this.#unions.get(key);
    if (known !== undefined) return known;
    const shown = uses.flatMap(([form, use]) => this.#usesOf(form).get(use) ?? []);
    const union = unionOfUses(shown);
    if (this.#unions.size >= LIMITS.columnsNamesCachedMax) this.#unions.clear();
    this.#unions.set(key, union);
    return union;
  }
}

function sorted(names: Iterable<string>): string[] {
  return [...new Set(names)].sort();
}

function distinct(rows: readonly ColumnsValue[][], column: number): Set<string> {
  return new Set(rows.map((row) => String(row[column])));
}

function ofActors(actors: readonly bigint[]): string {
  return `actor IN (${actors.join(", ")})`;
}
