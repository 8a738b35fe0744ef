/** A support database on a server of one's own, for tests that kill it or need more connections than others leave. */
import { createSupportRoles, fillSupportDatabase } from "../../sim/support-database/fill.ts";
import { type Cluster, type ClusterOptions, startCluster } from "../rig/cluster.ts";
import type { SupportDatabase } from "../rig/shared.ts";

const GATEWAY_PASSWORD = "gateway password of fault tests";

export interface OwnDatabase {
  readonly cluster: Cluster;
  readonly database: SupportDatabase;
}

export async function ownDatabase(options: ClusterOptions = {}): Promise<OwnDatabase> {
  const cluster = await startCluster(options);
  const database = await cluster.createDatabase();
  await createSupportRoles(cluster.superuserUrl, GATEWAY_PASSWORD);
  await fillSupportDatabase(database.url, { customers: 720 });
  const gatewayUrl = cluster.url({ database: database.name, user: "whosaw_gw", password: GATEWAY_PASSWORD });
  return { cluster, database: { ...database, gatewayUrl, server: cluster } };
}
