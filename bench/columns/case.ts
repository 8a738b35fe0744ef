/** A case read from columns, and the aggregates that it is read from, in the process that has columns open. */
import { caseInput, seenByBoth } from "../../src/asks/case-input.ts";
import { makingOf } from "../../src/asks/trace-making.ts";
import type { Columns } from "../../src/columns/columns.ts";
import { dropAggregatesBefore } from "../../src/columns/daily/kept.ts";
import { type Made, makeAggregates, type Wanted } from "../../src/columns/daily/make.ts";
import { KEY_TYPES } from "../../src/columns/rows.ts";
import { pairsToCount } from "../../src/trace/pairs-to-count.ts";
import { trace } from "../../src/trace/trace.ts";
import { KIND } from "./world.ts";

/** One report, as plain data. */
export interface BenchReportOf {
  readonly subject: number;
  readonly from: number;
  readonly to: number;
}

/** Milliseconds of each step, and how much came. */
export interface CaseMeasured {
  readonly input: number;
  readonly trace: number;
  readonly pairs: number;
  readonly rows: number;
  readonly staff: number;
}

const TABLE = {
  key: { column: "id" },
  nullable: false,
  fields: { name: "identity", email: "contact", phone: "contact" },
  public: [],
} as const;
const RULES = { subjects: { [KIND]: { tables: { "support.customers": TABLE, "support.tickets": TABLE } } } };

export async function makeAnew(
  columns: Columns,
  wanted: Wanted,
  progress: (made: Made) => void,
): Promise<readonly Made[]> {
  const all: Made[] = [];
  const onMade = (made: Made): void => {
    all.push(made);
    progress(made);
  };
  await dropAggregatesBefore(columns, Number.MAX_SAFE_INTEGER);
  await makeAggregates(await makingOf(columns, { kind: KIND, rules: RULES }), wanted, { onMade, extend: false });
  return all;
}

export async function measureCase(columns: Columns, reports: readonly BenchReportOf[]): Promise<CaseMeasured> {
  const asked = {
    kind: KIND,
    rules: RULES,
    reports: reports.map(({ subject, from, to }) => ({
      subject: { keyType: KEY_TYPES.int, subject: BigInt(subject), subject2: 0n },
      from,
      to,
      fieldsKnown: 3,
    })),
  };
  const start = performance.now();
  const input = await caseInput(columns, asked);
  const read = performance.now();
  trace(input);
  const traced = performance.now();
  await seenByBoth(columns, asked, input, pairsToCount(input));
  return {
    input: read - start,
    trace: traced - read,
    pairs: performance.now() - traced,
    rows: input.stratumMass.day.length,
    staff: input.staff.length,
  };
}
