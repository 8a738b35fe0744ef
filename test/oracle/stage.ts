/** A database with a world in it, and a planner that knows its catalog: what the oracle's tests begin with. */
import pg from "pg";
import type { PostgresVersion } from "../../src/embedded-postgres/binaries.ts";
import { loadCatalog } from "../../src/lineage/catalog/load.ts";
import { CATALOG_TRANSACTION } from "../../src/lineage/catalog/statements.ts";
import { createPlanner } from "../../src/lineage/create-planner.ts";
import type { PlanContext, Planner } from "../../src/lineage/planner.ts";
import { sharedServer } from "../rig/shared.ts";
import { CLASSIFICATION, makeWorld, type World } from "./world.ts";

export interface Stage {
  readonly client: pg.Client;
  readonly world: World;
  readonly planner: Planner;
  readonly context: PlanContext;
  /** Values as the server writes them. */
  rowsOf(sql: string): Promise<(string | null)[][]>;
  close(): Promise<void>;
}

/** @param seed of the world */
export async function makeStage(version: PostgresVersion, seed: number): Promise<Stage> {
  const database = await (await sharedServer(version)).createDatabase();
  const client = new pg.Client(database.url);
  await client.connect();
  const world = await makeWorld(client, seed);
  await client.query("SET search_path = support, public");
  const types = { getTypeParser: () => (value: string) => value };
  const rowsOf = async (sql: string): Promise<(string | null)[][]> =>
    (await client.query<(string | null)[]>({ text: sql, rowMode: "array", types })).rows;
  for (const statement of CATALOG_TRANSACTION.begin) await client.query(statement);
  const catalog = await loadCatalog(rowsOf, CLASSIFICATION, ["postgres"]);
  await client.query(CATALOG_TRANSACTION.end);
  const context: PlanContext = {
    catalog,
    searchPath: ["pg_catalog", "support", "public"],
    role: "postgres",
    mode: "enforce",
    migrate: false,
    tempTables: new Set(),
  };
  const close = async (): Promise<void> => {
    await client.end();
    await database.drop();
  };
  return { client, world, planner: await createPlanner(), context, rowsOf, close };
}
