import { beforeAll, describe, expect, test } from "vitest";
import { createPlanner } from "./create-planner.ts";
import { Parser } from "./parse.ts";
import type { Accounting } from "./plan.ts";
import type { PlanContext, Planner } from "./planner.ts";
import { ACCEPTED } from "./testing/accepted.ts";
import { PASSED, REFUSED } from "./testing/corpus.ts";
import { HelpdeskCatalog, helpdeskContext } from "./testing/helpdesk.ts";

let planner: Planner;
let parser: Parser;
beforeAll(async () => {
  planner = await createPlanner();
  parser = await Parser.create();
});

const plan = (sql: string, over: Partial<PlanContext> = {}) => planner.plan(sql, helpdeskContext(over), "simple");

function accounting(sql: string, over: Partial<PlanContext> = {}): Accounting {
  const { refusal, statements } = plan(sql, over);
  expect(refusal?.message).toBeUndefined();
  const treatment = statements.at(-1)?.treatment;
  if (treatment?.kind !== "account") throw new Error(`not accounted for: ${treatment?.kind}`);
  return treatment.accounting;
}

const uses = (of: Accounting) =>
  of.uses.map(
    (use) =>
      `${use.table}: ${[use.shown.join(", "), "|", use.predicate.join(", ")].filter((part) => part !== "").join(" ")}`,
  );

describe("accepted", () => {
  test.each(ACCEPTED.map((accepted): [string, (typeof ACCEPTED)[number]] => [accepted.sql, accepted]))(
    "%s",
    (sql, accepted) => {
      const found = accounting(sql);
      expect(uses(found)).toEqual(accepted.uses);
      expect(found.companions.map((companion) => companion.use)).toEqual(accepted.companions);
      expect({
        columns: found.columns,
        scope: found.scope,
        errors: found.errorsFromData,
        hideRows: found.hideRows,
      }).toEqual({
        columns: accepted.columns,
        scope: accepted.scope ?? false,
        errors: accepted.errors ?? false,
        hideRows: accepted.hideRows ?? false,
      });
      const { text } = plan(sql);
      if (accepted.text !== undefined) expect(text).toBe(accepted.text);
      expect(() => parser.parse(text)).not.toThrow();
    },
  );
});

describe("refused, with a form that passes", () => {
  test.each(REFUSED.map(([sql, reason]): [string, RegExp] => [sql, reason]))("%s", (sql, reason) => {
    const { refusal, text, statements } = plan(sql);
    expect(refusal?.message).toMatch(reason);
    expect(text).toBe(sql);
    if (refusal?.code === "REFUSED") expect(refusal.hint).toMatch(/\w/);
    expect(statements.some((statement) => statement.treatment.kind === "refuse")).toBe(true);
  });
});

describe("passed byte for byte", () => {
  test.each([...PASSED])("%s", (sql) => {
    const { refusal, text, statements, originalPosition } = plan(sql);
    expect(refusal?.message).toBeUndefined();
    expect(text).toBe(sql);
    expect(statements.every((statement) => ["pass", "as-cursor"].includes(statement.treatment.kind))).toBe(true);
    expect(originalPosition(7)).toBe(7);
  });
});

describe("observe", () => {
  test.each(REFUSED.map(([sql]) => sql))("%s passes as it is, or protects the gateway", (sql) => {
    const { refusal, text, statements } = plan(sql, { mode: "observe" });
    if (refusal)
      expect(refusal.message).toMatch(/cannot be changed|must stay on|belongs to the gateway|client_encoding/);
    else {
      const opaque = statements.filter((statement) => statement.treatment.kind === "opaque");
      expect(opaque.length).toBe(1);
      expect(text).toBe(sql);
    }
  });

  test("an opaque statement names the tables that it reads", () => {
    const [statement] = plan("select country, count(*) from customers, outbox, teams group by 1 having count(*) > 1", {
      mode: "observe",
    }).statements;
    expect(statement?.treatment).toMatchObject({ kind: "opaque", tables: ["support.customers", "support.outbox"] });
  });

  test("what can be accounted for is accounted for", () => {
    expect(accounting("select name from customers", { mode: "observe" }).companions).toHaveLength(1);
  });
});

