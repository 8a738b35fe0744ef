/** Statements that may fail without ending the transaction that they are in. */
import type { CatalogQuery } from "./statements.ts";

/** @param query takes several statements in one text @returns the rows of `sql`, or undefined if the database turned it down; the transaction goes on either way */
export async function tryQuery(
  query: CatalogQuery,
  sql: string,
): Promise<Awaited<ReturnType<CatalogQuery>> | undefined> {
  try {
    // One message: thousands of these are sent, each to a server that may be far away.
    return await query(`SAVEPOINT whosaw_try; ${sql}; RELEASE SAVEPOINT whosaw_try`);
  } catch {
    await query("ROLLBACK TO SAVEPOINT whosaw_try");
    return undefined;
  }
}
