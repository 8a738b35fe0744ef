/**
 * A few values of each table, looked at in memory: what leaves this file is counts and shares, never a value.
 * A table that cannot be read in time, or at all, has no sample.
 */
import { LIMITS } from "../base/limits.ts";
import { quoteIdentifier } from "../lineage/catalog/names.ts";
import { tryQuery } from "../lineage/catalog/savepoint.ts";
import type { CatalogQuery } from "../lineage/catalog/statements.ts";
import type { TableFacts } from "./database.ts";

/** Shares are of the values that are neither NULL nor empty. */
export interface ColumnSample {
  readonly rows: number;
  readonly nulls: number;
  /** Neither NULL nor empty. */
  readonly values: number;
  readonly emails: number;
  readonly phones: number;
  readonly networkAddresses: number;
  /** Two words or more, the first in capitals: Mary Stuart. */
  readonly names: number;
  readonly sentences: number;
  /** Somewhere in the value stands an e-mail address. */
  readonly holdingAddresses: number;
  readonly meanChars: number;
}

export type TableSample = ReadonlyMap<string, ColumnSample>;

/** Foreign tables are on somebody else's server: their rows are not fetched. */
export function mayBeSampled(table: TableFacts): boolean {
  return table.readable && table.relation.kind !== "foreign" && table.columns.length > 0;
}

/** @returns undefined if the database would not show it, or not in time */
export async function sampleTable(query: CatalogQuery, table: TableFacts): Promise<TableSample | undefined> {
  if (!mayBeSampled(table)) return undefined;
  const rows = await tryQuery(query, sampleSql(table));
  if (rows === undefined) return undefined;
  return new Map(table.columns.map((column, index) => [column.name, summarize(rows.map((row) => row[index] ?? null))]));
}

function sampleSql({ relation, columns }: TableFacts): string {
  const list = columns.map(
    (column) => `pg_catalog.left(${quoteIdentifier(column.name)}::pg_catalog.text, ${LIMITS.initSampleCharsMax})`,
  );
  return `SELECT ${list.join(", ")} FROM ${quoteIdentifier(relation.schema)}.${quoteIdentifier(relation.name)} LIMIT ${LIMITS.initSampleRowsMax}`;
}

const EMAIL = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]{2,}$/u;
const EMAIL_INSIDE = /[\w.+-]+@[\w-]+\.[\w.-]{2,}/u;
/** With a sign that it is one: a plus, brackets, or groups. A bare number is not told from any other. */
const PHONE = /^(?:\+\d[\d\s().\-/]{6,}|\(?0\d{1,5}[)\s\-/][\d\s\-/]{4,}|\(\d{3}\)\s?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})$/u;
const NETWORK_ADDRESS = /^(?:(?:\d{1,3}\.){3}\d{1,3}(?:\/\d+)?|(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4})$/iu;
const NAME = /^\p{Lu}[\p{L}'’-]+(?: (?:van|von|de|der|la|da|di|\p{Lu}\.?|[\p{L}'’-]+)){0,3} \p{Lu}[\p{L}'’-]+$/u;
const SENTENCE = /\p{L}+[\s,]+\p{L}+[\s,]+\p{L}+[\s,]+\p{L}+/u;

function summarize(column: readonly (string | null)[]): ColumnSample {
  const values = column.filter((value): value is string => value !== null && value.trim() !== "");
  const share = (pattern: RegExp): number =>
    values.length === 0 ? 0 : values.filter((value) => pattern.test(value)).length / values.length;
  return {
    rows: column.length,
    nulls: column.filter((value) => value === null).length,
    values: values.length,
    emails: share(EMAIL),
    phones: share(PHONE),
    networkAddresses: share(NETWORK_ADDRESS),
    names: share(NAME),
    sentences: share(SENTENCE),
    holdingAddresses: share(EMAIL_INSIDE),
    meanChars: values.length === 0 ? 0 : values.reduce((sum, value) => sum + value.length, 0) / values.length,
  };
}
