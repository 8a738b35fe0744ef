import fc from "fast-check";
import type { Node, SelectStmt } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import { createPlanner } from "./create-planner.ts";
import { skipsTooMany } from "./offset.ts";
import { Parser } from "./parse.ts";
import type { TextPlan } from "./plan.ts";
import type { Planner } from "./planner.ts";
import { HelpdeskCatalog } from "./testing/helpdesk.ts";

let planner: Planner;
let parser: Parser;
beforeAll(async () => {
  planner = await createPlanner();
  parser = await Parser.create();
});

const plan = (sql: string): TextPlan =>
  planner.plan(
    sql,
    {
      catalog: new HelpdeskCatalog(),
      searchPath: ["pg_catalog", "support"],
      role: "agent",
      mode: "enforce",
      migrate: false,
      tempTables: new Set(),
    },
    "simple",
  );

/** The query of a statement that may stand around it. */
function queryOf(text: string): SelectStmt {
  const node: Node | undefined = parser.parse(text)[0]?.stmt;
  const inner =
    node && "DeclareCursorStmt" in node
      ? node.DeclareCursorStmt.query
      : node && "PrepareStmt" in node
        ? node.PrepareStmt.query
        : node && "CopyStmt" in node
          ? node.CopyStmt.query
          : node;
  if (!inner || !("SelectStmt" in inner)) throw new Error(`no query: ${text}`);
  return inner.SelectStmt;
}

/** Without positions, which the rewriting moves. */
const shape = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null, (key, child: unknown) => (key === "location" ? undefined : child)));

describe("clauses, wherever they are written", () => {
  const numbers = fc.constantFrom("3", "$1", "'4'", "($1 - 1) * 50", "2.5", "-1", "$2::int + 1", "9223372036854775807");
  const limit = fc.oneof(
    numbers.map((n) => `limit ${n}`),
    fc.constantFrom("limit all", "fetch first row only", "FETCH NEXT 3 ROWS ONLY", "fetch first ($1) rows with ties"),
  );
  const offset = numbers.chain((n) => fc.constantFrom(`offset ${n}`, `OFFSET (${n}) rows`));
  const blank = fc.constantFrom(" ", "\n", " -- limit offset for\n", "/* ) */ ");
  const bodies = fc.constantFrom(
    "select id, name from customers where name like '%) offset 1 for%'",
    "with x as (select 1 offset 0) select * from customers c",
    "table customers",
    "select t.id from tickets t join customers c on c.id = t.customer_id",
    "select country, count(*) from customers group by country",
    "select distinct country from customers",
    "select id from customers union all (select id from teams limit 1)",
  );
  const frames = fc.constantFrom(
    (query: string) => query,
    (query: string) => `(${query})`,
    (query: string) => `declare c cursor for ${query}`,
    (query: string) => `prepare p as ${query}`,
    (query: string) => `copy (${query}) to stdout`,
    (query: string) => `${query}; select 'offset 5'`,
  );
  const locks = fc.constantFrom("", "", "for update", "for no key update skip locked");

  test("stay around the query, and the rest within it", () => {
    let wrapped = 0;
    fc.assert(
      fc.property(
        fc.record({ body: bodies, frame: frames, limit: fc.option(limit), offset, locks, blank }),
        fc.tuple(fc.boolean(), fc.boolean()),
        ({ body, frame, limit: page, offset: skip, locks: lock, blank: gap }, [offsetFirst, lockFirst]) => {
          const clauses = [skip, ...(page === null ? [] : [page])];
          if (!offsetFirst) clauses.reverse();
          const tail = lockFirst ? [lock, ...clauses] : [...clauses, lock];
          const sql = frame([body, "order by 1", ...tail].filter((part) => part !== "").join(gap));
          const made = plan(sql);
          if (made.refusal) return;
          wrapped++;
          const [original, outer] = [queryOf(sql), queryOf(made.text)];
          const cte = outer.withClause?.ctes?.[0];
          const within = cte && "CommonTableExpr" in cte ? cte.CommonTableExpr.ctequery : undefined;
          if (!within || !("SelectStmt" in within)) throw new Error(`not wrapped: ${made.text}`);
          const query = within.SelectStmt;
          expect(shape(outer.limitOffset)).toEqual(shape(original.limitOffset));
          if (original.limitOption !== "LIMIT_OPTION_WITH_TIES")
            expect(shape(outer.limitCount)).toEqual(shape(original.limitCount));
          else expect(query.limitOption).toBe("LIMIT_OPTION_WITH_TIES");
          expect([outer.sortClause, outer.lockingClause, query.limitOffset]).toEqual([undefined, undefined, undefined]);
          expect(shape(query.sortClause)).toEqual(shape(original.sortClause));
          expect(shape(query.lockingClause)).toEqual(shape(original.lockingClause));
        },
      ),
      { numRuns: 600 },
    );
    expect(wrapped).toBeGreaterThan(300);
  });
});

test("the server's complaint about a parameter is known again, and nothing else is", () => {
  const { text } = plan("select id from customers offset $1");
  const complaint = /'(whosaw: [^']+)'/.exec(text)?.[1];
  expect(skipsTooMany(`invalid input syntax for type bigint: "${complaint}"`)).toMatchObject({
    code: "REFUSED",
    message: "OFFSET skips more than 10000 protected rows",
  });
  expect(skipsTooMany(`invalid input syntax for type bigint: "x"`)).toBeUndefined();
  expect(skipsTooMany(undefined)).toBeUndefined();
});
