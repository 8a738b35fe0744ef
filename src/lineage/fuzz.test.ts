/** Whatever a client sends, the planner answers with a plan or a refusal, and what it rewrites is SQL again. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { createPlanner } from "./create-planner.ts";
import { Parser } from "./parse.ts";
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

const catalog = new HelpdeskCatalog();
const STATEMENTS = [...ACCEPTED.map(({ sql }) => sql), ...REFUSED.map(([sql]) => sql), ...PASSED];
const WORDS = [...new Set(STATEMENTS.flatMap((sql) => sql.split(/\b/)))];

function check(text: string, mode: PlanContext["mode"]): void {
  const context = helpdeskContext({ catalog, mode, tempTables: new Set(["mine"]) });
  const plan = planner.plan(text, context, "simple");
  const treatments = plan.statements.map((statement) => statement.treatment);
  expect(treatments.some((treatment) => treatment.kind === "refuse")).toBe(plan.refusal !== undefined);
  if (plan.refusal || treatments.some((treatment) => treatment.kind === "opaque")) return;
  if (plan.text !== text) expect(parser.parse(plan.text)).toHaveLength(treatments.length);
  for (const treatment of treatments) {
    if (treatment.kind !== "account") continue;
    for (const companion of treatment.accounting.companions)
      expect(treatment.accounting.uses[companion.use]).toBeDefined();
  }
}

const modes = fc.constantFrom("enforce" as const, "observe" as const);

test("soup of tokens", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...WORDS), { maxLength: 30 }), modes, (words, mode) =>
      check(words.join(" "), mode),
    ),
    { numRuns: 1_500 },
  );
});

test("statements of the corpus with words swapped, dropped or put in", () => {
  const edit = fc.tuple(fc.nat(100), fc.constantFrom("drop", "put", "swap"), fc.constantFrom(...WORDS));
  fc.assert(
    fc.property(
      fc.constantFrom(...STATEMENTS),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      modes,
      (sql, edits, mode) => {
        const parts = sql.split(/\b/);
        for (const [at, kind, word] of edits)
          parts.splice(at % (parts.length + 1), kind === "put" ? 0 : 1, ...(kind === "drop" ? [] : [word]));
        check(parts.join(""), mode);
      },
    ),
    { numRuns: 3_000 },
  );
});

test("any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 100 }), modes, check));
});
