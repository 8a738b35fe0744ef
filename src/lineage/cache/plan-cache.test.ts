import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WhosawError } from "../../base/errors.ts";
import type { CatalogSnapshot } from "../catalog.ts";
import type { TextEdit, TextPlan } from "../plan.ts";
import type { PlanContext, Planner } from "../planner.ts";
import { Splices } from "../splice.ts";
import { TOKEN, tokenize, withoutLiterals } from "../tokens.ts";
import { LeastRecentlyUsed } from "./lru.ts";
import { PlanCache } from "./plan-cache.ts";
import { shapeOf } from "./shape.ts";

const shape = (text: string) => shapeOf(tokenize(text))?.key;

describe("literals that cannot change a plan are left out", () => {
  test.each([
    ["select a from t where id = 1", "select a from t where id = 2"],
    ["select a from t where id=1;", "select a from t where id=222;"],
    ["select a from t where id=-1", "select a from t where id=-7"],
    ["select a from t where id < - 1", "select a from t where id < - 7"],
    ["select a from t where n = 'x' and m >= 1.5", "select a from t where n = 'it''s' and m >= 0.25"],
    ["select a from t where n = E'x'", "select a from t where n = E'yy'"],
    ["select a from t where n = $$x$$", "select a from t where n = $q$y'$q$"],
    ["select a from t where n ILIKE '%x%' order by 1", "select a from t where n ILIKE 'y' order by 1"],
    ["select a from t where id in (1, 2) limit 5", "select a from t where id in (3, 4) limit 5"],
    ["select a from t where (id, n) in ((1, 'a'), (2, 'b'))", "select a from t where (id, n) in ((3, 'c'), (4, 'd'))"],
    ["select a from t where id between 1 and 2 and b = 3", "select a from t where id between 4 and 5 and b = 6"],
    ["insert into t (a, b) values (1, 'x'), (2, 'y')", "insert into t (a, b) values (3, 'p'), (4, 'q')"],
    ["update t set a = 1, b = 'x' where id = 2", "update t set a = 3, b = 'y' where id = 4"],
    ["select a /* one */ from t where id = 1 -- x", "select a /* two */ from t where id = 2 -- y"],
    ["select a from t join u on t.x = 1 join v on true", "select a from t join u on t.x = 2 join v on true"],
  ])("%s and %s", (one, other) => {
    expect(shape(one)).toBeDefined();
    expect(shape(one)).toBe(shape(other));
  });
});

describe("all others stay", () => {
  test.each([
    ["select a from t order by 1", "select a from t order by 2"],
    ["select a, b from t group by 1", "select a, b from t group by 2"],
    ["select a = 1 from t group by a = 1", "select a = 1 from t group by a = 2"],
    ["select distinct a = 1, b from t", "select distinct a = 2, b from t"],
    ["select a from t limit 1", "select a from t limit 2"],
    ["select a from t limit 5 offset 1", "select a from t limit 5 offset 2"],
    ["select a from t where id = 'a'::regclass", "select a from t where id = 'b'::regclass"],
    ["select a from t where id = 1::int", "select a from t where id = 2::int"],
    ["select a from t where id in ('a'::regclass)", "select a from t where id in ('b'::regclass)"],
    ["select a from t where x > interval '1 day'", "select a from t where x > interval '2 day'"],
    ["select a from t where n = 'a' collate \"C\"", "select a from t where n = 'b' collate \"C\""],
    ["select a from t where n like 'a' escape 'b'", "select a from t where n like 'c' escape 'b'"],
    ["select a from t where n = 'a' || b", "select a from t where n = 'c' || b"],
    ["select a from t where n = 1 + b", "select a from t where n = 2 + b"],
    ["select set_config('a', 'x', false)", "select set_config('a', 'y', false)"],
    ["select f(a := 'x')", "select f(a := 'y')"],
    ["select f(a => 'x')", "select f(a => 'y')"],
    ["select a from t where b -> 'x' = c", "select a from t where b -> 'y' = c"],
    ["select a from t where b @> '1'", "select a from t where b @> '2'"],
    ["set search_path = 'a'", "set search_path = 'b'"],
    ["set role = 'a'", "set role = 'b'"],
    ["explain select a from t where id = 1", "explain select a from t where id = 2"],
    ["select a from t where id in (select 1, 2)", "select a from t where id in (select 1, 3)"],
    [
      "select a from t where id in (select x from u order by y, 1)",
      "select a from t where id in (select x from u order by y, 2)",
    ],
    ["values (f('a', 1))", "values (f('b', 1))"],
    [
      "select row_number() over (rows between 1 preceding and 2 following)",
      "select row_number() over (rows between 3 preceding and 2 following)",
    ],
    ["select a::varchar(1) from t", "select a::varchar(2) from t"],
    ["select a from t where b = 1 and c = 'x'", "select a from t where b = '1' and c = 'x'"],
    ["select a from t where b = 1", "select a from t where b = 1.0"],
    ["select a from t where b = 1", "select a from t where b = 99999999999"],
    ["select a from t where b = 1", "select a from t where b = 0x1"],
    ["select a from t where b = E'\\q'", "select a from t where b = E'x'"],
    ["select a from t where b = U&'\\0041'", "select a from t where b = U&'\\zz'"],
    ["select a from t where b = 'x'", "select a from t where b = 'x''"],
    ["select a from t where b = $$x$$", "select a from t where b = $$x$"],
    ["select a from t where b = 1and c", "select a from t where b = 1 and c"],
    ["select a from t where b = 1", "select a from t where b = 1 /* open"],
    ["select a from t where b = 1", "select a from t where b = 1 /* /* open */"],
    ["select a from t where b = 'x'\n'y'", "select a from t where b = 'x'\n'z'"],
    ["select a from t where b = a. b", "select a from t where b = a.b"],
  ])("%s and %s", (one, other) => {
    expect(shape(one) === undefined ? one : shape(one)).not.toBe(shape(other));
  });
});