describe("effects and treatments", () => {
  test.each([
    ["declare c cursor with hold for select 1", { kind: "declare-cursor", name: "c", hold: true }],
    ["declare c cursor for select * from customers", { kind: "declare-cursor", name: "c", hold: false }],
    ["close c", { kind: "close-cursor", name: "c" }],
    ["close all", { kind: "close-cursor", name: undefined }],
    ["prepare p as select 1", { kind: "prepare", name: "p" }],
    ["deallocate p", { kind: "deallocate", name: "p" }],
    ["deallocate all", { kind: "deallocate", name: undefined }],
    ["set local search_path = a", { kind: "search-path" }],
    ["reset all", [{ kind: "search-path" }, { kind: "encoding", value: undefined }]],
    ["set names 'LATIN1'", { kind: "encoding", value: "LATIN1" }],
    ["select set_config('client_encoding', 'LATIN1', false)", { kind: "encoding", value: undefined }],
    ["select set_config('search_path', '', false)", { kind: "search-path" }],
    ["create temp table x (id int)", { kind: "create-temp", name: "x" }],
    ["select 1 as a into temp y", { kind: "create-temp", name: "y" }],
    ["discard all", [{ kind: "discard-all" }, { kind: "encoding", value: undefined }]],
    ["discard temp", { kind: "discard-temp" }],
    ["rollback to s", { kind: "rollback-to" }],
  ])("%s", (sql, effect) => {
    expect(plan(sql).statements[0]?.effects).toEqual([effect].flat());
  });

  test.each([
    ["fetch next from c", { forward: true, move: false }],
    ["fetch all in c", { forward: true, move: false }],
    ["fetch backward 2 from c", { forward: false, move: false }],
    ["fetch absolute 1 from c", { forward: false, move: false }],
    ["fetch prior from c", { forward: false, move: false }],
    ["fetch 0 from c", { forward: false, move: false }],
    ["move 5 in c", { forward: true, move: true }],
  ])("%s", (sql, motion) => {
    expect(plan(sql).statements[0]?.treatment).toEqual({ kind: "as-cursor", name: "c", ...motion });
  });

  test("EXECUTE is accounted for as its statement", () => {
    expect(plan("execute p (1, 'x')").statements[0]?.treatment).toEqual({ kind: "as-prepared", name: "p" });
  });

  test("migrators may change the schema, and still launder nothing", () => {
    expect(plan("alter table customers add x int", { migrate: true }).statements[0]?.effects).toEqual([
      { kind: "ddl" },
    ]);
    expect(plan("create table x (id int); select * from customers", { migrate: true }).refusal?.message).toMatch(
      /follows DDL/,
    );
    expect(plan("create table x as select * from customers", { migrate: true }).refusal?.message).toMatch(/stored/);
  });
});

describe("names", () => {
  test("a namesake that matters elsewhere: the schema is sent along, although nothing is accounted for", () => {
    expect(plan("select * from customers", { searchPath: ["pg_catalog", "archive", "support"] }).text).toBe(
      `select * from "archive".customers`,
    );
  });

  test("a temporary table of the session is public", () => {
    expect(plan("select * from mine", { tempTables: new Set(["mine"]) }).statements[0]?.treatment.kind).toBe("pass");
    expect(
      plan("create temp table mine (id int); insert into mine values (1); select * from mine").refusal,
    ).toBeUndefined();
    expect(plan("select c.name, mine.id from mine, customers c", { tempTables: new Set(["mine"]) }).text).toBe(
      `select c.name, mine.id, ("c"."id") as whosaw$1 from pg_temp.mine, "support".customers c`,
    );
    expect(plan("select * from customers", { tempTables: new Set(["customers"]) }).text).toBe(
      "select * from pg_temp.customers",
    );
  });

  test("two tables of the search path: the first one counts", () => {
    expect(
      accounting("select * from customers", { searchPath: ["pg_catalog", "support", "archive"] }).uses[0]?.table,
    ).toBe("support.customers");
  });
});

describe("privileges", () => {
  const denied = new HelpdeskCatalog({ denied: ["support.customers.id", "support.tickets.customer_id"] });

  test("a key that the role cannot read is refused with the GRANT", () => {
    expect(plan("select name from customers", { catalog: denied }).refusal?.hint).toBe(
      "GRANT SELECT (id) ON support.customers TO agent",
    );
    expect(plan("select body from messages", { catalog: denied }).refusal?.hint).toBe(
      "GRANT SELECT (id, customer_id) ON support.tickets TO agent",
    );
  });

  test("a table on the way to the key, on which the role has no right at all, is not named", () => {
    const open = new HelpdeskCatalog();
    const hidden = open.find("support", "tickets")?.columns.map(({ name }) => `support.tickets.${name}`) ?? [];
    const refusal = plan("select body from messages", { catalog: new HelpdeskCatalog({ denied: hidden }) }).refusal;
    expect(refusal?.hint).toMatch(/whosaw check prints the GRANT/);
    expect(`${refusal?.message} ${refusal?.hint}`).not.toContain("tickets");
  });

  test("an INSERT that shows nothing needs no key", () => {
    expect(accounting("insert into customers (name) values ('x')", { catalog: denied })).toMatchObject({
      companions: [],
      hideRows: false,
    });
    expect(plan("insert into customers (name) values ('x') returning name", { catalog: denied }).refusal?.hint).toMatch(
      /GRANT/,
    );
  });
});

