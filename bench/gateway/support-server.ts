/** A server with a support database, and how the gateway's benches sign in to it. */
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import { createSupportRoles, fillSupportDatabase } from "../../sim/support-database/fill.ts";

export const DATABASE = "support";
export const PASSWORD = "bench";
/** The role that a helpdesk's staff has. */
export const ROLE = "helpdesk_agent";
/** Member of that role: whom the gateway signs in as. */
export const GATEWAY_USER = "whosaw_gw";
/** pgbench with 64 clients, on several ways at a time. */
const SETTINGS = { max_connections: "300" };

export interface SupportServerOptions {
  readonly customers: number;
  readonly progress: (text: string) => void;
}

/** Starts a server and fills its database. The caller stops it. */
export async function startSupportServer({ customers, progress }: SupportServerOptions): Promise<EmbeddedPostgres> {
  progress(`a support database of ${customers.toLocaleString("en")} customers`);
  const server = await startEmbeddedPostgres({ version: 15, settings: SETTINGS });
  try {
    await createSupportRoles(server.superuserUrl, PASSWORD);
    await server.createDatabase(DATABASE);
    await fillSupportDatabase(server.url({ database: DATABASE }), { customers });
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** What whosaw.yaml says of it. */
export function upstreamUrl(server: EmbeddedPostgres): string {
  return server.url({ database: DATABASE, user: GATEWAY_USER, password: PASSWORD });
}
