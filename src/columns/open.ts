/** Opens columns: embedded, or on ClickHouse servers. */
import { openChdb } from "./chdb.ts";
import { type ClickhousePlace, openClickhouse } from "./clickhouse.ts";
import type { Columns } from "./columns.ts";
import { ensureSchema } from "./schema.ts";

/** Where columns are kept: `columns` of whosaw.yaml. */
export type ColumnsPlace =
  | { readonly kind: "embedded"; readonly dir: string }
  | ({ readonly kind: "server" } & ClickhousePlace);

export interface ColumnsOptions {
  /** Another database than the configured one: columns that are built beside those in use. */
  readonly database?: string;
}

/** What the embedded store's database is called. */
const EMBEDDED_DATABASE = "whosaw";

/**
 * Opens columns, with tables made if there are none.
 * @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED, STORE_MISMATCH (of a newer program), STORE_LOCKED (open in another
 * process), FILE_UNWRITABLE
 */
export async function openColumns(place: ColumnsPlace, options: ColumnsOptions = {}): Promise<Columns> {
  const database = options.database ?? databaseOf(place);
  const [columns, cluster] =
    place.kind === "embedded"
      ? [await openChdb(place.dir, database), undefined]
      : [await openClickhouse({ ...place, database }), place.cluster];
  try {
    await ensureSchema(columns, database, cluster);
  } catch (error) {
    await columns.close();
    throw error;
  }
  return columns;
}

/** The name of the database that columns are in. */
export function databaseOf(place: ColumnsPlace): string {
  return place.kind === "embedded" ? EMBEDDED_DATABASE : place.database;
}
