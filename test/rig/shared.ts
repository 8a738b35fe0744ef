/** The servers that all test files of a run share: one a version, databases of one's own on them. */
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { inject } from "vitest";
import type { PostgresVersion } from "../../src/embedded-postgres/binaries.ts";
import { type ServerHandle, serverAt, type TestDatabase } from "./cluster.ts";
import { LENT_GATEWAY_PASSWORD, type LenderPort, type Loan } from "./global-setup.ts";

/**
 * The run's server of that version (scram, no TLS), started when first asked for. Do not stop it, change its settings
 * or assume that roles are yours: roles belong to the server, so give them names of your own.
 */
export async function sharedServer(version: PostgresVersion = 15): Promise<ServerHandle> {
  const { superuserUrl } = await borrow(`${version}`);
  return serverAt(version, () => superuserUrl);
}

export interface SupportDatabase extends TestDatabase {
  /** As whosaw_gw, for `upstream.url` and {@link supportConfig}. */
  readonly gatewayUrl: string;
  readonly server: ServerHandle;
}

/** A fresh copy of the support database (sim/support-database): 800 customers, numbers from 4001, always the same. */
export async function supportDatabase(version: PostgresVersion = 15): Promise<SupportDatabase> {
  const { superuserUrl, supportTemplate } = await borrow(`${version} support`);
  const server = serverAt(version, () => superuserUrl);
  const database = await server.createDatabase(supportTemplate);
  const gatewayUrl = server.url({ database: database.name, user: "whosaw_gw", password: LENT_GATEWAY_PASSWORD });
  return { ...database, server, gatewayUrl };
}

async function borrow(wish: string): Promise<Loan> {
  const port: LenderPort = inject("lenderPort");
  const socket = connect(port, "127.0.0.1");
  const answer = once(createInterface(socket), "line");
  socket.write(`${wish}\n`);
  const loan = JSON.parse(String((await answer)[0])) as Loan & { readonly error?: string };
  if (loan.error !== undefined) throw new Error(`no server to borrow: ${loan.error}`);
  return loan;
}

/** The versions that end-to-end tests run on: 15 and 18, or what WHOSAW_POSTGRES lists (`npm run test:matrix`: 14 to 18). */
export function postgresVersions(): PostgresVersion[] {
  return (process.env["WHOSAW_POSTGRES"] ?? "15,18").split(",").map((version) => Number(version) as PostgresVersion);
}
