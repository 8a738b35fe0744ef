/** Plans a second, in one thread: statements never seen before, and one shape with ever new literals. */
import { createPlanCache } from "../src/lineage/cache/plan-cache.ts";
import { createPlanner } from "../src/lineage/create-planner.ts";
import type { PlanContext } from "../src/lineage/planner.ts";
import { planContext } from "./gateway/plan-context.ts";
import { type BenchOptions, type BenchReport, type BenchRow, makeReport, median } from "./report.ts";

const NEW_GOAL = 4_000;
const SHAPE_GOAL = 40_000;

/** One in five of what a helpdesk runs is a join; every column list is another one, so that no text has been seen. */
function newStatement(n: number): string {
  const alias = `c${n}`;
  return n % 5 === 0
    ? `SELECT ${alias}.name, ${alias}.email AS mail_${n}, t.number, t.subject FROM support.customers ${alias} JOIN support.tickets t ON t.customer_id = ${alias}.id WHERE t.status = 'open' AND ${alias}.id = ${n} ORDER BY t.id LIMIT 20`
    : `SELECT ${alias}.name, ${alias}.email AS mail_${n}, ${alias}.phone FROM support.customers ${alias} WHERE ${alias}.id = ${n}`;
}

const sameShape = (n: number): string => `SELECT name, email, phone FROM support.customers WHERE id = ${n}`;

export async function run(options: BenchOptions): Promise<BenchReport> {
  const planner = createPlanCache(await createPlanner());
  const context = await planContext(options.progress);
  const rounds = options.quick ? 2 : 5;
  const count = options.quick ? 2_000 : 20_000;
  const fresh: number[] = [];
  const shape: number[] = [];
  let number = 0;
  for (let round = 0; round < rounds; round++) {
    options.progress(`round ${round + 1}`);
    fresh.push(rate(count, () => plan(newStatement(++number))));
    shape.push(rate(count * 10, () => plan(sameShape(++number))));
  }
  const figure = (value: number, label: string, goal: number): BenchRow => ({
    case: label,
    metric: "plans",
    value: Math.round(value),
    unit: "1/s",
    goal: `>= ${goal.toLocaleString("en")}/s`,
    met: value >= goal,
  });
  return makeReport("gateway-plans", [
    figure(median(fresh), "never seen before", NEW_GOAL),
    figure(median(shape), "same shape, new literals", SHAPE_GOAL),
  ]);

  function plan(text: string): void {
    const { refusal } = planner.plan(text, context satisfies PlanContext, "simple");
    if (refusal !== undefined) throw refusal;
  }
}

function rate(count: number, step: () => void): number {
  const start = performance.now();
  for (let n = 0; n < count; n++) step();
  return (count * 1000) / (performance.now() - start);
}
