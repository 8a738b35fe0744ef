import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../sim/support-database/random.ts";
import { PlanCache } from "../../src/lineage/cache/plan-cache.ts";
import type { TextPlan } from "../../src/lineage/plan.ts";
import type { PlanContext, Planner } from "../../src/lineage/planner.ts";
import { CORPUS } from "./corpus.ts";
import { Generator, type Statement } from "./generate.ts";
import { account } from "./observe.ts";
import { type Case, examine, precisionTable, violations } from "./oracle.ts";
import { makeStage, type Stage } from "./stage.ts";
import { TRICKY } from "./tricky.ts";
import type { World } from "./world.ts";

const SEED = Number(process.env["ORACLE_SEED"] ?? 7);
const COUNT = Number(process.env["ORACLE_COUNT"] ?? 400);

let stage: Stage;
let client: pg.Client;
let world: World;
let planner: Planner;
let context: PlanContext;

beforeAll(async () => {
  stage = await makeStage(18, SEED);
  ({ client, world, planner, context } = stage);
});

afterAll(async () => {
  await stage.close();
});

const plan = (sql: string): TextPlan => planner.plan(sql, context, "simple");

function caseOf(statement: Statement): Case {
  const made = plan(statement.sql);
  const treatment = made.refusal === undefined ? made.statements[0]?.treatment : undefined;
  return {
    statement,
    plan: made,
    accounting: treatment?.kind === "account" ? treatment.accounting : undefined,
    involved: new Set(),
    absent: new Set(),
  };
}

/** A statement that passes as it is must not depend on anybody. */
function passViolations({ plan: made, involved, absent, errorDepends }: Case): string[] {
  const passes = made.refusal === undefined && made.statements.every(({ treatment }) => treatment.kind === "pass");
  if (!passes || (involved.size + absent.size === 0 && errorDepends !== true)) return [];
  return [`passes, and depends on ${[...involved, ...absent].join(", ") || "somebody by its error"}`];
}

async function check(statements: readonly Statement[]): Promise<{ cases: Case[]; broken: string[] }> {
  const cases = statements.map(caseOf);
  await examine(client, cases, world, SEED);
  const broken = cases.flatMap((each) => {
    const found = [...violations(each, world), ...passViolations(each)];
    if (each.statement.must === true && each.plan.refusal !== undefined)
      found.push(`is refused: ${each.plan.refusal.message}`);
    return found.map((sentence) => `${each.statement.sql}\n    ${sentence}\n    ${each.plan.text}`);
  });
  return { cases, broken };
}

describe(`oracle, seed ${SEED}`, () => {
  test("constructs one by one", { timeout: 60_000 }, async () => {
    const { cases, broken } = await check([...CORPUS, ...TRICKY]);
    console.log(precisionTable(cases));
    expect(broken).toEqual([]);
  });

  test(`${COUNT} random statements`, { timeout: 60_000 + COUNT * 500 }, async () => {
    const generator = new Generator(new Random(SEED), world);
    const { cases, broken } = await check(Array.from({ length: COUNT }, () => generator.statement()));
    console.log(precisionTable(cases));
    const failing = cases.filter(({ plain }) => plain?.error !== undefined).length;
    expect(failing / COUNT, "statements that PostgreSQL turns down prove nothing").toBeLessThan(0.2);
    expect(broken).toEqual([]);
  });

  test("a query records what its three parts record together, and the same twice", async () => {
    const generator = new Generator(new Random(SEED + 1), world);
    await client.query("BEGIN; SAVEPOINT oracle");
    let compared = 0;
    for (let n = 0; n < COUNT / 4; n++) {
      const { whole, parts } = generator.partition();
      const sets: string[][] = [];
      for (const sql of [whole, whole, ...parts]) {
        const { accounting, plan: made } = caseOf({ construct: "", sql, ordered: false });
        if (accounting === undefined) break;
        const { observation, recorded } = await account(client, made.text, accounting);
        if (observation.error !== undefined) break;
        sets.push([...new Set(recorded.map(({ subject }) => subject))].sort());
      }
      if (sets.length < 5) continue;
      compared++;
      expect({ whole, keys: sets[1] }).toEqual({ whole, keys: sets[0] });
      expect({ parts, keys: [...new Set(sets.slice(2).flat())].sort() }).toEqual({ parts, keys: sets[0] });
    }
    await client.query("ROLLBACK");
    expect(compared).toBeGreaterThan(COUNT / 20);
  });

  test("a cached plan is the plan that the planner makes of the same text", () => {
    const random = new Random(SEED + 2);
    const generator = new Generator(random, world);
    const cache = new PlanCache(planner);
    const plain = (made: TextPlan) => ({
      ...made,
      refusal: made.refusal?.message,
      originalPosition: Array.from({ length: made.text.length + 2 }, (_, n) => made.originalPosition(n + 1)),
    });
    for (let n = 0; n < COUNT; n++) {
      const { sql } = generator.statement();
      for (let again = 0; again < 3; again++) {
        const text = sql.replaceAll(/'tk[^']*'|\b[1-9]\d{8}\b/g, (literal) =>
          literal.startsWith("'")
            ? `'${"x'é".repeat(random.between(0, 2)).replaceAll("'", "''")}'`
            : String(random.between(0, 999_999_999)),
        );
        expect(plain(cache.plan(text, context, "simple"))).toEqual(plain(plan(text)));
      }
    }
    expect(cache.counts.shaped).toBeGreaterThan(COUNT / 4);
  });
});
