/** What plans depend on, read from a real support database. */
import { parseConfig } from "../../src/config/load.ts";
import { CatalogConnection } from "../../src/gateway/catalog-connection.ts";
import { loadCatalog } from "../../src/lineage/catalog/load.ts";
import { CATALOG_TRANSACTION } from "../../src/lineage/catalog/statements.ts";
import type { PlanContext } from "../../src/lineage/planner.ts";
import { supportConfig } from "../../sim/support-database/config.ts";
import { ROLE, startSupportServer, upstreamUrl } from "./support-server.ts";

/** Plans read no rows. */
const CUSTOMERS = 10;

/** Fills a support database, reads its catalog, and stops it again: plans need no server. */
export async function planContext(progress: (text: string) => void): Promise<PlanContext> {
  const server = await startSupportServer({ customers: CUSTOMERS, progress });
  try {
    const yaml = Buffer.from(supportConfig({ upstreamUrl: upstreamUrl(server) }));
    const config = parseConfig(yaml, "/whosaw.yaml", { env: {}, shownAs: "whosaw.yaml" });
    const connection = new CatalogConnection(config.upstream);
    for (const statement of CATALOG_TRANSACTION.begin) await connection.query(statement);
    const catalog = await loadCatalog((sql) => connection.query(sql), config.classification, [ROLE]);
    await connection.close();
    const searchPath = ["pg_catalog", "public"];
    return { catalog, searchPath, role: ROLE, mode: "enforce", migrate: false, tempTables: new Set() };
  } finally {
    await server.stop();
  }
}