describe("the plan of a text", () => {
  test("several statements are spliced in place", () => {
    const { text, statements } = plan("begin; select name from customers; commit;");
    expect(text).toBe(`begin; select name, ("customers"."id") as whosaw$1 from "support".customers; commit;`);
    expect(statements.map((statement) => statement.treatment.kind)).toEqual(["pass", "account", "pass"]);
  });

  test("if one is refused, all of them are", () => {
    const { text, refusal } = plan("select name from customers; select * from outbox");
    expect(refusal).toBeDefined();
    expect(text).toBe("select name from customers; select * from outbox");
  });

  test("edits turn the client's text into the one sent", () => {
    const sql = "select 'ü', * from customers c join tickets t on t.customer_id = c.id";
    const { text, edits } = plan(sql);
    let applied = "",
      done = 0;
    for (const edit of edits ?? []) {
      applied += sql.slice(done, edit.at) + edit.insert;
      done = edit.at + edit.remove;
    }
    expect(applied + sql.slice(done)).toBe(text);
  });

  test("positions are mapped back, in characters", () => {
    const sql = "select '🙂', * from customers where nope = 1";
    const { text, originalPosition } = plan(sql);
    const sent = text.slice(0, text.indexOf("nope")).length + 1;
    expect(originalPosition(sent)).toBe(sql.slice(0, sql.indexOf("nope")).length + 1);
    const inside = text.slice(0, text.indexOf("whosaw$1")).length + 1;
    expect(originalPosition(inside)).toBe(14);
  });

  test("texts for the ledger hold no literals and no comments", () => {
    const [statement] = plan(
      "select  name -- for Ann\nfrom customers where phone in ('1', '2', '3') and id = 4711 and name <> $$x$$ and email = E'a\\'b'",
    ).statements;
    expect(statement?.normalizedText).toBe(
      "select name from customers where phone in (?, ...) and id = ? and name <> ? and email = ?",
    );
    expect(statement?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  test("an extended Parse holds one statement", () => {
    expect(planner.plan("select 1; select 2", helpdeskContext(), "extended").refusal?.message).toBe(
      "cannot insert multiple commands into a prepared statement",
    );
  });

  test("a syntax error is PostgreSQL's own", () => {
    const { refusal } = plan("select 'é' from from x");
    expect(refusal?.message).toBe(`syntax error at or near "from"`);
    expect(refusal?.sqlstate).toBe("42601");
    expect(refusal?.fields["P"]).toBe("17");
  });
});

describe("limits", () => {
  test.each([
    ["length", `select '${"x".repeat(1 << 20)}'`],
    ["tokens", `select ${"1,".repeat(60_000)}1`],
    ["brackets", `select ${"(".repeat(600)}1${")".repeat(600)}`],
    ["operators", `select 1${" + 1".repeat(600)}`],
    ["unions", `select 1${" union all select 1".repeat(600)}`],
    ["tables", `select 1 from customers c, ${Array.from({ length: 600 }, (_, i) => `teams t${i}`).join(", ")}`],
    ["protected tables", `select 1 from ${Array.from({ length: 101 }, (_, i) => `customers c${i}`).join(", ")}`],
    ["NOT", `select ${"not ".repeat(600)}true`],
  ])("%s", (_what, sql) => {
    expect(plan(sql).refusal?.code).toBe("STATEMENT_TOO_LARGE");
  });

  test("long lists and long chains of OR are no depth", () => {
    expect(
      plan(`select 1 where 1 in (${"1,".repeat(9_000)}1) or ${"2 = 3 or ".repeat(900)}true`).refusal,
    ).toBeUndefined();
  });

  test("a parser that died is replaced", async () => {
    expect(() => parser.parse(`select ${"-1 ".repeat(50_000)}`)).toThrow(/too complex/);
    await expect
      .poll(() => {
        try {
          return parser.parse("select 1").length;
        } catch {
          return 0;
        }
      })
      .toBe(1);
    expect(() => parser.parse("selec")).toThrow(/syntax error/);
  });
});
