/** Everybody whom one actor, or several, were shown in a window: each subject once. What a notice duty asks for. */
import { LIMITS } from "../../base/limits.ts";
import type { Columns, ColumnsValue } from "../columns.ts";
import { GRADES } from "../rows.ts";
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
  /** False if all that is known is that it may have been these actors. */
  readonly sure: boolean;
  /** Undefined where none is known. */
  readonly stratum: number | undefined;
  /** Over all disclosures, sorted. */
  readonly tables: readonly string[];
  /** Columns behind their table, `support.customers.email`, sorted. */
  readonly fields: readonly string[];
  /** Shown masked, and never in clear. */
  readonly masked: readonly string[];
  /** Never shown, but searched by. */
  readonly searchedBy: readonly string[];
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
  const shown = `SELECT kind, key_type, subject, subject2, min(at) AS first, max(at) AS last, count() AS n, min(listed) AS l, max(${SURE}) AS sure, ${usedIn(numbered(uses))} AS u ${from} GROUP BY kind, key_type, subject, subject2`;
  // Of a subject that has moved, both rows stand there until they are merged. One integer is looked up three times as fast
  // as a whole key; the join sees to the rest.
  const strata = `SELECT kind, subject, subject2, argMax(stratum, at) AS stratum FROM strata WHERE subject IN (SELECT DISTINCT subject ${from}) GROUP BY kind, subject, subject2`;
  const sql = `SELECT kind, key_type, subject, subject2, first, last, n, l, sure, u, stratum FROM (${shown}) AS shown ANY LEFT JOIN (${strata}) AS held USING (kind, subject, subject2) ORDER BY kind, key_type, subject, subject2`;
  for await (const rows of columns.stream(sql)) {
    const kindOf = await names.of("kinds", distinct(rows, 0));
    yield rows.map(([kind, keyType, subject, subject2, first, last, disclosures, listed, sure, used, stratum]) => ({
      kind: kindOf(String(kind)),
      keyType: Number(keyType),
      subject: BigInt(String(subject)),
      subject2: BigInt(String(subject2)),
      firstMs: Number(first),
      lastMs: Number(last),
      disclosures: Number(disclosures),
      opened: Number(listed) === 0,
      sure: Number(sure) === 1,
      // Numbers of strata are hashes: 0 is none that was joined.
      stratum: Number(stratum) === 0 ? undefined : Number(stratum),
      ...unions.of(used as readonly number[]),
    }));
  }
}

/** Of an entry of such a grade it is sure whose it is, and whom it shows; a service account that names nobody is itself. */
export const SURE_GRADES: readonly number[] = [GRADES.exact, GRADES.unattributed];

const SURE = `grade IN (${SURE_GRADES.join(", ")})`;

/** Uses of rows that are sure; of a subject without any, of those that it may have been shown in. */
function usedIn(use: string): string {
  return `if(max(${SURE}) = 1, groupUniqArrayIf(${use}, ${SURE}), groupUniqArray(${use}))`;
}

/** What service accounts that named nobody were shown. */
export interface UnattributedCount {
  readonly disclosures: number;
  /** Subjects beyond those of the actors: at most so many. */
  readonly others: number;
}

/**
 * What might be these actors' besides, for a service account that names nobody may have worked for anybody.
 * @param actors numbers64 of actor ids: their own is left out
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function countUnattributed(
  columns: Columns,
  actors: readonly bigint[],
  window: Window = {},
): Promise<UnattributedCount> {
  const services = await servicesBut(columns, actors);
  if (services === undefined) return { disclosures: 0, others: 0 };
  const [counted] = await columns.select(
    `SELECT count() AS n FROM disclosures_by_actor WHERE ${services}${within(window)}`,
  );
  const disclosures = Number(counted?.[0] ?? 0);
  if (disclosures === 0 || disclosures > LIMITS.unattributedCountedMax) return { disclosures, others: disclosures };
  const [others] = await columns.select(
    `SELECT count() AS n FROM (SELECT ${KEY} FROM disclosures_by_actor WHERE ((${services}) OR ${ofActors(actors)})${within(window)} GROUP BY ${KEY} HAVING max(${ofActors(actors)}) = 0)`,
  );
  return { disclosures, others: Number(others?.[0] ?? 0) };
}

/**
 * Of some subjects, those that the actors were shown, and the others that such service accounts were shown.
 * @param keys `kind keyType subject subject2`
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function shownAmong(
  columns: Columns,
  actors: readonly bigint[],
  keys: readonly string[],
  window: Window = {},
): Promise<ReadonlyMap<string, "own" | "others">> {
  const found = new Map<string, "own" | "others">();
  const services = await servicesBut(columns, actors);
  const anybody = services === undefined ? ofActors(actors) : `((${services}) OR ${ofActors(actors)})`;
  for (let from = 0; from < keys.length; from += LIMITS.columnsJoinedRowsMax) {
    const tuples = keys.slice(from, from + LIMITS.columnsJoinedRowsMax).map((key) => `(${key.replaceAll(" ", ", ")})`);
    const rows = await columns.select(
      `SELECT ${KEY}, max(${ofActors(actors)}) AS own FROM disclosures_by_actor WHERE ${anybody} AND (${KEY}) IN (${tuples.join(", ")})${within(window)} GROUP BY ${KEY}`,
    );
    for (const row of rows) found.set(row.slice(0, 4).join(" "), Number(row[4]) === 1 ? "own" : "others");
  }
  return found;
}

/** What tells one subject from another. */
const KEY = "kind, key_type, subject, subject2";

/** Rows of service accounts that named nobody, as a condition; undefined where there are no such accounts. */
async function servicesBut(columns: Columns, actors: readonly bigint[]): Promise<string | undefined> {
  const services = (await columns.select("SELECT DISTINCT number FROM actors WHERE name LIKE 'svc:%'"))
    .map(([number]) => BigInt(String(number)))
    .filter((number) => !actors.includes(number));
  return services.length === 0 ? undefined : `${ofActors(services)} AND grade = ${GRADES.unattributed}`;
}

/**
 * How many subjects have a stratum, by number32 of their kind: at least as many as there are.
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function population(columns: Columns): Promise<ReadonlyMap<number, number>> {
  const rows = await columns.select("SELECT kind, count() AS n FROM strata GROUP BY kind");
  return new Map(rows.map(([kind, count]) => [Number(kind), Number(count)]));
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
