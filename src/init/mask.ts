/** Some rows as an agent under a masking policy would see them: enough to recognise a table, not a person. */
import { LIMITS } from "../base/limits.ts";
import { quoteIdentifier } from "../lineage/catalog/names.ts";
import { tryQuery } from "../lineage/catalog/savepoint.ts";
import type { CatalogQuery } from "../lineage/catalog/statements.ts";
import type { ProposedTable } from "./proposal.ts";
import { mayBeSampled } from "./sample.ts";

export interface MaskedRows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const COLUMNS_MAX = 6;

/** Rows of a protected table, for a terminal and for nothing else; undefined if they may not be read. */
export async function maskedRows(query: CatalogQuery, { table, rule }: ProposedTable): Promise<MaskedRows | undefined> {
  if (rule === undefined || !mayBeSampled(table)) return undefined;
  const classed = table.columns.filter(({ name }) => rule.fields[name] !== undefined && rule.fields[name] !== "secret");
  const shown = [...classed, ...table.columns.filter(({ name }) => rule.public.includes(name))].slice(0, COLUMNS_MAX);
  if (shown.length === 0) return undefined;
  const list = shown.map(
    ({ name }) => `pg_catalog.left(${quoteIdentifier(name)}::pg_catalog.text, ${LIMITS.initSampleCharsMax})`,
  );
  const { schema, name } = table.relation;
  const rows = await tryQuery(
    query,
    `SELECT ${list.join(", ")} FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)} LIMIT ${LIMITS.initShownRowsMax}`,
  );
  if (rows === undefined || rows.length === 0) return undefined;
  const masked = rows.map((row) =>
    shown.map((column, index) =>
      maskValue(row[index] ?? null, rule.public.includes(column.name) ? "public" : rule.fields[column.name]),
    ),
  );
  return { table: table.name, columns: shown.map((column) => column.name), rows: masked };
}

const PHONE_DIGITS_SHOWN = 4;

/** @param field its class, or `public` for a value that is shown as it is */
export function maskValue(value: string | null, field: string | undefined): string {
  if (value === null) return "NULL";
  if (value === "") return "";
  // Whatever stands in a database must not steer the terminal.
  if (field === "public") return value.replace(/\p{C}/gu, "?").slice(0, 24);
  const first = firstCharacter(value);
  const at = value.lastIndexOf("@");
  if (field === "contact" && at > 0 && !value.slice(at).includes(" "))
    return `${first}…${value.slice(at).replace(/\p{C}/gu, "?")}`;
  const digits = value.replace(/\D/gu, "");
  if (field === "contact" && /^[\d\s+().\-/]+$/u.test(value) && digits.length > PHONE_DIGITS_SHOWN)
    return `…${digits.slice(-PHONE_DIGITS_SHOWN)}`;
  if (field === "content") return `(${Array.from(value).length} characters)`;
  return `${first}…`;
}

function firstCharacter(value: string): string {
  return (Array.from(value)[0] ?? "").replace(/\p{C}/u, "?");
}
