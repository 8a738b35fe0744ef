/** Statements that may fail without ending the transaction that they are in. */
import type { CatalogQuery } from "./statements.ts";

/** @returns its rows, or undefined if the database turned it down; the transaction goes on either way */
export async function tryQuery(
  query: CatalogQuery,
  sql: string,
): Promise<Awaited<ReturnType<CatalogQuery>> | undefined> {
  await query("SAVEPOINT whosaw_try");
  try {
    const rows = await query(sql);
    await query("RELEASE SAVEPOINT whosaw_try");
    return rows;
  } catch {
    await query("ROLLBACK TO SAVEPOINT whosaw_try");
    return undefined;
  }
}
