/** The same query by cursor, by COPY and by EXECUTE records and shows what it does by itself. */
import { text as readAll } from "node:stream/consumers";
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../sim/support-database/random.ts";
import type { Accounting } from "../../src/lineage/plan.ts";
import type { PlanContext, Planner } from "../../src/lineage/planner.ts";
import { Generator } from "./generate.ts";
import { account, type Accounted, strip } from "./observe.ts";
import { makeStage, type Stage } from "./stage.ts";
import type { World } from "./world.ts";

const SEED = Number(process.env["ORACLE_SEED"] ?? 7);
const COUNT = Number(process.env["ORACLE_COUNT"] ?? 400) / 4;

let stage: Stage;
let client: pg.Client;
let world: World;
let planner: Planner;
let context: PlanContext;

beforeAll(async () => {
  stage = await makeStage(15, SEED);
  ({ client, world, planner, context } = stage);
});

afterAll(async () => {
  await stage.close();
});

function planned(sql: string): { text: string; accounting: Accounting } | undefined {
  const plan = planner.plan(sql, context, "simple");
  const treatment = plan.refusal === undefined ? plan.statements[0]?.treatment : undefined;
  return treatment?.kind === "account" ? { text: plan.text, accounting: treatment.accounting } : undefined;
}

type Seen = Pick<Accounted, "cells" | "recorded" | "nullKey">;

async function byCursor(sql: string): Promise<Seen | undefined> {
  const plan = planned(`DECLARE c CURSOR FOR ${sql}`);
  if (plan === undefined) return undefined;
  await client.query(plan.text);
  const rows = await stage.rowsOf("FETCH 2 FROM c");
  rows.push(...(await stage.rowsOf("FETCH ALL FROM c")));
  await client.query("CLOSE c");
  return strip(rows, plan.accounting);
}

async function byExecute(sql: string): Promise<Seen | undefined> {
  const plan = planned(`PREPARE p AS ${sql}`);
  if (plan === undefined) return undefined;
  await client.query(plan.text);
  const rows = await stage.rowsOf("EXECUTE p");
  await client.query("DEALLOCATE p");
  return strip(rows, plan.accounting);
}

/** The fill holds nothing that COPY's text format escapes but backslashes in front of nothing: fields are cut at tabs. */
async function byCopy(sql: string): Promise<Seen | undefined> {
  const plan = planned(`COPY (${sql}) TO STDOUT`);
  if (plan === undefined) return undefined;
  const lines = (await readAll(client.query(copyTo(plan.text)))).split("\n").slice(0, -1);
  return strip(
    lines.map((line) => line.split("\t").map((field) => (field === "\\N" ? null : field))),
    plan.accounting,
  );
}

const view = ({ cells, recorded, nullKey }: Seen) => ({
  cells: cells.map((row) => JSON.stringify(row)).sort(),
  recorded: recorded.map(({ subject, use }) => `${use} ${subject}`).sort(),
  nullKey,
});

test(`${COUNT} queries by cursor, EXECUTE and COPY, seed ${SEED}`, { timeout: 60_000 }, async () => {
  const generator = new Generator(new Random(SEED + 3), world);
  let compared = 0;
  await client.query("BEGIN; SAVEPOINT oracle");
  for (let n = 0; n < COUNT; n++) {
    const { sql } = generator.query();
    const plan = planned(sql);
    if (plan === undefined) continue;
    const plain = await account(client, plan.text, plan.accounting);
    if (plain.observation.error !== undefined) continue;
    compared++;
    for (const way of [byCursor, byExecute, byCopy]) {
      const seen = await way(sql);
      expect({ way: way.name, sql, seen: seen && view(seen) }).toEqual({ way: way.name, sql, seen: view(plain) });
    }
  }
  await client.query("ROLLBACK");
  expect(compared).toBeGreaterThan(COUNT / 5);
});