const context = (over: Partial<PlanContext> = {}): PlanContext => ({
  catalog: { digest: "one" } as CatalogSnapshot,
  searchPath: ["pg_catalog", "public"],
  role: "agent",
  mode: "enforce",
  migrate: false,
  tempTables: new Set(),
  ...over,
});

/** Edits that depend on everything but masked literals: inserts after words, replaces some, quotes what it reads elsewhere. */
const rewriting: Planner = {
  plan(text) {
    const tokens = tokenize(text);
    const edits: TextEdit[] = [];
    tokens.kinds.forEach((kind, i) => {
      const [start, end] = [tokens.starts[i]!, tokens.ends[i]!];
      const word = text.slice(start, end);
      if (kind !== TOKEN.word) return;
      if (word === "a") edits.push({ at: start, remove: end - start, insert: '"a".x' });
      else if (word.length === 4) edits.push({ at: end, remove: 0, insert: ` /*${i}é*/` });
      else if (word === "t")
        edits.push({ at: start, remove: 0, insert: "s." }, { at: start, remove: 0, insert: "😀." });
    });
    const splices = new Splices();
    for (const { at, remove, insert } of edits) splices.replace(at, at + remove, insert);
    const statements = [
      {
        treatment: { kind: "pass" } as const,
        effects: [],
        normalizedText: withoutLiterals(tokens, 0, tokens.kinds.length),
        fingerprint: "f",
      },
    ];
    return { ...splices.apply(text), statements, refusal: undefined, edits };
  },
};

const plain = (plan: TextPlan) => ({
  ...plan,
  originalPosition: Array.from({ length: plan.text.length + 2 }, (_, i) => plan.originalPosition(i + 1)),
});

const literal = fc.oneof(
  fc.nat().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => String(Math.abs(x))),
  fc.string({ unit: "grapheme" }).map((s) => `'${s.replaceAll("'", "''").replaceAll("\0", "")}'`),
  fc.string().map((s) => `E'${s.replace(/['\\\0]/g, "")}'`),
  fc.constantFrom(
    "$$it's$$",
    "$x$ $$ $x$",
    "B'01'",
    "-5",
    "- 5",
    "NULL",
    "'a'::text",
    "interval '1 day'",
    "U&'\\0041'",
  ),
);
const gap = fc.constantFrom(" ", " ", " ", "\n", " /* 'x */ ", " -- it's\n", "/**/");
const piece = fc.oneof(
  { weight: 3, arbitrary: literal },
  fc.constantFrom(
    ..."select from where and or in not between like values set update insert order by limit group on as distinct any".split(
      " ",
    ),
  ),
  fc.constantFrom(
    "a",
    "t",
    "b.a",
    '"t"',
    "= ",
    "<>",
    "<=",
    "||",
    "::",
    "(",
    ")",
    ",",
    ";",
    "-",
    "a =",
    "in (",
    "values (",
    "between",
    "$1",
    "[",
  ),
);
const statement = fc
  .array(fc.tuple(piece, gap), { maxLength: 25 })
  .map((parts) => parts.map(([text, blank]) => text + blank).join(""));

