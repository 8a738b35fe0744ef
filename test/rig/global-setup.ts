/**
 * Lends servers to test files. Runs in vitest's main process for as long as the run lasts; a server starts when the
 * first test asks for its version, so that a run of unit tests starts none.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import type { PostgresVersion } from "../../src/embedded-postgres/binaries.ts";
import { createSupportRoles, fillSupportDatabase } from "../../sim/support-database/fill.ts";
import { serverAt } from "./cluster.ts";

/** The port on 127.0.0.1 where one asks `VERSION [support]`, and is answered with a {@link Loan} as JSON. */
export type LenderPort = number;

declare module "vitest" {
  export interface ProvidedContext {
    lenderPort: LenderPort;
  }
}

export interface Loan {
  readonly superuserUrl: string;
  /** A database with the support schema and some hundred customers: the template for tests' own. */
  readonly supportTemplate?: string;
}

/** What whosaw_gw signs in with on lent servers. */
export const LENT_GATEWAY_PASSWORD = "gateway password of tests";

const SUPPORT_TEMPLATE = "support_template";

/** Servers and templates by version, each made once. */
class Stock {
  readonly #servers = new Map<PostgresVersion, Promise<EmbeddedPostgres>>();
  readonly #templates = new Map<PostgresVersion, Promise<string>>();

  async lend(version: PostgresVersion, withSupport: boolean): Promise<Loan> {
    const server = this.#servers.get(version) ?? startEmbeddedPostgres({ version });
    this.#servers.set(version, server);
    const { superuserUrl } = await server;
    if (!withSupport) return { superuserUrl };
    const template = this.#templates.get(version) ?? makeSupportTemplate(await server);
    this.#templates.set(version, template);
    return { superuserUrl, supportTemplate: await template };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map(async (server) => (await server).stop()));
  }
}

async function makeSupportTemplate(server: EmbeddedPostgres): Promise<string> {
  await serverAt(server.version, () => server.superuserUrl).query(`CREATE DATABASE ${SUPPORT_TEMPLATE}`);
  await createSupportRoles(server.superuserUrl, LENT_GATEWAY_PASSWORD);
  await fillSupportDatabase(server.url({ database: SUPPORT_TEMPLATE }));
  return SUPPORT_TEMPLATE;
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stock = new Stock();
  const lender = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    createInterface(socket).once("line", (wish) => {
      const [version, extra] = wish.split(" ");
      stock.lend(Number(version) as PostgresVersion, extra === "support").then(
        (loan) => socket.end(`${JSON.stringify(loan)}\n`),
        (error: unknown) => socket.end(`${JSON.stringify({ error: String(error) })}\n`),
      );
    });
  }).listen(0, "127.0.0.1");
  await once(lender, "listening");
  const address = lender.address();
  if (address === null || typeof address === "string") throw new Error("the lender has no port");
  project.provide("lenderPort", address.port);
  return async () => {
    lender.close();
    await stock.close();
  };
}
