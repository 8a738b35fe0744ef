/** What plans depend on, read from a real support database. */
import { parseConfig } from "../../src/config/load.ts";
import { CatalogConnection } from "../../src/gateway/catalog-connection.ts";
import { loadCatalog } from "../../src/lineage/catalog/load.ts";
import { CATALOG_TRANSACTION } from "../../src/lineage/catalog/statements.ts";
import type { PlanContext } from "../../src/lineage/planner.ts";
import { startEmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import { supportConfig } from "../../sim/support-database/config.ts";
import { createSupportRoles, fillSupportDatabase } from "../../sim/support-database/fill.ts";

const PASSWORD = "bench";
const ROLE = "helpdesk_agent";

/** Fills a support database, reads its catalog, and stops it again: plans need no server. */
export async function planContext(progress: (text: string) => void): Promise<PlanContext> {
  progress("a support database, for its catalog");
  const server = await startEmbeddedPostgres();
  try {
    await createSupportRoles(server.superuserUrl, PASSWORD);
    await server.createDatabase("support");
    await fillSupportDatabase(server.url({ database: "support" }), { customers: 10 });
    const upstreamUrl = server.url({ database: "support", user: "whosaw_gw", password: PASSWORD });
    const yaml = Buffer.from(supportConfig({ upstreamUrl }));
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