test("a remembered plan is the plan that would be made, whatever the text", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(statement, fc.array(literal, { minLength: 1, maxLength: 6 })), { maxLength: 4 }),
      (cases) => {
        const cache = new PlanCache(rewriting);
        for (const [text, literals] of cases) {
          // The same text with other literals in the same places, and the first one again.
          let n = 0;
          const other = text.replace(/'x*[^'\\]*'|\b\d+\b/g, () => literals[n++ % literals.length]!);
          for (const variant of [
            text,
            other,
            text,
            `select a from t where ${other}`,
            `select a from t where ${text}`,
          ]) {
            expect(plain(cache.plan(variant, context(), "simple"))).toEqual(
              plain(rewriting.plan(variant, context(), "simple")),
            );
          }
        }
      },
    ),
    { numRuns: 400 },
  );
});

describe("the cache", () => {
  test("plans a shape once, and other literals by replaying its edits", () => {
    const cache = new PlanCache(rewriting);
    for (let i = 0; i < 10; i++) cache.plan(`select a from t where id = ${i}`, context(), "simple");
    expect(cache.counts).toEqual({ exact: 0, shaped: 9, planned: 1 });
    for (let i = 0; i < 10; i++) cache.plan("select a from t limit 3", context(), "extended");
    expect(cache.counts).toEqual({ exact: 9, shaped: 9, planned: 2 });
  });

  test.each([
    { catalog: { digest: "two" } as CatalogSnapshot },
    { searchPath: ["public", "pg_catalog"] },
    { role: "auditor" },
    { mode: "observe" as const },
    { migrate: true },
    { tempTables: new Set(["t"]) },
  ])("plans anew for another %o", (over) => {
    const cache = new PlanCache(rewriting);
    for (const text of ["select a from t where id = 1", "select a from t"]) {
      cache.plan(text, context(), "simple");
      cache.plan(text, context(over), "simple");
      cache.plan(text, context(), "extended");
    }
    expect(cache.counts.planned).toBe(6);
  });

  test("a set of temporary tables that changed in place is another context", () => {
    const cache = new PlanCache(rewriting);
    const tempTables = new Set<string>();
    cache.plan("select a from t", context({ tempTables }), "simple");
    tempTables.add("t");
    cache.plan("select a from t", context({ tempTables }), "simple");
    expect(cache.counts.planned).toBe(2);
  });

  test("plans that name no edits, edit a literal, or quote the text are never used for another text", () => {
    const cases: ((text: string) => Partial<TextPlan>)[] = [
      (text) => ({ text: text.toUpperCase() }),
      (text) => ({ text: `${text.slice(0, -1)}9`, edits: [{ at: text.length - 1, remove: 1, insert: "9" }] }),
      (text) => ({
        text,
        edits: [],
        refusal: new WhosawError("STATEMENT_UNREADABLE", `syntax error at or near "${text.slice(-1)}"`),
      }),
    ];
    for (const make of cases) {
      const planner: Planner = {
        plan: (text) => ({ text, statements: [], refusal: undefined, originalPosition: (p) => p, ...make(text) }),
      };
      const cache = new PlanCache(planner);
      for (const text of ["select a from t where id = 1", "select a from t where id = 2"]) {
        expect(JSON.stringify(cache.plan(text, context(), "simple"))).toBe(
          JSON.stringify(planner.plan(text, context(), "simple")),
        );
      }
    }
  });

  test("stays within its bounds and forgets the oldest", () => {
    const lru = new LeastRecentlyUsed<number>(3, 10);
    for (const key of ["a", "b", "c"]) lru.set(key, 1);
    lru.get("a");
    lru.set("d", 1);
    expect([lru.get("a"), lru.get("b"), lru.get("c"), lru.get("d")]).toEqual([1, undefined, 1, 1]);
    lru.set("long key!", 1);
    expect([lru.size, lru.get("long key!")]).toEqual([2, 1]);
    const cache = new PlanCache(rewriting, 2);
    for (const text of ["select 1", "select 2", "select 3", "select 1"]) cache.plan(text, context(), "simple");
    expect(cache.counts.planned).toBe(4);
  });
});
