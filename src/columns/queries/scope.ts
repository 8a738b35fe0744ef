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
  const from = `FROM disclosures_by_actor WHERE ${ofActors(actors)}${within(window)}`;
  const uses = await usesOf(columns, names, from);
  const unions = new Unions(uses);
  const sql = `SELECT kind, key_type, subject, subject2, min(at) AS first, max(at) AS last, count() AS n, min(listed) AS l, groupUniqArray(${numbered(uses)}) AS u ${from} GROUP BY kind, key_type, subject, subject2 ORDER BY kind, key_type, subject, subject2`;
  for await (const rows of columns.stream(sql)) {
    const kindOf = await names.of("kinds", distinct(rows, 0));
    yield rows.map(([kind, keyType, subject, subject2, first, last, disclosures, listed, used]) => ({
      kind: kindOf(String(kind)),
      keyType: Number(keyType),
      subject: BigInt(String(subject)),
      subject2: BigInt(String(subject2)),
      firstMs: Number(first),
      lastMs: Number(last),
      disclosures: Number(disclosures),
      opened: Number(listed) === 0,
      ...unions.of(used as readonly number[]),
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

/** Forms with what their uses show, in the order of their numbers in one answer. */
type NumberedForms = readonly (readonly [form: string, uses: ReadonlyMap<number, FormUse>])[];

/** More uses than a form has: what parts the number of a form from that of its use. */
const USES_MAX = 65_536;

/** The forms that occur, with what they show. */
async function usesOf(columns: Columns, names: Names, from: string): Promise<NumberedForms> {
  const forms = (await columns.select(`SELECT DISTINCT form ${from}`)).map(([form]) => String(form));
  const of = await names.forms(forms);
  return forms.map((form) => [form, of(form)]);
}

/** Form and use as one small number: 64 bits of a form for every subject would be most of the answer. */
function numbered(forms: NumberedForms): string {
  if (forms.length === 0) return "toUInt32(use)";
  const numbers = forms.map(([form]) => `toUInt64(${form})`).join(", ");
  const places = forms.map((_, place) => `toUInt32(${place})`).join(", ");
  return `toUInt32(transform(form, [${numbers}], [${places}], toUInt32(${forms.length})) * ${USES_MAX} + use)`;
}

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
class Unions {
  readonly #forms: NumberedForms;
  readonly #known = new Map<string, ScopeFields>();

  constructor(forms: NumberedForms) {
    this.#forms = forms;
  }

  of(uses: readonly number[]): ScopeFields {
    const key = uses.join(" ");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const shown = uses.flatMap(
      (number) => this.#forms[Math.floor(number / USES_MAX)]?.[1].get(number % USES_MAX) ?? [],
    );
    const union = unionOfUses(shown);
    if (this.#known.size >= LIMITS.columnsNamesCachedMax) this.#known.clear();
    this.#known.set(key, union);
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
